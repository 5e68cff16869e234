"""Loading a large catalog with all the machine has: a process for each processor."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from types import TracebackType
from typing import IO, Self, cast

from collinear.follow import LoadFailed, Row, put_rows
from collinear.indexer.shard import END
from collinear.search.index.writer import IndexWriter

_FEW = 20_000
"""Up to so many datasets the processes would take longer to start than to index."""
_MOST_PROCESSES = 4
_BATCH = 500
_LEAST_HEAP = 16 * 2**20
_WAITING = 4
"""Batches that wait for a process: a few megabytes."""


class ParallelLoader:
    """Puts many rows into an empty index."""

    def __init__(
        self, *, heap_bytes: int, stopping: Event, few: int = _FEW, processes: int | None = None
    ) -> None:
        self._heap_bytes = heap_bytes
        self._stopping = stopping
        self._few = few
        self._processes = processes or min(os.cpu_count() or 1, _MOST_PROCESSES)

    def load(self, index: IndexWriter, rows: Iterable[Row]) -> int:
        """
        Put all rows; returns how many.  Told to stop, it leaves the index empty.

        Raises:
            LoadFailed: A process ended too early; the index is empty.
        """
        waiting = iter(rows)
        first = list(islice(waiting, self._few))
        is_large = len(first) == self._few
        waiting = chain(first, waiting)
        del first  # megabytes
        if not is_large or self._processes == 1:
            return put_rows(index, waiting)
        folders = [index.folder / f"shard-{number}" for number in range(self._processes)]
        heap_bytes = max(self._heap_bytes // self._processes, _LEAST_HEAP)
        with _Team(folders, heap_bytes) as team:
            for batch in _batches(waiting):
                if self._stopping.is_set():
                    return 0
                team.put(batch)
            done = team.finish()
        index.adopt(folders)
        return done


def _batches(rows: Iterator[Row]) -> Iterator[bytes]:
    while some := list(islice(rows, _BATCH)):
        yield b"".join([b"%d %b\n" % row for row in some])


class _Team:
    """The processes, each with a thread that hands it the next batch when it has room."""

    def __init__(self, folders: Sequence[Path], heap_bytes: int) -> None:
        module = [sys.executable, "-m", "collinear.indexer.shard"]
        self._commands = [[*module, str(folder), str(heap_bytes)] for folder in folders]
        self._batches: Queue[bytes | None] = Queue(_WAITING)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        for command in self._commands:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            thread = Thread(
                target=self._feed,
                args=(cast("IO[bytes]", process.stdin),),
                name="shard",
                daemon=True,
            )
            self._processes.append(process)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.kill()  # whoever has ended is not hurt
        self._end_threads()
        for process in self._processes:
            process.communicate()

    def put(self, batch: bytes) -> None:
        """Let one of them have these rows; waits while all have enough to do."""
        if any(process.poll() is not None for process in self._processes):
            raise LoadFailed("A process that indexed a part of the catalog has ended too early.")
        self._batches.put(batch)

    def finish(self) -> int:
        """How many rows they have indexed; all have ended then, and written what they have."""
        self._end_threads()
        done = 0
        for process in self._processes:
            said, _ = process.communicate(END)
            if process.returncode != 0:
                raise LoadFailed("A process that indexed a part of the catalog has failed.")
            done += int(said)
        return done

    def _end_threads(self) -> None:
        for thread in self._threads:
            if thread.is_alive():
                self._batches.put(None)
        for thread in self._threads:
            thread.join()

    def _feed(self, pipe: IO[bytes]) -> None:
        is_well = True
        while (batch := self._batches.get()) is not None:
            try:
                if is_well:
                    pipe.write(batch)
            except OSError:
                is_well = False  # goes on taking, so that nobody waits for it
