"""Local copies of the whole catalog: made once, whole or not at all."""

import gzip
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from random import Random
from threading import Barrier

import pytest
import redis

from collinear.domain.errors import SnapshotGone, StoreUnavailable
from collinear.local.ports import free_port
from collinear.store.claim import Claim
from collinear.store.copies import ExportSource, LocalCopies
from collinear.store.export import Export, Format
from collinear.store.keys import Keys
from collinear.store.snapshot import write_snapshot
from tests.store.stock import Stock, dataset


@pytest.fixture
def stock(store: redis.Redis, keys: Keys) -> Stock:
    return Stock(store, keys)


@pytest.fixture
def export(stock: Stock) -> Export:
    """A snapshot of a few parts; a packed one, whose parts are cut anywhere."""
    rng = Random(3)
    stock.put(*(dataset(n, f"org/{n}", description=rng.randbytes(50).hex()) for n in range(300)))
    return written(stock)


def written(stock: Stock) -> Export:
    run = stock.runs.current()
    assert run is not None
    serial = write_snapshot(
        stock.client, stock.keys, Claim(run.number, 0), part_bytes=9_999, piece_bytes=300
    )
    parts: list[int] = []
    while size := stock.client.strlen(stock.keys.snapshot(len(parts))):
        parts.append(size)
    end = stock.client.getrange(stock.keys.snapshot(len(parts) - 1), -2, -1)
    assert serial is not None
    return Export(Format.JSONL, serial, tuple(parts), sum(parts) // 4 * 3 - end.count(b"="))


class Counted(ExportSource):
    """Counts how often it is read."""

    readings = 0

    def read(self, export: Export) -> Iterator[bytes]:
        self.readings += 1
        return super().read(export)


def content(copies: LocalCopies, export: Export) -> bytes:
    file = copies.open(export)
    assert file is not None
    with file:
        return file.readall() or b""


def test_a_copy_is_made_once_for_all_processes_of_a_machine(
    store: redis.Redis, keys: Keys, export: Export, tmp_path: Path
) -> None:
    """Who comes while it is made waits for it; nobody reads the store a second time."""
    source = Counted(partial(nullcontext, store), keys)
    barrier = Barrier(6)

    def process(_: int) -> bytes:
        copies = LocalCopies(tmp_path / "exports", source)
        barrier.wait()
        copies.fill(export)
        return content(copies, export)

    with ThreadPoolExecutor(6) as processes:
        found = set(processes.map(process, range(6)))

    assert len(found) == 1
    assert len(gzip.decompress(found.pop()).splitlines()) == 300
    assert len(export.parts) > 1
    assert source.readings == 1


def test_what_was_left_half_written_is_never_served(
    store: redis.Redis, keys: Keys, export: Export, tmp_path: Path
) -> None:
    """Not what a killed process left, nor a file that the disk has lost the end of."""
    copies = LocalCopies(tmp_path, ExportSource(partial(nullcontext, store), keys))
    (tmp_path / "unfinished.jsonl.gz").write_bytes(b"x" * 9_999_999)
    before = copies.open(export)
    copies.fill(export)
    whole = content(copies, export)
    [path] = tmp_path.glob("*.jsonl.gz")
    os.truncate(path, 100)
    cut = copies.open(export)
    copies.fill(export)

    assert before is None
    assert cut is None
    assert content(copies, export) == whole
    assert [one.name for one in tmp_path.glob("*.jsonl.gz")] == [path.name]


def test_the_old_copy_is_removed_and_read_to_its_end(
    store: redis.Redis, keys: Keys, stock: Stock, export: Export, tmp_path: Path
) -> None:
    """Its name goes with the next one, its bytes with its last reader."""
    copies = LocalCopies(tmp_path, ExportSource(partial(nullcontext, store), keys))
    copies.fill(export)
    reading = copies.open(export)
    stock.put(dataset(999, "org/new"))
    newer = written(stock)

    copies.fill(newer)

    assert reading is not None
    with reading:
        assert len(gzip.decompress(reading.readall() or b"").splitlines()) == 300
    assert len(gzip.decompress(content(copies, newer)).splitlines()) == 301
    assert copies.open(export) is None
    assert len(list(tmp_path.glob("*.jsonl.gz"))) == 1


def test_one_that_is_replaced_while_it_is_copied_leaves_nothing(
    store: redis.Redis, keys: Keys, stock: Stock, export: Export, tmp_path: Path
) -> None:
    """Rather no copy than half of one and half of another; the one that is there stays."""
    copies = LocalCopies(tmp_path, ExportSource(partial(nullcontext, store), keys))
    copies.fill(export)
    store.hset(keys.meta, "snapshot_serial", f"{export.serial}9")

    with pytest.raises(SnapshotGone):
        copies.fill(export._replace(serial="another"))

    assert copies.has(export)
    assert len(list(tmp_path.glob("*.jsonl.gz"))) == 1


def test_a_store_that_is_away_leaves_nothing(keys: Keys, export: Export, tmp_path: Path) -> None:
    with redis.Redis(port=free_port(), protocol=2, retry=None) as away:
        copies = LocalCopies(tmp_path, ExportSource(partial(nullcontext, away), keys))
        with pytest.raises(StoreUnavailable):
            copies.fill(export)

    assert not list(tmp_path.glob("*.jsonl.gz"))


def test_a_folder_that_cannot_be_is_told(store: redis.Redis, keys: Keys, export: Export) -> None:
    copies = LocalCopies(Path("/dev/null/exports"), ExportSource(partial(nullcontext, store), keys))

    assert copies.open(export) is None
    with pytest.raises(OSError, match="/dev/null"):
        copies.fill(export)
