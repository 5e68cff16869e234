"""The index: loading it from the snapshot, and how soon a change can be searched for."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

import psutil

from bench.system import BenchRow, BenchSystem, mebibytes, until
from collinear.domain.change import Serial
from collinear.search.reader import IndexReader

_CHANGES = 20
_TARGET_SECONDS, _TARGET_BYTES, _TARGET_MEMORY = 60, 300 * 2**20, 600 * 2**20


def measure_indexing(system: BenchSystem) -> Iterator[BenchRow]:
    """A second indexer, with a folder of its own, beside whatever runs."""
    folder = system.folder / "fresh"
    shutil.rmtree(folder, ignore_errors=True)
    reader = IndexReader(folder / "index")
    began = time.monotonic()
    system.start("indexer-2", folder=folder)
    process = psutil.Process(system.parts["indexer-2"].pid)
    peak = 0

    def is_open() -> bool:
        nonlocal peak
        peak = max(peak, _anonymous(process))
        return reader.state() is not None

    until(is_open, 1800)
    seconds = time.monotonic() - began
    state = reader.state()
    documents = state.documents if state else 0
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    share = 1e6 / max(documents, 1)
    yield BenchRow(
        f"an index of {documents:,} from the snapshot",
        f"{seconds:.1f} s",
        f"a million: at most {_TARGET_SECONDS} s",
        f"{seconds * share / _TARGET_SECONDS:.2f}",
    )
    yield BenchRow(
        "its processes' memory", mebibytes(peak), f"at most {mebibytes(_TARGET_MEMORY)}", ""
    )
    yield BenchRow(
        "its size on disk",
        f"{size / max(documents, 1):.0f} bytes a dataset",
        f"a million: at most {mebibytes(_TARGET_BYTES)}",
        f"{size * share / _TARGET_BYTES:.2f}",
    )
    waits = [_wait_for_a_change(system, reader) for _ in range(_CHANGES)]
    yield BenchRow(
        "a change is searchable after",
        f"{median(waits):.2f} s",
        f"longest of {_CHANGES}: {max(waits):.2f} s",
        "",
    )
    system.stop("indexer-2")
    shutil.rmtree(folder, ignore_errors=True)


def _wait_for_a_change(system: BenchSystem, reader: IndexReader) -> float:
    """Announce a dataset once more, which changes nothing, and see the index follow."""
    keys, store = system.keys, system.store
    [(_, entry)] = store.xrevrange(keys.changes, count=1)
    epoch = store.hget(keys.meta, "epoch")
    position = store.xadd(keys.changes, entry)
    serial = Serial(epoch.decode(), position.decode())
    store.hset(keys.meta, "serial", str(serial))
    began = time.monotonic()
    until(lambda: (state := reader.state()) is not None and state.serial == serial, 60)
    return time.monotonic() - began


def _anonymous(process: psutil.Process) -> int:
    """Bytes of its own that a process and those that it started hold."""
    total = 0
    with suppress(psutil.Error, OSError):
        for one in (process, *process.children(recursive=True)):
            for line in Path(f"/proc/{one.pid}/status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    total += int(line.split()[1]) * 1024
    return total
