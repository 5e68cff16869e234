"""The Hub's answers cannot be true: nothing is overwritten, and the reason is told."""

import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
import redis

from collinear.domain.errors import CursorRejected, UpstreamSuspicious
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from collinear.wiring.synchronisation import open_sync
from tests.agreement import assert_agreement, assert_at_rest, read_changes, stored_documents
from tests.hubs import RunningHub
from tests.sync.conftest import Walker

COMPLETE = [Kind.FULL, Kind.PAGES]


def fill(hub: RunningHub, count: int = 24) -> list[str]:
    """Datasets with everything that can be lost."""
    return [
        str(
            hub.add(
                id=f"acme/set-{n:03d}",
                downloads=1000 + n,
                downloadsAllTime=9000 + n,
                likes=10 + n,
                mainSize=10**6 + n,
                trendingScore=n + 1,
                description="words",
                tags=["language:en"],
            )["id"]
        )
        for n in range(count)
    ]


def quarantined(walker: Walker, kind: Kind = Kind.FULL) -> str:
    """Why a run is not believed."""
    with pytest.raises(UpstreamSuspicious) as told:
        walker.run(kind)
    return str(told.value)


@pytest.mark.parametrize("kind", COMPLETE)
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"downloads": None}, "downloads has vanished for 8 of 8 datasets"),
        ({"mainSize": None}, "size_bytes has vanished"),
        ({"tags": None}, "tags has vanished"),
        ({"lastModified": None}, "last_modified has vanished"),
        ({"downloads": 500, "likes": 5, "mainSize": 5 * 10**5}, "has halved"),
        ({"downloads": 0}, "downloads has halved"),
        ({"likes": "many"}, "the row cannot be read"),
    ],
    ids=["downloads", "sizes", "tags", "dates", "halves", "zeros", "types"],
)
def test_what_befalls_all_datasets_at_once_is_not_believed(
    hub: RunningHub,
    walker: Walker,
    store: redis.Redis,
    keys: Keys,
    kind: Kind,
    fields: dict[str, Any],
    reason: str,
) -> None:
    """The run is quarantined before it has written anything; by command it is believed."""
    ids = fill(hub)
    walker.run()
    before, position = stored_documents(store, keys), store.hget(keys.meta, "serial")
    for dataset_id in ids:
        hub.edit(dataset_id, **fields)

    told = quarantined(walker, kind)

    run = walker.sync.runs.current()
    assert run is not None
    assert run.quarantined
    assert reason.split(" for ")[0] in told
    record = json.loads(store.hget(keys.meta, "quarantine") or b"{}")
    assert (record["kind"], record["reason"], record["run_id"]) == (kind, told, run.run_id)
    assert json.loads(store.hget(keys.meta, "last_error") or b"{}")["message"] == told
    assert stored_documents(store, keys) == before
    assert store.hget(keys.meta, "serial") == position
    assert not store.exists(keys.dead_letters)
    assert_at_rest(store, keys)

    summary = walker.run(kind, accept_upstream=True)

    assert summary["updated"] + summary["rejected"] == len(ids)
    assert store.hget(keys.meta, "quarantine") == b""
    assert store.hget(keys.meta, "last_error") == b""
    assert_agreement(store, keys)


def test_the_hub_heals_and_so_does_the_catalog(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The next complete run that looks right lifts the quarantine by itself."""
    ids = fill(hub)
    walker.run()
    for dataset_id in ids:
        hub.edit(dataset_id, downloads=None)
    quarantined(walker)
    for n, dataset_id in enumerate(ids):
        hub.edit(dataset_id, downloads=2000 + n)

    summary = walker.run(Kind.PAGES)

    assert summary["updated"] == len(ids)
    assert store.hget(keys.meta, "quarantine") == b""


def test_no_delta_slips_through_a_quarantine(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Two rows are too few to judge by: while the quarantine lasts, others are looked at too."""
    ids = fill(hub)
    walker.run()
    for dataset_id in ids:
        hub.edit(dataset_id, downloads=None)
    quarantined(walker)
    before = stored_documents(store, keys)
    hub.edit(ids[3], commit=True)

    quarantined(walker, Kind.DELTA)
    assert stored_documents(store, keys) == before

    for n, dataset_id in enumerate(ids):
        hub.edit(dataset_id, downloads=1000 + n)
    summary = walker.run(Kind.DELTA)
    assert summary["updated"] == 1
    assert store.hget(keys.meta, "quarantine") != b"", "only a complete run can tell"


@pytest.mark.parametrize("kind", [*COMPLETE, Kind.DELTA])
def test_an_empty_listing_is_no_departure_of_all(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """A 200 with nothing in it, though each dataset is still there by itself."""
    ids = fill(hub, 5)
    walker.run()
    hub.control("options", unlisted=ids)

    assert "its listing is empty" in quarantined(walker, kind)

    assert len(stored_documents(store, keys)) == 5
    hub.control("options", unlisted=[])
    walker.run(kind)
    walker.run()
    assert store.hget(keys.meta, "quarantine") == b""
    assert_agreement(store, keys)


@pytest.mark.parametrize("accepted", ["accept_removals", "accept_upstream"])
def test_a_hub_that_is_really_empty_is_believed_by_command(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, accepted: str
) -> None:
    """Somebody has deleted everything, and says so."""
    for dataset_id in fill(hub, 5):
        hub.delete(dataset_id)
    walker.run()
    for dataset_id in fill(hub, 5):
        hub.delete(dataset_id)

    assert walker.run(**{accepted: True})["rows"] == 0
    assert_agreement(store, keys)


def test_what_befalls_a_few_is_believed(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """A page of neighbours lost half their downloads, as those do that one reader fetched once."""
    ids = fill(hub, 40)
    walker.run()
    for n, dataset_id in enumerate(ids[:12]):
        hub.edit(dataset_id, downloads=400 + n)

    summary = walker.run(Kind.PAGES)

    assert summary["updated"] == 12
    assert not store.hget(keys.meta, "quarantine")
    assert_agreement(store, keys)


def test_strange_rows_do_not_fill_an_empty_catalog(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Nothing to compare with yet, but rows that cannot be read are not believed either."""
    for dataset_id in fill(hub):
        hub.edit(dataset_id, tags="none")

    with open_sync(sync_settings.model_copy(update={"page_size": 100}), Event()) as sync:
        assert "the row cannot be read for 24 of 24 datasets" in quarantined(Walker(sync))

    assert not stored_documents(store, keys)
    assert not read_changes(store, keys)


def test_accepting_joins_a_request_that_waits(walker: Walker) -> None:
    """Whoever accepts the Hub's answers accepts them for the run that was asked for already."""
    runs = walker.sync.runs
    first = runs.request(Request.new(Kind.PAGES))
    joined = runs.request(Request.new(Kind.PAGES, accept_upstream=True))

    assert joined.run_id == first.run_id
    assert joined.accept_upstream
    run = walker.sync.begin(first)
    assert run is not None
    assert run.accept_upstream


def test_accepting_holds_for_a_page_that_is_doubted_just_now(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Somebody accepts the Hub's answers while the run looks at its witnesses."""
    ids = fill(hub)
    with open_sync(sync_settings.model_copy(update={"page_size": 100}), Event()) as sync:
        Walker(sync).run()
        run = sync.begin(sync.runs.request(Request.new(Kind.PAGES)))
        assert run is not None
        rows = [{**hub.edit(dataset_id, downloads=1)} for dataset_id in ids]
        claimed = sync.runs.claim(run.number, 0)
        assert claimed is not None

        def accept() -> Iterator[list[Any]]:
            joined = sync.runs.request(Request.new(Kind.PAGES, accept_upstream=True))
            assert joined.run_id == run.run_id
            yield from ()

        kept = sync.storing.keep(rows, claimed[0], claimed[1], witnesses=accept)

    assert kept.stored.updated == len(ids)


def test_what_was_accepted_holds_for_the_run_that_takes_over(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The page map is of another time: the full run that follows has what was accepted for it."""
    fill(hub, 5)
    walker.run()
    runs = walker.sync.runs
    store.lset(keys.page_map, 0, json.dumps(["/api/datasets?cursor=broken", "0" * 24]))
    run = walker.sync.begin(runs.request(Request.new(Kind.PAGES)))
    assert run is not None
    runs.request(Request.new(Kind.PAGES, accept_removals=True))
    runs.request(Request.new(Kind.PAGES, accept_upstream=True))

    with pytest.raises(CursorRejected):
        walker.sync.page(run.number, 0, on_next=lambda _: None)

    [wanted] = runs.waiting()
    assert (wanted.kind, wanted.accept_removals, wanted.accept_upstream) == (Kind.FULL, True, True)
