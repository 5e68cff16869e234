"""Names that change hands: in one run, in a delta, in circles, and by the hundred."""

from threading import Event

import pytest
import redis

from collinear.domain.change import Op
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from collinear.wiring.synchronisation import open_sync
from tests.agreement import (
    assert_agreement,
    assert_snapshot,
    read_changes,
    stored_documents,
    stored_ids,
)
from tests.hubs import RunningHub
from tests.sync.conftest import Walker, fill

COMPLETE = [Kind.FULL, Kind.PAGES]


def fill_long_ago(hub: RunningHub, count: int) -> list[str]:
    """Datasets that nobody has committed to for years: a delta does not come to them."""
    ids = fill(hub, count)
    for dataset_id in ids:
        hub.edit(dataset_id, lastModified="2020-01-01T00:00:00.000Z")
    return ids


def identities(store: redis.Redis, keys: Keys) -> dict[bytes, bytes]:
    return store.hgetall(keys.identities)  # type: ignore[return-value]


@pytest.mark.parametrize("kind", COMPLETE)
def test_two_that_swap_their_names_are_two_moves(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """On different pages, so that each finds its new id taken by the other."""
    ids = fill(hub, 6)
    walker.run()
    before = identities(store, keys)
    first, last = ids[0], ids[5]
    hub.rename(first, "acme/aside")
    hub.rename(last, first)
    hub.rename("acme/aside", last)

    summary = walker.run(kind)

    assert (summary["moved"], summary["created"], summary["deleted"]) == (2, 0, 0)
    assert stored_ids(store, keys) == [last, *ids[1:5], first]
    ordinals = {hub_id: identity.split()[0] for hub_id, identity in before.items()}
    assert {
        hub_id: identity.split()[0] for hub_id, identity in identities(store, keys).items()
    } == ordinals
    moves = [change for change in read_changes(store, keys) if change.op is Op.MOVE]
    assert {(move.previous_id, move.id) for move in moves} == {(first, last), (last, first)}
    assert_agreement(store, keys)
    assert_snapshot(store, keys)


@pytest.mark.parametrize("kind", COMPLETE)
def test_a_chain_of_names_is_a_chain_of_moves(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """Each takes the name that the next one gave up, and the last one a new name."""
    ids = fill(hub, 6)
    walker.run()
    hub.rename(ids[5], "acme/new")
    for at in range(4, -1, -1):
        hub.rename(ids[at], ids[at + 1])

    summary = walker.run(kind)

    assert (summary["moved"], summary["created"], summary["deleted"]) == (6, 0, 0)
    assert stored_ids(store, keys) == [*ids[1:], "acme/new"]
    assert_agreement(store, keys)


@pytest.mark.parametrize("kind", COMPLETE)
def test_a_name_that_a_new_dataset_took_over(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """The old one got another name before: a move and a creation, whatever the order of pages."""
    ids = fill(hub, 5)
    walker.run()
    hub.rename(ids[3], "acme/archive")
    hub.add(id=ids[3], downloads=77)

    summary = walker.run(kind)

    assert (summary["moved"], summary["created"], summary["deleted"]) == (1, 1, 0)
    assert stored_documents(store, keys)[ids[3]]["downloads"] == 77
    assert_agreement(store, keys)


@pytest.mark.parametrize("kind", COMPLETE)
def test_one_created_again_is_a_deletion_and_a_creation(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """The same id with another _id is another dataset."""
    ids = fill(hub, 5)
    walker.run()
    old = stored_documents(store, keys)[ids[1]]["hub_id"]
    hub.delete(ids[1])
    new = hub.add(id=ids[1])["_id"]

    summary = walker.run(kind)

    assert (summary["deleted"], summary["created"], summary["moved"]) == (1, 1, 0)
    ops = [(change.op, change.hub_id) for change in read_changes(store, keys)][-2:]
    assert ops == [(Op.DELETE, old), (Op.CREATE, new)]
    assert stored_ids(store, keys) == [ids[0], *ids[2:], ids[1]]
    assert_agreement(store, keys)


def test_rows_that_wait_are_kept_over_a_change_of_workers(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The worker that met the taken name dies; another one finishes the run from the books."""
    ids = fill(hub, 6)
    walker.run()
    hub.rename(ids[0], "acme/aside")
    hub.rename(ids[5], ids[0])
    hub.rename("acme/aside", ids[5])
    sync = walker.sync
    run = sync.begin(sync.runs.request(Request.new(Kind.PAGES)))
    assert run is not None
    sync.page(run.number, 0, on_next=lambda _: None)
    assert store.hlen(keys.run_deferred) == 1

    walker.go_on(run.number)

    assert not store.exists(keys.run_deferred)
    assert stored_ids(store, keys) == [ids[5], *ids[1:5], ids[0]]
    assert_agreement(store, keys)


def test_a_delta_finds_who_gave_up_a_name(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """A rename moves no date: the delta sees only who has the name now, and looks for the other."""
    ids = fill_long_ago(hub, 5)
    walker.run()
    before = identities(store, keys)
    hub.rename(ids[1], "acme/archive")
    new = hub.add(id=ids[1], downloads=77)["_id"]
    hub.clear_requests()

    summary = walker.run(Kind.DELTA)

    assert len(hub.requests) == 2, "the delta's own page, and the one that the other is on"
    assert (summary["moved"], summary["created"], summary["deleted"]) == (1, 1, 0)
    assert stored_ids(store, keys) == [ids[0], "acme/archive", *ids[2:], ids[1]]
    after = identities(store, keys)
    assert after.pop(new.encode()).endswith(ids[1].encode())
    assert {one.split()[0] for one in after.values()} == {one.split()[0] for one in before.values()}
    assert_agreement(store, keys)


def test_a_delta_follows_a_chain_of_names_into_other_namespaces(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Only the new owner of a name was committed to; each of the others gave its own up."""
    ids = fill_long_ago(hub, 9)
    walker.run()
    hub.rename(ids[7], "beta/elsewhere")
    hub.rename(ids[4], ids[7])
    hub.rename(ids[1], ids[4])
    hub.add(id=ids[1])

    summary = walker.run(Kind.DELTA)

    assert (summary["moved"], summary["created"], summary["deleted"]) == (3, 1, 0)
    documents = stored_documents(store, keys)
    assert walker.run(Kind.FULL)["unchanged"] == 10
    assert stored_documents(store, keys) == documents
    assert_agreement(store, keys)


def test_a_delta_lets_go_who_is_not_found(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Its id belongs to another dataset now, and it is not where it was listed: it has left."""
    ids = fill_long_ago(hub, 5)
    walker.run()
    hub.delete(ids[1])
    hub.add(id=ids[1])
    hub.edit(ids[3], private=True)
    hub.rename(ids[3], "acme/secret")
    hub.add(id=ids[3])

    summary = walker.run(Kind.DELTA)

    assert (summary["moved"], summary["created"], summary["deleted"]) == (0, 2, 2)
    assert walker.run(Kind.PAGES)["unchanged"] == 5
    assert_agreement(store, keys)


def test_a_delta_of_a_namespace_that_was_made_anew(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Many ids have other owners: a request for each page that those were on, not for each."""
    ids = fill_long_ago(hub, 40)
    with open_sync(sync_settings.model_copy(update={"page_size": 20}), Event()) as sync:
        walker = Walker(sync)
        walker.run()
        for dataset_id in ids:
            hub.delete(dataset_id)
            hub.add(id=dataset_id)
        hub.clear_requests()

        summary = walker.run(Kind.DELTA)

    assert (summary["created"], summary["deleted"]) == (40, 40)
    assert len(hub.requests) <= 2 + 2 + 2
    assert_agreement(store, keys)


def test_a_delta_leaves_to_a_complete_run_what_takes_too_many_requests(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Those who gave up their ids are all over the listing."""
    ids = fill_long_ago(hub, 50)
    for number in range(50):
        hub.edit(hub.add(id=f"acme/other-{number}")["id"], lastModified="2024-01-01T00:00:00.000Z")
    with open_sync(sync_settings, Event()) as sync:
        walker = Walker(sync)
        walker.run()
    for dataset_id in ids:
        hub.rename(dataset_id, f"{dataset_id}-archive")
        hub.add(id=dataset_id)
    with open_sync(sync_settings.model_copy(update={"page_size": 50}), Event()) as sync:
        walker = Walker(sync)
        summary = walker.run(Kind.DELTA, accept_upstream=True)
        assert (summary["created"], summary["deleted"]) == (0, 0)
        [wanted] = sync.runs.waiting()
        assert (wanted.kind, wanted.accept_upstream) == (Kind.PAGES, True)

        summary = walker.run(Kind.PAGES)

    assert (summary["moved"], summary["created"], summary["deleted"]) == (50, 50, 0)
    assert_agreement(store, keys)


@pytest.mark.parametrize("kind", COMPLETE)
def test_a_listing_that_shows_others_under_all_names_is_held_like_one_that_shows_nobody(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """A mirror has the same ids with identities of its own: nobody leaves for them unasked."""
    ids = fill(hub, 20)
    guarded = sync_settings.model_copy(update={"max_removal_count": 5})
    with open_sync(guarded, Event()) as sync:
        walker = Walker(sync)
        walker.run()
        before = stored_documents(store, keys)
        for dataset_id in ids[:10]:
            hub.delete(dataset_id)
            hub.add(id=dataset_id)

        summary = walker.run(kind)
        assert (summary["held_removals"]["count"], summary["created"]) == (10, 0)
        assert stored_documents(store, keys) == before

        summary = walker.run(kind, accept_removals=True)
        assert (summary["deleted"], summary["created"]) == (10, 10)
    assert_agreement(store, keys)


@pytest.mark.parametrize("kind", COMPLETE)
def test_many_names_change_hands_in_steps(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """A circle of seventy, thirty pairs, and thirty names of those who left."""
    ids = fill(hub, 160)
    with open_sync(sync_settings.model_copy(update={"page_size": 10}), Event()) as sync:
        walker = Walker(sync)
        walker.run()
        for dataset_id in ids[:130]:
            hub.rename(dataset_id, f"{dataset_id}-aside")
        for at in range(70):
            hub.rename(f"{ids[at]}-aside", ids[(at + 37) % 70])
        for at in range(70, 130):
            hub.rename(f"{ids[at]}-aside", ids[199 - at])
        for dataset_id in ids[130:]:
            hub.delete(dataset_id)
            hub.add(id=dataset_id)

        summary = walker.run(kind, accept_upstream=True)

        assert (summary["moved"], summary["created"], summary["deleted"]) == (130, 30, 30)
        assert_agreement(store, keys)
        assert walker.run(kind)["unchanged"] == 160


@pytest.mark.parametrize("kind", COMPLETE)
def test_what_waits_for_a_name_is_what_its_page_shows_last(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """A worker dies over a page; when another one reads it, the new name was given up again."""
    ids = fill(hub, 6)
    walker.run()
    hub.rename(ids[5], "acme/aside")
    hub.rename(ids[0], ids[5])
    sync = walker.sync
    run = sync.begin(sync.runs.request(Request.new(kind)))
    assert run is not None
    claimed = sync.runs.claim(run.number, 0)
    assert claimed is not None
    rows = hub.get("/api/datasets?sort=createdAt&direction=1&limit=2").json()
    sync.storing.keep(rows, run, claimed[1], witnesses=lambda: iter(()))
    assert store.hlen(keys.run_deferred) == 1
    hub.rename(ids[5], ids[0])

    walker.go_on(run.number)

    assert stored_ids(store, keys) == [*ids[:5], "acme/aside"]
    assert_agreement(store, keys)
