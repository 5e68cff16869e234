"""The newest commits: while a long run goes on, and of a Hub that was filled at once."""

from threading import Event

import pytest
import redis

from collinear.domain.errors import RunFenced, UpstreamSuspicious
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request, Run
from collinear.store.runs import NEWEST
from collinear.sync.walk import Sync
from collinear.wiring.synchronisation import open_sync
from tests.agreement import assert_agreement, assert_snapshot, stored_documents
from tests.hubs import RunningHub, running_hub
from tests.sync.conftest import Walker, fill


def begun(sync: Sync, kind: Kind) -> Run:
    run = sync.begin(sync.runs.request(Request.new(kind)))
    assert run is not None
    return run


@pytest.mark.parametrize("kind", [Kind.FULL, Kind.PAGES])
def test_a_commit_is_seen_before_a_long_run_comes_to_it(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """A dataset at the far end and a new one: stored between two pages, and counted."""
    ids = fill(hub, 8)
    walker.run()
    sync = walker.sync
    run = begun(sync, kind)
    sync.page(run.number, 0, on_next=lambda _: None)
    hub.edit(ids[7], commit=True, likes=5)
    hub.add(id="acme/new")

    kept = sync.look_at_newest(run.number)

    assert kept is not None
    assert (kept.stored.updated, kept.stored.created) == (1, 1)
    assert stored_documents(store, keys)[ids[7]]["likes"] == 5
    summary = walker.go_on(run.number)
    assert (summary["updated"], summary["created"], summary["deleted"]) == (1, 1, 0)
    assert_agreement(store, keys)
    assert_snapshot(store, keys)


def test_nobody_looks_beside_the_end_of_a_run(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The sweep and the snapshot are of one moment: a look that is late writes nothing."""
    fill(hub, 3)
    walker.run()
    sync = walker.sync
    run = begun(sync, Kind.PAGES)
    claimed = sync.runs.claim(run.number, NEWEST)
    assert claimed is not None
    for page in sync.runs.open_pages():
        sync.page(run.number, page, on_next=lambda _: None)
    rows = [hub.edit("acme/set-001", likes=9)]

    with pytest.raises(RunFenced):
        sync.storing.keep(rows, run, claimed[1], witnesses=lambda: iter(()))
    assert sync.look_at_newest(run.number) is None
    assert sync.finish(run.number) is not None
    assert stored_documents(store, keys)["acme/set-001"]["likes"] != 9
    assert_agreement(store, keys)


def test_only_complete_runs_look(hub: RunningHub, walker: Walker) -> None:
    """A delta is one itself, and grading anew asks the Hub nothing."""
    fill(hub, 2)
    walker.run()
    for kind in (Kind.DELTA, Kind.REGRADE):
        run = begun(walker.sync, kind)
        assert walker.sync.look_at_newest(run.number) is None
        if kind is Kind.DELTA:
            walker.go_on(run.number)


def test_a_look_that_cannot_be_believed_ends_the_run(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """What the newest commits show is judged like any page."""
    ids = fill(hub, 20)
    with open_sync(sync_settings.model_copy(update={"page_size": 20}), Event()) as sync:
        Walker(sync).run()
        run = begun(sync, Kind.PAGES)
        for dataset_id in ids:
            hub.edit(dataset_id, downloads=None)
        with pytest.raises(UpstreamSuspicious):
            sync.look_at_newest(run.number)
        current = sync.runs.current()

    assert current is not None
    assert current.quarantined
    assert stored_documents(store, keys)[ids[3]]["downloads"] == 3


def test_a_hub_that_was_filled_at_once_is_no_work_for_every_delta(
    sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Thousands of datasets have the newest date there is: known ones are not walked through."""
    date = "2024-05-01T10:00:00.000Z"
    rows = [{"id": f"acme/{n:04d}", "downloads": n, "lastModified": date} for n in range(4000)]
    with running_hub(rows) as hub:
        settings = sync_settings.model_copy(update={"hf_endpoint": hub.url, "page_size": 100})
        with open_sync(settings, Event()) as sync:
            Walker(sync).run()
            Walker(sync).run(Kind.PAGES)  # from now on the newest commit is known
            hub.clear_requests()
            quiet = Walker(sync).run(Kind.DELTA)
            asked = len(hub.requests)
            hub.edit("acme/0001", commit=True, likes=3)
            busy = Walker(sync).run(Kind.DELTA)
            waiting = sync.runs.waiting()

    assert (quiet["rows"], asked) == (1000, 10)
    assert busy["updated"] == 1
    assert not waiting
    assert_agreement(store, keys)


def test_a_page_of_new_commits_that_is_done_twice_is_not_the_end(
    sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """A worker dies when it has stored a thousand of them: to the next one they all look known."""
    ids = [f"acme/{n:04d}" for n in range(1030)]
    date = "2024-05-01T10:00:00.000Z"
    with running_hub([{"id": name, "lastModified": date} for name in ids]) as hub:
        settings = sync_settings.model_copy(update={"hf_endpoint": hub.url, "page_size": 1000})
        with open_sync(settings, Event()) as sync:
            Walker(sync).run()
            Walker(sync).run(Kind.PAGES)
            for name in ids:
                hub.edit(name, commit=True, likes=3)
            run = begun(sync, Kind.DELTA)
            claimed = sync.runs.claim(run.number, 0)
            assert claimed is not None
            newest = hub.get("/api/datasets?sort=lastModified&limit=1000&full=true").json()
            rows = [hub.edit(row["id"]) for row in newest]
            sync.storing.keep(rows, run, claimed[1], witnesses=lambda: iter(()))

            Walker(sync).go_on(run.number)

    assert {one["likes"] for one in stored_documents(store, keys).values()} == {3}
