"""The first full load against a raw pipelined write of the same keys, in the same run."""

import time
from collections.abc import Iterator
from typing import Any, cast

import redis

from bench.system import BenchRow, BenchSystem, mebibytes, until
from collinear.domain import moments
from collinear.store.keys import ORDERS

_BATCH = 500


def measure_writing(system: BenchSystem) -> Iterator[BenchRow]:
    """Load as ``up`` does, indexer and all; then write it once more, as fast as pipelines can."""
    loaded, snapshot = _load(system)
    rate = system.datasets / loaded
    memory = cast("dict[str, Any]", system.store.info("memory"))
    searchable = _wait_for_index(system)
    copy = list(_contents(system))
    raw = _write_raw(system, copy)
    yield BenchRow(
        "first full load (fetched, checked, graded, stored, announced)",
        f"{rate:,.0f} rows/s ({loaded:.1f} s)",
        f"raw pipelined write {raw:,.0f} rows/s",
        f"{rate / raw:.2f}",
    )
    yield BenchRow("the end of the run: sweep, snapshot, books", f"{snapshot:.1f} s")
    yield BenchRow("all of it searchable, after the end of the run", f"{searchable:.1f} s")
    per_row = memory["used_memory_dataset"] / system.datasets
    yield BenchRow(
        "Redis memory, all of it",
        f"{mebibytes(memory['used_memory'])}, {per_row:,.0f} bytes a dataset",
    )
    index = sum(
        file.stat().st_size for file in (system.folder / "index").rglob("*") if file.is_file()
    )
    yield BenchRow("index on disk", mebibytes(index))
    unchanged = _refresh_unchanged(system)
    yield BenchRow(
        "full refresh in which nothing changed",
        f"{system.datasets / unchanged:,.0f} rows/s",
        f"first full load {rate:,.0f} rows/s",
        f"{system.datasets / unchanged / rate:.2f}",
    )


def _load(system: BenchSystem) -> tuple[float, float]:
    for part in ("indexer", "api", "worker"):
        system.start(part)
    began = until(lambda: system.store.hget(system.keys.run, "started_at"), 60)
    until(lambda: system.store.hget(system.keys.run, "state") != b"running", 3600)
    paged = time.time()
    until(lambda: system.store.hget(system.keys.meta, "warmed") == b"true", 600)
    started = moments.parse(cast(bytes, began).decode()) or 0
    return paged - started / 1000, time.time() - paged


def _wait_for_index(system: BenchSystem) -> float:
    started = time.time()
    status = f"{system.api_url}/api/datasets/cache-status"

    def caught_up() -> bool:
        if not system.answers(status):
            return False
        index = system.http.get(status).json()["index"]
        return bool(index and index["documents"] == system.store.zcard(system.keys.ids))

    until(caught_up, 1800)
    return time.time() - started


def _contents(system: BenchSystem) -> Iterator[tuple[bytes, bytes, dict[str, float]]]:
    store, keys = system.store, system.keys
    scores = {field: dict(_scores(store, keys.by(field))) for field in ORDERS}
    scores["ids"] = dict(_scores(store, keys.ids))
    for id_, document in store.hscan_iter(keys.documents, count=1000):
        yield id_, document, {name: order[id_] for name, order in scores.items()}


def _scores(store: redis.Redis, key: str) -> Iterator[tuple[bytes, float]]:
    yield from cast("list[tuple[bytes, float]]", store.zrange(key, 0, -1, withscores=True))


def _write_raw(system: BenchSystem, contents: list[tuple[bytes, bytes, dict[str, float]]]) -> float:
    """Rows a second of nothing but the commands, into the same server under another prefix."""
    store, prefix = system.store, "{raw}"
    started = time.monotonic()
    for start in range(0, len(contents), _BATCH):
        batch = contents[start : start + _BATCH]
        with store.pipeline(transaction=True) as pipe:
            pipe.hset(f"{prefix}:documents", mapping={id_: document for id_, document, _ in batch})
            pipe.hset(
                f"{prefix}:identities",
                mapping={b"%024d" % at: id_ for at, (id_, _, _) in enumerate(batch, start)},
            )
            for name in (*ORDERS, "ids"):
                pipe.zadd(f"{prefix}:by:{name}", {id_: scores[name] for id_, _, scores in batch})
            for id_, _, _ in batch:
                pipe.xadd(
                    f"{prefix}:changes",
                    {
                        "op": "create",
                        "id": id_,
                        "hub_id": "0" * 24,
                        "previous_id": "",
                        "changed": "",
                        "at": "2026-01-01T00:00:00.000Z",
                    },
                )
            pipe.execute()
    rate = len(contents) / (time.monotonic() - started)
    store.delete(*store.scan_iter(match="{raw}*", count=1000))
    return rate


def _refresh_unchanged(system: BenchSystem) -> float:
    before = int(cast(bytes, system.store.hget(system.keys.run, "number")))
    system.http.post(f"{system.api_url}/api/datasets/refresh-cache").raise_for_status()

    def ended() -> bool:
        run = cast("dict[bytes, bytes]", system.store.hgetall(system.keys.run))
        return int(run[b"number"]) > before and run[b"state"] != b"running"

    started = time.monotonic()
    until(ended, 3600)
    seconds = time.monotonic() - started
    until(lambda: system.store.hget(system.keys.meta, "refreshing") == b"false", 600)
    return seconds
