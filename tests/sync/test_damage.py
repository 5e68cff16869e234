"""Somebody has changed the store behind our back: no run is held up by it, and a full one mends."""

from threading import Event

import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from collinear.wiring.synchronisation import open_sync
from tests.agreement import assert_agreement, assert_at_rest, stored_documents, stored_ids
from tests.hubs import RunningHub
from tests.sync.conftest import Walker

DAMAGED = ["{}", "[]", "no JSON", '{"hub_id":1,"id":2}', '{"downloads":"x"}']


def fill(hub: RunningHub, count: int) -> list[str]:
    return [str(hub.add(id=f"acme/set-{n:03d}", downloads=100)["id"]) for n in range(count)]


@pytest.mark.parametrize("text", DAMAGED)
def test_grading_anew_goes_past_a_damaged_document(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, text: str
) -> None:
    """A run that never ended would keep the one from beginning that mends it."""
    ids = fill(hub, 4)
    walker.run()
    store.hset(keys.documents, ids[2], text)
    sync = walker.sync
    run = sync.begin(sync.runs.request(Request.new(Kind.REGRADE)))
    assert run is not None
    assert sync.regrade(run.number)
    assert sync.finish(run.number) is not None

    assert walker.run()["updated"] == 1
    assert stored_documents(store, keys)[ids[2]]["downloads"] == 100


@pytest.mark.parametrize("kind", [Kind.FULL, Kind.PAGES])
@pytest.mark.parametrize("text", DAMAGED)
def test_a_doubtful_page_is_judged_by_the_others(
    hub: RunningHub,
    sync_settings: Settings,
    store: redis.Redis,
    keys: Keys,
    text: str,
    kind: Kind,
) -> None:
    """Every document of the page is looked at, also those whose rows are as they were."""
    ids = fill(hub, 40)
    with open_sync(sync_settings.model_copy(update={"page_size": 40}), Event()) as sync:
        walker = Walker(sync)
        walker.run()
        store.hset(keys.documents, ids[2], text)
        store.hset(keys.documents, ids[22], text)
        for dataset_id in ids[20:32]:
            hub.edit(dataset_id, downloads=1)

        assert walker.run(kind)["updated"] >= 12


@pytest.mark.parametrize("text", DAMAGED)
def test_a_row_that_cannot_be_read_over_a_damaged_document(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, text: str
) -> None:
    """It is set aside, and the dataset stays."""
    ids = fill(hub, 5)
    walker.run()
    store.hset(keys.documents, ids[1], text)
    hub.edit(ids[1], downloads="many")

    summary = walker.run()

    assert (summary["rejected"], summary["deleted"]) == (1, 0)


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_document_in_the_way_of_a_delta(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, text: str
) -> None:
    """Another dataset has its id now."""
    ids = fill(hub, 5)
    for dataset_id in ids:
        hub.edit(dataset_id, lastModified="2020-01-01T00:00:00.000Z")
    walker.run()
    store.hset(keys.documents, ids[1], text)
    hub.rename(ids[1], "acme/archive")
    hub.add(id=ids[1])

    assert walker.run(Kind.DELTA)["created"] == 1
    walker.run()
    assert stored_ids(store, keys) == [ids[0], "acme/archive", *ids[2:], ids[1]]


@pytest.mark.parametrize("kind", [Kind.FULL, Kind.PAGES, Kind.DELTA])
def test_an_identity_that_is_lost_holds_no_id(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """The document of a dataset that nobody knows makes room for the one that has its id."""
    ids = fill(hub, 5)
    walker.run()
    store.hdel(keys.identities, stored_documents(store, keys)[ids[1]]["hub_id"])
    hub.delete(ids[1])
    new = hub.add(id=ids[1])["_id"]

    assert walker.run(kind)["created"] == 1
    assert stored_documents(store, keys)[ids[1]]["hub_id"] == new


@pytest.mark.parametrize("kind", [Kind.FULL, Kind.PAGES])
def test_what_fails_for_ever_gives_way_to_others(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """A key of another type: each attempt fails and is told, and the last one ends the run."""
    fill(hub, 4)
    walker.run()
    prints = store.get(keys.fingerprints)
    store.delete(keys.fingerprints)
    store.rpush(keys.fingerprints, "no string")
    hub.edit("acme/set-001", likes=3)
    sync = walker.sync
    run = sync.begin(sync.runs.request(Request.new(kind)))
    assert run is not None

    attempts = 0
    while sync.runs.open_pages():
        with pytest.raises(redis.ResponseError):
            sync.page(run.number, 0, on_next=lambda _: None)
        attempts += 1
        assert b"WRONGTYPE" in (store.hget(keys.meta, "last_error") or b"")

    assert attempts == 10
    assert_at_rest(store, keys)
    store.delete(keys.fingerprints)
    store.set(keys.fingerprints, prints or b"")
    assert walker.run()["updated"] == 1
    assert_agreement(store, keys)
