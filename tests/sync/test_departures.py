"""Who has left, who was only missed, who has another name, and who came back."""

import json
from threading import Event

import pytest
import redis
from pydantic import SecretStr

from collinear.domain.change import Op
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from collinear.wiring import open_sync
from tests.agreement import (
    assert_agreement,
    assert_snapshot,
    read_changes,
    stored_documents,
    stored_ids,
)
from tests.hubs import RunningHub
from tests.sync.conftest import Walker
from tests.sync.leash import Leash, leashed_sync

COMPLETE = [Kind.FULL, Kind.PAGES]


def fill(hub: RunningHub, count: int) -> list[str]:
    return [str(hub.add(id=f"acme/set-{n:03d}", downloads=n)["id"]) for n in range(count)]


def fill_long_ago(hub: RunningHub, count: int) -> list[str]:
    """Datasets that nobody has committed to for years: a delta does not come to them."""
    ids = fill(hub, count)
    for dataset_id in ids:
        hub.edit(dataset_id, lastModified="2020-01-01T00:00:00.000Z")
    return ids


def identities(store: redis.Redis, keys: Keys) -> dict[bytes, bytes]:
    return store.hgetall(keys.identities)  # type: ignore[return-value]


@pytest.mark.parametrize("kind", COMPLETE)
def test_a_dataset_that_the_listing_missed_stays(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """It is asked for by its name before it is removed: one request, and it has never left."""
    ids = fill(hub, 7)
    walker.run()
    hub.delete(ids[1])
    hub.control("options", unlisted=[ids[3], ids[4]])
    hub.clear_requests()

    summary = walker.run(kind)

    asked = [line for line in hub.requests if "/api/datasets/acme/" in line]
    assert len(asked) == 3
    assert summary["deleted"] == 1
    assert stored_ids(store, keys) == [ids[0], *ids[2:]]
    assert_agreement(store, keys)


def test_many_that_are_missed_are_looked_for_on_their_pages(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """More than would be asked for one by one: a page of the listing tells of many at once."""
    ids = fill(hub, 230)
    generous = sync_settings.model_copy(update={"max_removal_share": 1, "page_size": 20})
    with open_sync(generous, Event()) as sync:
        walker = Walker(sync)
        walker.run()
        for dataset_id in ids[:210]:
            hub.delete(dataset_id)
        hub.clear_requests()

        assert walker.run()["deleted"] == 210

    # two pages are left, and the twelve of the page map are looked at; a sample goes by name
    by_name = [line for line in hub.requests if "/api/datasets/acme/" in line]
    assert len(by_name) == 20
    assert len(hub.requests) - len(by_name) <= 2 + 12
    assert stored_ids(store, keys) == ids[210:]
    assert_agreement(store, keys)


def test_a_hub_that_cannot_tell_keeps_the_dataset(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Its own page is broken: rather kept too long than lost."""
    ids = fill(hub, 3)
    walker.run()
    hub.control("options", unlisted=[ids[1]])
    hub.fault("500", times=4, match=f"/api/datasets/{ids[1]}")

    assert walker.run()["deleted"] == 0
    assert stored_ids(store, keys) == ids

    hub.delete(ids[1])
    assert walker.run()["deleted"] == 1


@pytest.mark.parametrize("kind", COMPLETE)
@pytest.mark.parametrize("field", ["private", "disabled"])
def test_private_and_disabled_datasets_leave_and_return(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind, field: str
) -> None:
    """They come back at their old place in the catalog order."""
    ids = fill(hub, 4)
    walker.run()
    hub.edit(ids[1], **{field: True})
    assert walker.run(kind)["deleted"] == 1
    assert stored_ids(store, keys) == [ids[0], *ids[2:]]
    assert_agreement(store, keys)

    hub.edit(ids[1], **{field: False})
    assert walker.run(kind)["created"] == 1
    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)


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


def test_the_guard_speaks_before_anybody_is_asked(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Half the catalog unseen: held at once, without a request for each."""
    ids = fill(hub, 20)
    guarded = sync_settings.model_copy(update={"max_removal_count": 5})
    with open_sync(guarded, Event()) as sync:
        walker = Walker(sync)
        walker.run()
        hub.control("options", unlisted=ids[:10])
        hub.clear_requests()
        held = walker.run()["held_removals"]

    assert (held["count"], held["of"]) == (10, 20)
    assert not [line for line in hub.requests if "/api/datasets/acme/" in line]
    assert json.loads(store.hget(keys.meta, "held_removals") or b"") == held
    assert stored_ids(store, keys) == ids


def test_a_private_row_that_cannot_be_read_is_nobodys_business(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """A token shows private rows: not even the record of unreadable rows names one."""
    ids = fill(hub, 3)
    owner = sync_settings.model_copy(update={"hf_token": SecretStr("hf_owner")})
    with open_sync(owner, Event()) as sync:
        Walker(sync).run()
        hub.edit(ids[1], downloads="many", private=True)
        summary = Walker(sync).run()

    assert (summary["deleted"], summary["rejected"]) == (1, 0)
    assert not store.exists(keys.dead_letters)
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


def test_a_hub_that_can_tell_of_nobody_is_not_asked_for_all(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Its pages of single datasets are broken: the run ends soon, and all of them stay."""
    ids = fill(hub, 60)
    with open_sync(sync_settings.model_copy(update={"page_size": 100}), Event()) as sync:
        Walker(sync).run()
    hub.control("options", unlisted=ids[:40])
    hub.fault("500", times=1000, match="/api/datasets/acme/")

    with leashed_sync(sync_settings, Leash()) as sync:  # without pauses between attempts
        assert Walker(sync).run()["deleted"] == 0

    asked = [line for line in hub.requests if "/api/datasets/acme/" in line]
    assert len(asked) <= 3 * 4
    assert stored_ids(store, keys) == ids


def test_many_that_are_not_listed_but_there_stay(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Two looks at the listing agree, but a sample asked for by name shows that it is wrong."""
    ids = fill(hub, 230)
    generous = sync_settings.model_copy(update={"max_removal_share": 1, "page_size": 50})
    with open_sync(generous, Event()) as sync:
        walker = Walker(sync)
        walker.run()
        hub.control("options", unlisted=ids[:210])
        assert walker.run()["deleted"] == 0

    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)
