"""The Parquet file, written by real workers after real runs."""

import io
from collections.abc import Callable

import pyarrow.parquet as pq
import pytest
import redis
from celery import Celery

from collinear.refreshes import QUEUE, TASKS
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind
from collinear.wiring.queue import create_celery
from tests.agreement import assert_agreement, read_snapshot
from tests.hubs import RunningHub
from tests.parts import Start
from tests.waiting import wait_until

Level = Callable[[], bool]


@pytest.fixture
def celery(settings: Settings) -> Celery:
    return create_celery(settings)


@pytest.fixture
def level(store: redis.Redis, keys: Keys) -> Level:
    """Whether the file is that of the snapshot."""

    def check() -> bool:
        snapshot, parquet = store.hmget(keys.meta, ["snapshot_serial", "parquet_serial"])
        return bool(snapshot) and snapshot == parquet

    return check


def ids_of(store: redis.Redis, keys: Keys) -> list[str]:
    return list(pq.read_table(io.BytesIO(store.get(keys.parquet()) or b""))["id"].to_pylist())


def test_the_file_follows_each_complete_run(
    hub: RunningHub,
    start: Start,
    loaded: Callable[[], None],
    level: Level,
    celery: Celery,
    store: redis.Redis,
    keys: Keys,
) -> None:
    """Nobody asks for it; it is a task of its own, and the run does not wait for it."""
    for n in range(5):
        hub.add(id=f"acme/set-{n}", downloads=n)
    worker = start("worker")
    loaded()
    wait_until(level, "the first file", within=20)
    first = ids_of(store, keys)
    hub.add(id="acme/late", downloads=1)

    task = celery.send_task(TASKS[Kind.FULL], queue=QUEUE)
    wait_until(lambda: task.state == "SUCCESS", "the next run", within=20)
    wait_until(level, "the next file", within=20)

    assert len(first) == 5
    assert ids_of(store, keys) == [one["id"] for one in read_snapshot(store, keys)]
    assert "acme/late" in ids_of(store, keys)
    assert_agreement(store, keys)
    assert worker.stop() == 0
    assert worker.log.count("task_succeeded") >= 4
    assert "task=write_hf_datasets_parquet" in worker.log
    assert not store.exists(keys.parquet_writer)


def test_a_writer_that_was_killed_is_replaced(
    hub: RunningHub,
    start: Start,
    loaded: Callable[[], None],
    level: Level,
    store: redis.Redis,
    keys: Keys,
) -> None:
    """Its lease runs out, and the next look at what is lost asks for the file again."""
    hub.add(id="acme/one")
    store.hset(keys.parquet_writer, "token", "of a worker that was killed")
    store.set(f"{keys.parquet()}:unfinished", b"half a file")
    start("worker")
    start("beat")
    loaded()
    waiting = level()

    store.pexpire(keys.parquet_writer, 1)
    wait_until(level, "another worker to write it", within=20)

    assert not waiting
    assert ids_of(store, keys) == ["acme/one"]
    assert not store.exists(f"{keys.parquet()}:unfinished")


def test_who_wants_none_gets_none(
    hub: RunningHub, start: Start, loaded: Callable[[], None], store: redis.Redis, keys: Keys
) -> None:
    """And a file that was there is taken out of Redis."""
    hub.add(id="acme/one")
    store.set(keys.parquet(), b"of before")
    store.hset(keys.meta, "parquet_serial", "e:1-0")
    start("worker", COLLINEAR_PARQUET="false")
    loaded()

    wait_until(lambda: not store.exists(keys.parquet()), "the file to go", within=20)

    assert not store.hexists(keys.meta, "parquet_serial")
