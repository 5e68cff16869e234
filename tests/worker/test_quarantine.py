"""A quarantine on real processes: it holds, is tried again by the schedule, and ends by itself."""

import json
from collections.abc import Callable

import redis

from collinear.store.keys import Keys
from collinear.store.run_records import Kind
from collinear.store.runs import Runs
from tests.agreement import assert_agreement, assert_at_rest, stored_documents
from tests.hubs import RunningHub
from tests.parts import Start
from tests.waiting import wait_until

QUICK = {"COLLINEAR_PAGE_SIZE": "100", "COLLINEAR_RETRY_SECONDS": "1"}


def fill(hub: RunningHub, **fields: object) -> list[str]:
    return [
        str(hub.add(id=f"acme/set-{n:03d}", downloads=50 + n, **fields)["id"]) for n in range(20)
    ]


def test_a_first_load_that_looks_wrong_waits_for_a_hub_that_does_not(
    hub: RunningHub, start: Start, loaded: Callable[[], None], store: redis.Redis, keys: Keys
) -> None:
    """Not a single row can be read: it is not loaded, not tried all the time, and heals."""
    ids = fill(hub, likes="many")
    start("worker", **QUICK)
    start("beat")
    record = wait_until(lambda: store.hget(keys.meta, "quarantine"), "the quarantine", within=20)

    assert "cannot be read for 20 of 20" in json.loads(record)["reason"]
    assert not stored_documents(store, keys)
    for dataset_id in ids:
        hub.edit(dataset_id, likes=1)
    loaded()
    assert store.hget(keys.meta, "quarantine") == b""
    assert_agreement(store, keys)
    assert_at_rest(store, keys)


def test_the_schedule_tries_again_until_the_hub_looks_right(
    hub: RunningHub, start: Start, loaded: Callable[[], None], store: redis.Redis, keys: Keys
) -> None:
    """A page-wise run by the schedule is quarantined, and the same schedule lifts it later."""
    ids = fill(hub)
    start("worker", **QUICK, COLLINEAR_PAGE_REFRESH_SECONDS="1")
    beat = start("beat", COLLINEAR_PAGE_REFRESH_SECONDS="1")
    loaded()
    before = stored_documents(store, keys)
    for dataset_id in ids:
        hub.edit(dataset_id, downloads=None)
    record = wait_until(lambda: store.hget(keys.meta, "quarantine"), "the quarantine", within=20)
    number = int(store.hget(keys.meta, "runs") or 0)
    wait_until(
        lambda: int(store.hget(keys.meta, "runs") or 0) > number, "another attempt", within=20
    )

    assert json.loads(record)["kind"] == Kind.PAGES
    assert stored_documents(store, keys) == before
    for n, dataset_id in enumerate(ids):
        hub.edit(dataset_id, downloads=70 + n)
    wait_until(lambda: store.hget(keys.meta, "quarantine") == b"", "the end of it", within=20)
    assert stored_documents(store, keys)[ids[0]]["downloads"] == 70
    assert beat.stop() == 0
    runs = Runs(store, keys, lease_seconds=2)
    wait_until(lambda: not (run := runs.current()) or not run.state.going_on, "the last run")
    assert_agreement(store, keys)
