"""API processes behind one port: whichever is asked, it tells the sum of all."""

import fcntl
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from threading import Lock

import anyio

from collinear.telemetry.families import FAMILIES
from collinear.telemetry.tally import Tally, parts_of

_EVERY = 1.0
"""Seconds between two looks at whether there is something to write down."""


class Alone:
    """There is one process."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def totals(self) -> Iterable[Mapping[str, float]]:
        """What it has counted."""
        return (self._tally.totals(),)

    @asynccontextmanager
    async def sharing(self) -> AsyncIterator[None]:
        """Nobody to share with."""
        yield


class Together:
    """
    Each process has a place in a folder, a lock and a file, and writes there what it has counted.

    Whoever takes the place of a process that died goes on with its numbers, so they never go
    back, and there are never more files than processes.  The lock goes with its process, however
    that ends.  Levels, which end with their process too, count only while the place is taken.
    """

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._folder = folder
        self._tally = tally
        self._place: Path | None = None
        self._written: dict[str, float] = {}
        self._writing = Lock()

    def totals(self) -> Iterator[Mapping[str, float]]:
        """
        What each process has counted.

        Of our own numbers those are told that are written down: of more than that, the next
        process that is asked would know nothing, and what only grows would have shrunk.  So where
        nothing can be written they stand still, and everything else is told all the same.
        """
        with suppress(OSError):
            self._write()
        yield self._written
        for file in sorted(self._folder.glob("*.json")):
            if file != self._place:
                totals = _read(file)
                yield totals if _is_taken(file) else _lasting(totals)

    @asynccontextmanager
    async def sharing(self) -> AsyncIterator[None]:
        """Have a place while the block runs, and write down each second what has changed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._taking_a_place():
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._keep_writing)
                yield
                tasks.cancel_scope.cancel()

    @contextmanager
    def _taking_a_place(self) -> Iterator[None]:
        number = 0
        while True:
            place = self._folder / f"{number}.json"
            with _lock_of(place).open("a") as lock:
                if _lock(lock.fileno(), fcntl.LOCK_EX):
                    self._place = place
                    self._tally.give_back(_lasting(_read(place)))
                    try:
                        yield
                    finally:
                        with suppress(OSError):
                            self._write()
                    return
            number += 1

    async def _keep_writing(self) -> None:
        while True:
            with suppress(OSError):  # a disk that is full is told by others
                self._write()
            await anyio.sleep(_EVERY)

    def _write(self) -> None:
        with self._writing:  # a scrape is answered in a thread
            totals = self._tally.totals()
            if self._place is not None and totals != self._written:
                self._folder.mkdir(parents=True, exist_ok=True)  # somebody may have tidied up
                fresh = self._place.with_suffix(".new")
                fresh.write_text(json.dumps(totals))
                fresh.replace(self._place)
                self._written = totals


def _read(file: Path) -> dict[str, float]:
    """What a process wrote; nothing where it is not there, or another version's."""
    try:
        numbers = json.loads(file.read_text())
        return {name: float(number) for name, number in numbers.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _lasting(totals: Mapping[str, float]) -> dict[str, float]:
    """What outlives its process."""
    return {
        name: number
        for name, number in totals.items()
        if (family := FAMILIES.get(parts_of(name)[0])) is not None and not family.level
    }


def _lock_of(place: Path) -> Path:
    return place.with_suffix(".lock")


def _is_taken(place: Path) -> bool:
    """Whether a process lives there."""
    try:
        with _lock_of(place).open() as lock:
            return not _lock(lock.fileno(), fcntl.LOCK_SH)
    except OSError:
        return False


def _lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
