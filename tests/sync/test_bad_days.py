"""What a run does when the Hub, the queue or a worker fails it."""

import json
from threading import Event, Thread
from typing import Any, cast

import httpx2
import pytest
import redis

from collinear.domain.errors import HandedBack, RunFenced
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from collinear.wiring.synchronisation import open_sync
from tests.agreement import (
    assert_agreement,
    assert_at_rest,
    assert_snapshot,
    stored_documents,
    stored_ids,
)
from tests.hub.scripted import Said, scripted_hub
from tests.hubs import RunningHub
from tests.sync.conftest import Walker
from tests.waiting import wait_until


def fill(hub: RunningHub, count: int) -> list[str]:
    ids = [f"acme/set-{n:03d}" for n in range(count)]
    for name in ids:
        hub.add(id=name)
    return ids


@pytest.mark.parametrize("kind", ["429", "504", "500", "truncated", "html", "hang_up"])
def test_a_page_that_fails_is_asked_for_again(
    kind: str, hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The same cursor again: a fault costs time, never a dataset."""
    ids = fill(hub, 5)
    hub.fault(kind, times=1, match="cursor=", headers=False)

    walker.run()

    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)


def test_an_empty_page_with_a_next_link_is_not_the_end(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The walk ends where no next link is, not where a page is short."""
    ids = fill(hub, 7)
    hub.fault("empty_page", times=1, match="cursor=")

    summary = walker.run()

    # what the empty page hid is found by the next walk; nothing is removed for it
    assert summary["deleted"] == 0
    walker.run(Kind.PAGES)
    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)


def test_trouble_that_lasts_is_told_and_forgotten_again(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """After three failures in a row the status says why; when the Hub is back, it says nothing."""
    fill(hub, 1)
    hub.fault("504", times=1000)
    with open_sync(sync_settings, Event()) as sync:
        walker = Walker(sync)
        thread = Thread(target=walker.run)
        thread.start()
        told = wait_until(lambda: store.hget(keys.meta, "last_error"), "the trouble to be told")
        hub.clear_faults()
        thread.join(20)

    assert "answered 504" in json.loads(told)["message"]
    assert store.hget(keys.meta, "last_error") == b""
    assert_at_rest(store, keys)


def test_a_worker_that_is_told_to_stop_hands_its_page_back(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """It waits for a Hub that is down, is told to stop, and whoever is alive goes on at once."""
    ids = fill(hub, 3)
    hub.fault("504", times=1000)
    stopping = Event()
    with open_sync(sync_settings, stopping) as sync:
        run = sync.begin(sync.runs.request(Request.new(Kind.FULL)))
        assert run is not None
        stopping.set()
        with pytest.raises(HandedBack):
            sync.page(run.number, 0, on_next=lambda _: None)
    hub.clear_faults()

    with open_sync(sync_settings, Event()) as sync:
        Walker(sync).go_on(run.number)

    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)


def test_a_run_whose_worker_died_is_resumed_from_its_page(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """The lease runs out, somebody takes over, and pages that are done are not fetched again."""
    ids = fill(hub, 6)
    short = sync_settings.model_copy(update={"lease_seconds": 0.2})
    with open_sync(short, Event()) as sync:
        run = sync.begin(sync.runs.request(Request.new(Kind.FULL)))
        assert run is not None
        assert sync.runs.take_over() is None
        sync.page(run.number, 0, on_next=lambda _: None)
        before = len(hub.requests)
        lost = wait_until(sync.runs.take_over, "the run to be seen as lost")
        Walker(sync).go_on(lost.number)

    assert len(hub.requests) - before == 2
    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)
    assert_snapshot(store, keys)


def test_a_page_that_was_taken_over_is_dropped(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """A worker that was away while its page went to another one writes nothing any more."""
    fill(hub, 2)
    sync = walker.sync
    run = sync.begin(sync.runs.request(Request.new(Kind.FULL)))
    assert run is not None
    claimed = sync.runs.claim(run.number, 0)
    assert claimed is not None
    walker.go_on(run.number)
    position = store.hget(keys.meta, "serial")

    hub.edit("acme/set-000", likes=5)
    with pytest.raises(RunFenced):
        sync.storing.keep(rows_of(hub), run, claimed[1], witnesses=lambda: iter(()))

    assert store.hget(keys.meta, "serial") == position
    assert_agreement(store, keys)


def test_one_run_at_a_time_and_requests_join(walker: Walker, hub: RunningHub) -> None:
    """While a full run goes on, another full one joins it, and a page-wise one waits."""
    fill(hub, 3)
    sync = walker.sync
    first = sync.runs.request(Request.new(Kind.FULL))
    run = sync.begin(first)
    assert run is not None
    joined = sync.runs.request(Request.new(Kind.FULL))
    waits = sync.runs.request(Request.new(Kind.PAGES))

    assert joined.run_id == first.run_id
    assert sync.begin(waits) is None
    walker.go_on(run.number)
    [next_one] = sync.runs.waiting()
    assert next_one.run_id == waits.run_id
    assert sync.begin(next_one) is not None


def test_a_mass_removal_is_held_until_somebody_accepts_it(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Half of the Hub is gone: rather a mistake upstream than the truth, so it waits."""
    ids = fill(hub, 10)
    strict = sync_settings.model_copy(update={"max_removal_count": 3})
    with open_sync(strict, Event()) as sync:
        walker = Walker(sync)
        walker.run()
        for name in ids[:5]:
            hub.delete(name)
        held = walker.run()
        shown = json.loads(cast(bytes, store.hget(keys.meta, "held_removals")))
        assert stored_ids(store, keys) == ids
        accepted = walker.run(accept_removals=True)

    assert (held["held_removals"]["count"], held["held_removals"]["of"]) == (5, 10)
    assert shown == held["held_removals"]
    assert accepted["deleted"] == 5
    assert stored_ids(store, keys) == ids[5:]
    assert store.hget(keys.meta, "held_removals") == b""
    assert_agreement(store, keys)


def test_one_bad_row_never_stops_a_run(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """It is set aside with its reason, its dataset is not swept, and it is tried again."""
    fill(hub, 3)
    walker.run()
    hub.edit("acme/set-001", downloads="many")

    summary = walker.run()
    [letter] = [json.loads(text) for text in cast("list[bytes]", store.hvals(keys.dead_letters))]
    hub.edit("acme/set-001", downloads=7)
    healed = walker.run()

    assert (summary["rejected"], summary["deleted"]) == (1, 0)
    assert letter["id"] == "acme/set-001"
    assert "downloads is 'many', not a whole number" in letter["reason"]
    assert (healed["rejected"], healed["updated"]) == (0, 1)
    assert not store.exists(keys.dead_letters)
    assert_agreement(store, keys)


def test_changed_thresholds_grade_the_catalog_anew(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Without asking the Hub for anything, and announced as updates."""
    fill(hub, 3)
    hub.add(id="acme/liked", likes=5)
    with open_sync(sync_settings, Event()) as sync:
        Walker(sync).run()
        sync.catalog.thresholds.want()
        assert not sync.catalog.thresholds.differ()
    hub.clear_requests()

    easier = sync_settings.model_copy(update={"impact_likes_medium": 5})
    easier.__dict__.pop("impact_policy", None)
    with open_sync(easier, Event()) as sync:
        sync.catalog.thresholds.want()
        assert sync.catalog.thresholds.differ()
        run = sync.begin(sync.runs.request(Request.new(Kind.REGRADE)))
        assert run is not None
        assert sync.regrade(run.number)
        summary = sync.finish(run.number)
        assert summary is not None
        assert not sync.catalog.thresholds.differ()

    assert summary["updated"] == 1
    assert hub.requests == []
    document = json.loads(cast(bytes, store.hget(keys.documents, "acme/liked")))
    assert document["impact_level"] == "medium"

    # a worker with the old settings, that is still there, grades like everybody else
    hub.edit("acme/liked", likes=6)
    with open_sync(sync_settings, Event()) as sync:
        assert Walker(sync).run()["updated"] == 1
    document = json.loads(cast(bytes, store.hget(keys.documents, "acme/liked")))
    assert (document["likes"], document["impact_level"]) == (6, "medium")
    assert_agreement(store, keys)
    assert_at_rest(store, keys)


def rows_of(hub: RunningHub) -> list[Any]:
    answer = httpx2.get(f"{hub.url}/api/datasets?expand[]=likes", trust_env=False)
    return list(answer.json())


def test_a_page_of_rows_that_no_json_should_hold(
    sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Bare control characters, bytes that are no UTF-8, counts below zero: nothing holds it up."""
    rows = (
        b'[{"_id":"641a36394097fa34bd332e41","id":"a/bare","description":"a\x00b\x1b[31m\n"},'
        b'{"_id":"641a36394097fa34bd332e42","id":"a/bytes","description":"\xff\xfe"},'
        b'{"_id":"641a36394097fa34bd332e43","id":"a/below","downloads":-5,"likes":-1,"mainSize":-9}]'
    )
    with scripted_hub() as hub:
        hub.says(Said(200, rows))
        settings = sync_settings.model_copy(update={"hf_endpoint": hub.url})
        with open_sync(settings, Event()) as sync:
            assert Walker(sync).run()["created"] == 3
            assert Walker(sync).run(Kind.PAGES)["unchanged"] == 3

    found = stored_documents(store, keys)
    assert found["a/bare"]["description"] == "a\x00b\x1b[31m\n"
    assert found["a/bytes"]["description"] == "\udcff\udcfe"
    assert found["a/below"]["downloads"] == -5
    assert_agreement(store, keys)


def test_a_record_that_somebody_has_damaged_holds_up_no_run(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """What the runs themselves write down is written anew where it cannot be read."""
    fill(hub, 2)
    walker.run()
    store.hset(keys.meta, "freshness", "{nonsense")

    walker.run(Kind.DELTA)

    assert json.loads(store.hget(keys.meta, "freshness") or b"")["p50"] > 0
