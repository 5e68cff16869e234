"""The whole catalog over HTTP: from a local copy, any part of it, to as many as ask at a time."""

import os
import re
import time
from collections.abc import AsyncIterator
from io import FileIO
from typing import NamedTuple

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from collinear.api.kinds import RangeNotSatisfiable
from collinear.domain.errors import SnapshotGone, StoreUnavailable
from collinear.store.copies import LocalCopies
from collinear.store.export import Export, ExportReader, Format
from collinear.telemetry import get_logger

log = get_logger(__name__)

_PIECE = 256 * 1024
"""Bytes that are read and sent at a time: what each caller takes of our memory."""
_PAUSE = 60.0
"""Seconds until a disk that could not be written to is tried again."""
_RANGE = re.compile(r"bytes=\s*(\d{0,100})-(\d{0,100})\s*", re.IGNORECASE | re.ASCII)


class Part(NamedTuple):
    """Some bytes of a file in a row."""

    start: int
    length: int


def part_of(header: str | None, export: Export) -> Part | None:
    """
    What a ``Range`` asks for; None where it is the whole file.

    A header that cannot be understood, and one that names several ranges, count for nothing.

    Raises:
        RangeNotSatisfiable: It begins behind the end.
    """
    asked = _RANGE.fullmatch(header or "")
    if asked is None or asked[1] == asked[2] == "":
        return None
    size = export.size
    if not asked[1]:
        start, end = max(size - int(asked[2]), 0), size
    else:
        start, end = int(asked[1]), int(asked[2] or size) + 1
    if asked[1] and asked[2] and end <= start:
        return None
    if start >= size:
        raise RangeNotSatisfiable(size, as_of=export.serial)
    return Part(start, min(end, size) - start)


class Found(NamedTuple):
    """An export, and for how many seconds nobody could say whether there is a newer one."""

    export: Export
    unsure: float | None = None


class _Making:
    """A copy that is being made, for all who wait for it."""

    def __init__(self) -> None:
        self.over = anyio.Event()
        self.error: Exception | None = None


class Exports:
    """What an API process serves exports from; copies are made in the tasks of the process."""

    def __init__(self, copies: LocalCopies, tasks: TaskGroup) -> None:
        self.copies = copies
        self._tasks = tasks
        self._found: dict[Format, tuple[Export, float]] = {}
        self._making: dict[Export, _Making] = {}
        self._no_disk_until = float("-inf")

    async def find(self, reader: ExportReader, format: Format) -> Found:
        """
        The newest export; the last one that was known, where Redis cannot be asked.

        Raises:
            SnapshotGone: There is none yet.
            StoreUnavailable: Redis does not answer, and no copy is here.
        """
        try:
            export = await reader.find(format)
        except StoreUnavailable:
            known, at = self._found.get(format, (None, 0.0))
            if known is None or not await to_thread.run_sync(self.copies.has, known):
                raise
            return Found(known, time.monotonic() - at)
        if export is None:
            raise SnapshotGone(None, parquet=format is Format.PARQUET)
        self._found[format] = export, time.monotonic()
        return Found(export)

    async def open(self, export: Export) -> FileIO | None:
        """
        The local copy, made now where there is none; None where this machine cannot hold one.

        A caller who leaves does not end the work: others wait for it, or come soon.

        Raises:
            SnapshotGone: Another export took its place.
            StoreUnavailable: Redis does not answer.
        """
        file = await to_thread.run_sync(self.copies.open, export)
        if file is not None or time.monotonic() < self._no_disk_until:
            return file
        making = self._making.get(export)
        if making is None:
            making = self._making[export] = _Making()
            self._tasks.start_soon(self._make, export, making)
        await making.over.wait()
        if isinstance(making.error, OSError):
            return None
        if making.error is not None:
            raise making.error
        file = await to_thread.run_sync(self.copies.open, export)
        if file is None:
            raise SnapshotGone(export.serial)  # the next one came right behind it
        return file

    async def _make(self, export: Export, making: _Making) -> None:
        began = time.monotonic()
        try:
            await to_thread.run_sync(self.copies.fill, export, abandon_on_cancel=True)
            seconds = round(time.monotonic() - began, 3)
            log.info("export_copied", serial=export.serial, bytes=export.size, seconds=seconds)
        except OSError as error:
            self._no_disk_until = time.monotonic() + _PAUSE
            log.warning("export_not_copied", error=str(error), instead="streamed from Redis")
            making.error = error
        except Exception as error:  # whatever it was, it is for those who wait, and ends nothing
            making.error = error
        finally:
            del self._making[export]
            making.over.set()


class Download(StreamingResponse):
    """Some bytes of an open file, which is closed when the last one is sent or nobody listens."""

    def __init__(self, file: FileIO, part: Part, **answer: object) -> None:
        super().__init__(_read(file, part), **answer)  # type: ignore[arg-type]
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._file:
            await super().__call__(scope, receive, send)


async def _read(file: FileIO, part: Part) -> AsyncIterator[bytes]:
    at, end = part.start, part.start + part.length
    while at < end:
        piece = await to_thread.run_sync(os.pread, file.fileno(), min(_PIECE, end - at), at)
        if not piece:
            raise OSError("a copy of the catalog is shorter than it was")
        yield piece
        at += len(piece)
