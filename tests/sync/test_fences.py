"""What a run, a page and a claim refuse, and what they remember for whoever comes next."""

import json
from typing import cast

import pytest
import redis

from collinear.domain.errors import RunFenced
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Page, PageOutcome, Request, Run
from collinear.sync.walk import Sync
from tests.agreement import assert_agreement, assert_snapshot, stored_documents, stored_ids
from tests.hubs import RunningHub
from tests.sync.conftest import Walker


def fill(hub: RunningHub, count: int) -> list[str]:
    ids = [f"acme/set-{n:03d}" for n in range(count)]
    for name in ids:
        hub.add(id=name)
    return ids


def begin(sync: Sync, kind: Kind = Kind.FULL) -> Run:
    run = sync.begin(sync.runs.request(Request.new(kind)))
    assert run is not None
    return run


def test_the_end_of_a_run_cannot_be_taken_before_its_pages_are_done(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """A message that comes out of nowhere would sweep what the run has not seen yet."""
    ids = fill(hub, 4)
    walker.run()
    run = begin(walker.sync)

    assert walker.sync.finish(run.number) is None

    assert stored_ids(store, keys) == ids
    assert walker.go_on(run.number)["deleted"] == 0


def test_a_request_is_served_once(walker: Walker) -> None:
    """Two workers read the same request; the second comes when the run is over already."""
    sync = walker.sync
    wanted = sync.runs.request(Request.new(Kind.FULL))
    run = sync.begin(wanted)
    assert run is not None
    walker.go_on(run.number)

    assert sync.begin(wanted) is None


def test_accepting_removals_while_a_run_ends_asks_for_another_one(
    hub: RunningHub, walker: Walker
) -> None:
    """It may have held its removals already; the word must not be lost."""
    fill(hub, 1)
    sync = walker.sync
    run = begin(sync)
    sync.page(run.number, 0, on_next=lambda _: None)

    joined = sync.runs.request(Request.new(Kind.FULL))
    accepted = sync.runs.request(Request.new(Kind.FULL, accept_removals=True))
    walker.go_on(run.number)

    assert joined.run_id == run.run_id
    assert accepted.run_id != run.run_id
    assert sync.runs.waiting() == [accepted]


def test_a_page_that_is_fetched_again_reaches_the_next_one(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """
    A worker dies after it told where the next page begins.

    Then a dataset becomes public in its page: two rows from the same start do not reach the
    next page any more, and the row between them must not be taken for one that has left.
    """
    ids = fill(hub, 5)
    walker.run()
    hub.edit(ids[0], private=True)
    walker.run()
    sync = walker.sync
    run = begin(sync)
    claimed = sync.runs.claim(run.number, 0)
    assert claimed is not None
    first = sync._listing.by_creation(None)
    bounded = Page(None, first.rows[-1]["_id"])
    assert sync.runs.set_next(claimed[1], Page(first.next), bounded=bounded)

    hub.edit(ids[0], private=False)
    summary = walker.go_on(run.number)

    assert summary["deleted"] == 0
    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)


def test_a_bad_row_at_the_end_of_a_page_heals(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """It belongs to a page of the page map although it could not be read when that was made."""
    ids = fill(hub, 5)
    walker.run()
    hub.edit(ids[1], downloads="many")
    hub.edit(ids[3], _id="unreadable")
    identity = stored_documents(store, keys)[ids[3]]["hub_id"]
    walker.run()
    assert stored_ids(store, keys) == ids

    hub.edit(ids[1], downloads=7)
    hub.edit(ids[3], _id=identity)
    summary = walker.run(Kind.PAGES)

    assert (summary["deleted"], summary["updated"], summary["rejected"]) == (0, 1, 0)
    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)


def test_the_last_row_of_a_page_leaves(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The page-wise run sees by the rows behind it that its page is over, and loses none."""
    ids = fill(hub, 6)
    walker.run()
    hub.delete(ids[1])

    summary = walker.run(Kind.PAGES)

    assert (summary["deleted"], summary["created"]) == (1, 0)
    assert stored_ids(store, keys) == [ids[0], *ids[2:]]
    assert_agreement(store, keys)


def test_a_claim_ends_where_redis_forgot_a_chunk(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """
    Redis restarts and has lost the last second, the worker still lives.

    What it would store next does not follow on what is stored: somebody does the page again.
    """
    ids = fill(hub, 4)
    sync = walker.sync
    run = begin(sync)
    claimed = sync.runs.claim(run.number, 0)
    assert claimed is not None
    claim = claimed[1]
    claim.written = 1

    with pytest.raises(RunFenced):
        sync.runs.done(claim, PageOutcome(2, (), end=False, counts={}))

    walker.go_on(run.number)
    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)


def test_a_page_that_is_done_leads_on_though_redis_forgot_where(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The next page is told when its cursor is known, and once more when this one is done."""
    ids = fill(hub, 4)
    run = begin(walker.sync)

    walker.sync.page(run.number, 0, on_next=lambda page: store.hdel(keys.run_pages, page))

    assert walker.sync.runs.open_pages() == [1]
    walker.go_on(run.number)
    assert stored_ids(store, keys) == ids


def test_commits_during_a_long_walk_are_seen_by_the_next_delta(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """One on a page that was walked already, and up to an hour later two on a page to come."""
    ids = fill(hub, 4)
    for name in ids:
        hub.edit(name, lastModified="2024-01-01T00:00:00.000Z")
    walker.run()
    run = begin(walker.sync)
    walker.sync.page(run.number, 0, on_next=lambda _: None)
    hub.edit(ids[0], lastModified="2024-01-02T00:00:00.000Z", description="early")
    hub.edit(ids[2], lastModified="2024-01-02T00:30:00.000Z")
    hub.edit(ids[3], lastModified="2024-01-02T01:00:00.000Z", description="late")
    walker.go_on(run.number)
    assert stored_documents(store, keys)[ids[3]]["description"] == "late"

    walker.run(Kind.DELTA)

    assert stored_documents(store, keys)[ids[0]]["description"] == "early"


@pytest.mark.parametrize("trouble", ["empty", "bad rows"])
def test_a_delta_goes_on_behind_a_page_that_says_nothing(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, trouble: str
) -> None:
    """A page without a readable row is not the place where the last delta was."""
    ids = fill(hub, 6)
    walker.run()
    for name in ids:
        hub.edit(name, commit=True, likes=5)
    if trouble == "empty":
        hub.fault("empty_page", match="lastModified")
    else:
        first = [row["id"] for row in walker.sync._listing.by_change().rows]
        for name in first:
            hub.edit(name, downloads="many")

    walker.run(Kind.DELTA)

    liked = [one for one in stored_documents(store, keys).values() if one["likes"] == 5]
    assert len(liked) == (6 if trouble == "empty" else 4)


def test_grading_anew_is_no_sight_of_a_dataset(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The marks say when the Hub showed a dataset last, and nothing else."""
    fill(hub, 3)
    walker.run()
    seen = store.get(keys.seen)
    run = begin(walker.sync, Kind.REGRADE)
    assert run.began > int.from_bytes(cast(bytes, seen)[:4], "big")

    assert walker.sync.regrade(run.number)
    walker.sync.finish(run.number)

    assert store.get(keys.seen) == seen


def test_an_unchanged_catalog_keeps_its_snapshot(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """It is true already: writing it costs minutes at a million datasets, and changes nothing."""
    fill(hub, 3)
    walker.run()
    store.set(keys.snapshot(), "as it was")

    walker.run(Kind.PAGES)
    assert store.get(keys.snapshot()) == b"as it was"
    hub.add(id="acme/new")
    walker.run(Kind.PAGES)

    assert_snapshot(store, keys)


def test_what_is_removed_is_counted_when_it_is_removed(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Whoever finishes a run that somebody else began to sweep tells of all that went."""
    ids = fill(hub, 3)
    walker.run()
    for name in ids[:2]:
        hub.delete(name)
    sync = walker.sync
    run = begin(sync)
    sync.page(run.number, 0, on_next=lambda _: None)
    claimed = sync.runs.claim(run.number, "finish")
    assert claimed is not None
    sync.departures.sweep(run, claimed[1])

    summary = walker.go_on(run.number)

    assert summary["deleted"] == 2
    assert json.loads(store.hget(keys.meta, "held_removals") or b"null") is None
    assert_agreement(store, keys)
