"""Workers that die or fall asleep before each single command of a run, one after the other."""

from itertools import count

import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from collinear.store.runs import Runs
from collinear.sync.walk import Sync
from tests.agreement import assert_agreement, assert_at_rest, assert_snapshot, stored_ids
from tests.hubs import RunningHub
from tests.sync.leash import Fate, Leash, Sleeper, act, leashed_sync


@pytest.fixture
def quiet(sync_settings: Settings) -> Settings:
    """Settings with a lease that runs out only when the test says so."""
    return sync_settings.model_copy(update={"lease_seconds": 600})


def whole_run(sync: Sync, kind: Kind) -> None:
    run = sync.begin(sync.runs.request(Request.new(kind)))
    assert run is not None
    go_on(sync, run.number)


def go_on(sync: Sync, number: int) -> None:
    while pages := sync.runs.open_pages():
        for page in pages:
            sync.page(number, page, on_next=lambda _: None)
    assert sync.finish(number) is not None


def bring_home(settings: Settings, runs: Runs, store: redis.Redis, keys: Keys) -> None:
    """Another worker sees the run as lost, or the request as waiting, and brings it home."""
    store.delete(keys.lease)
    lost = runs.take_over()
    if lost is not None:
        act(settings, lambda sync: go_on(sync, lost.number))
    for request in runs.waiting():
        act(settings, lambda sync, kind=request.kind: whole_run(sync, kind))


@pytest.mark.parametrize("kind", [Kind.FULL, Kind.PAGES])
def test_a_worker_that_dies_before_any_command(
    hub: RunningHub, quiet: Settings, store: redis.Redis, keys: Keys, kind: Kind
) -> None:
    """
    Once before each command of a run, in which a dataset changed, one left and one is new.

    Whoever comes next brings the run home from its books, and everything agrees.
    """
    for number in range(4):
        hub.add(id=f"acme/first-{number}")
    runs = Runs(store, keys, lease_seconds=600)
    act(quiet, lambda sync: whole_run(sync, Kind.FULL))
    for death in count(1):
        hub.add(id=f"acme/new-{death}")
        hub.delete(f"acme/new-{death - 1}" if death > 1 else "acme/first-0")
        hub.edit("acme/first-2", likes=death)
        leash = Leash(Fate("dies", death))
        act(quiet, lambda sync: whole_run(sync, kind), leash=leash)
        bring_home(quiet, runs, store, keys)

        if leash.sent > 5:  # the request was made: the run has ended
            assert stored_ids(store, keys)[-1] == f"acme/new-{death}", death
            assert len(stored_ids(store, keys)) == 4, death
            assert_snapshot(store, keys)
        assert_agreement(store, keys)
        assert_at_rest(store, keys)
        if leash.sent < death:
            assert death > 30
            return


def test_a_finisher_that_sleeps_before_any_command_and_comes_late(
    hub: RunningHub, quiet: Settings, store: redis.Redis, keys: Keys
) -> None:
    """Somebody else ends the run, another one changes the catalog; the late one does nothing."""
    for number in range(3):
        hub.add(id=f"acme/first-{number}")
    act(quiet, lambda sync: whole_run(sync, Kind.FULL))
    runs = Runs(store, keys, lease_seconds=600)
    for pause in count(1):
        hub.add(id=f"acme/stays-{pause}")
        hub.add(id=f"acme/goes-{pause}")
        act(quiet, lambda sync: whole_run(sync, Kind.FULL))
        hub.delete(f"acme/goes-{pause}")
        with leashed_sync(quiet, Leash()) as sync:
            run = sync.begin(sync.runs.request(Request.new(Kind.FULL)))
            assert run is not None
            while pages := sync.runs.open_pages():
                for page in pages:
                    sync.page(run.number, page, on_next=lambda _: None)
        late = act(quiet, lambda sync, n=run.number: sync.finish(n), Fate("sleeps", pause))
        if not isinstance(late, Sleeper):
            assert pause > 10
            return
        bring_home(quiet, runs, store, keys)
        hub.add(id=f"acme/goes-{pause}")
        act(quiet, lambda sync: whole_run(sync, Kind.FULL))
        expected = stored_ids(store, keys)
        late.wake()

        assert stored_ids(store, keys) == expected
        assert f"acme/goes-{pause}" in expected
        assert_agreement(store, keys)
        assert_snapshot(store, keys)
        assert_at_rest(store, keys)
