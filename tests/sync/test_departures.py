"""Who has left, who was only missed, who has another name, and who came back."""

import json
from threading import Event

import pytest
import redis
from pydantic import SecretStr

from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind
from collinear.wiring.synchronisation import open_sync
from tests.agreement import (
    assert_agreement,
    stored_ids,
)
from tests.hubs import RunningHub
from tests.sync.conftest import Walker, fill
from tests.sync.leash import Leash, leashed_sync

COMPLETE = [Kind.FULL, Kind.PAGES]


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
