"""The first full load against a raw pipelined write of the same keys, in the same run."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import redis

from bench.system import BenchRow, BenchSystem, mebibytes, until, wait_for_index
from collinear.domain import moments
from collinear.store.keys import ORDERS

_BATCH = 500


class Writing(NamedTuple):
    """The lines of the table, and what the later ones are held against."""

    rows: list[BenchRow]
    rate: float
    """Rows a second of the first full load."""


def measure_writing(system: BenchSystem) -> Writing:
    """Load as ``up`` does, indexer and all; then write it once more, as fast as pipelines can."""
    load = _load(system)
    rate = system.datasets / load.paging
    memory = cast("dict[str, Any]", system.store.info("memory"))
    searchable = wait_for_index(system)
    raw = _write_raw(system, list(_contents(system)))
    index = sum(
        file.stat().st_size for file in (system.folder / "index").rglob("*") if file.is_file()
    )
    per_row = memory["used_memory_dataset"] / system.datasets
    rows = [
        BenchRow(
            "first full load (fetched, checked, graded, stored, announced)",
            f"{rate:,.0f} rows/s ({load.paging:.1f} s)",
            f"raw pipelined write {raw:,.0f} rows/s",
            f"{rate / raw:.2f}",
        ),
        BenchRow(
            "the end of the run: sweep, snapshot, books",
            f"{load.ending:.1f} s",
            f"the pages {load.paging:.1f} s",
            f"{load.ending / load.paging:.2f}",
        ),
        BenchRow("anonymous memory of the worker, at the most", mebibytes(load.worker_memory)),
        BenchRow("all of it searchable, after the end of the run", f"{searchable:.1f} s"),
        BenchRow(
            "Redis memory, all of it",
            f"{mebibytes(memory['used_memory'])}, {per_row:,.0f} bytes a dataset",
        ),
        *_memory_by_key(system),
        BenchRow("index on disk", mebibytes(index)),
    ]
    return Writing(rows, rate)


def measure_two_workers(system: BenchSystem, alone: float) -> BenchRow:
    """The first load once more, into an empty store, by two workers; ``alone``: the rate of one."""
    for part in ("worker", "api", "indexer"):
        system.stop(part)
    system.store.flushall()
    rate = system.datasets / _load(system, "worker-2").paging
    return BenchRow(
        "first full load by two workers",
        f"{rate:,.0f} rows/s",
        f"by one {alone:,.0f} rows/s",
        f"{rate / alone:.2f}",
    )


class _Load(NamedTuple):
    """Seconds of a first load, and the most anonymous memory (bytes) of its worker."""

    paging: float
    ending: float
    worker_memory: int


def _load(system: BenchSystem, *more: str) -> _Load:
    for part in ("indexer", "api", "worker", *more):
        system.start(part)
    most = 0

    def reached(state: bytes) -> bool:
        nonlocal most
        most = max(most, system.memory("worker")[1])
        return system.run().get(b"state") == state

    began = until(lambda: system.run().get(b"started_at"), 60) or b""
    until(lambda: reached(b"finishing") or reached(b"succeeded"), 3600)
    paged = time.time()
    until(lambda: reached(b"succeeded"), 600)
    started = moments.parse(began.decode()) or 0
    return _Load(paged - started / 1000, time.time() - paged, most)


def _memory_by_key(system: BenchSystem) -> Iterator[BenchRow]:
    """What each key takes, the largest first."""
    sizes: Counter[str] = Counter()
    prefix = f"{system.keys.prefix}:"
    for key in system.store.scan_iter(count=1000):
        name = key.decode().removeprefix(prefix)
        group = "Celery's" if name.startswith("celery") else name
        sizes[group] += system.store.memory_usage(key, samples=2000) or 0
    for name, size in sizes.most_common(20):
        yield BenchRow(
            f"  {name}", mebibytes(size), f"{size / system.datasets:,.0f} bytes a dataset"
        )


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
