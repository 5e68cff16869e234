"""Local copies of the whole catalog: files, so that any part of it can be read by anybody."""

import binascii
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from io import FileIO
from pathlib import Path

import redis

from collinear.domain.errors import SnapshotGone, StoreUnavailable
from collinear.store.export import Export, Format
from collinear.store.keys import Keys
from collinear.store.trouble import in_words

_PIECE = 4 * 2**20
"""Stored bytes for one GETRANGE; a multiple of 4, as base64 is."""


OpenStore = Callable[[], AbstractContextManager[redis.Redis]]


class ExportSource:
    """The whole catalog as it is stored, piece by piece, over a connection for each reading."""

    def __init__(self, open_store: OpenStore, keys: Keys) -> None:
        self._open_store = open_store
        self._keys = keys

    def read(self, export: Export) -> Iterator[bytes]:
        """
        The bytes of the file, some megabytes at a time.

        Raises:
            SnapshotGone: Another one took its place in the meantime.
            StoreUnavailable: Redis does not answer, or refuses.
        """
        rest = b""
        for piece in self._pieces(export):
            if export.format is Format.PARQUET:
                yield piece
                continue
            text = rest + piece
            whole = len(text) - len(text) % 4
            rest = text[whole:]
            yield binascii.a2b_base64(text[:whole])

    def _pieces(self, export: Export) -> Iterator[bytes]:
        with self._open_store() as client:
            for part, length in enumerate(export.parts):
                for start in range(0, length, _PIECE):
                    yield self._piece(client, export, part, start)

    def _piece(self, client: redis.Redis, export: Export, part: int, start: int) -> bytes:
        name = export.format.part(self._keys)
        try:
            with client.pipeline(transaction=True) as pipe:
                pipe.hget(self._keys.meta, export.format.serial_field)
                pipe.getrange(name(part), start, start + _PIECE - 1)
                serial, piece = pipe.execute()
        except redis.RedisError as error:
            raise StoreUnavailable(in_words(error)) from error
        wanted = min(_PIECE, export.parts[part] - start)
        if (serial or b"").decode() != export.serial or len(piece) != wanted:
            raise SnapshotGone(export.serial)
        return bytes(piece)


class LocalCopies:
    """
    A folder with a file for the newest export of each format, shared by all processes of a machine.

    A file appears with its last byte, and is as it was for whoever has it open, also after
    another one took its place.
    """

    def __init__(self, folder: Path, source: ExportSource) -> None:
        self._folder = folder
        self.source = source

    def has(self, export: Export) -> bool:
        """Whether there is a copy of this export."""
        file = self.open(export)
        if file is not None:
            file.close()
        return file is not None

    def open(self, export: Export) -> FileIO | None:
        """The file of this export; None where there is no copy of it, or none can be read."""
        try:
            file = FileIO(self._path(export))
        except OSError:
            return None
        if os.fstat(file.fileno()).st_size == export.size:
            return file
        file.close()  # a disk that lost what was written on it
        return None

    def fill(self, export: Export) -> None:
        """
        Make the copy, unless somebody else has made it by now; who comes second waits for it.

        Raises:
            OSError: The folder cannot be written to, or its disk is full.
            SnapshotGone: Another export took its place in the meantime.
            StoreUnavailable: Redis does not answer, or refuses.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(export)
        with self._turn(export.format):
            if self.has(export):
                return
            unfinished = path.with_name(f"unfinished.{export.format.suffix}")
            try:
                with unfinished.open("wb") as file:
                    for piece in self.source.read(export):
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.rename(path)
                self._remove_others(path, export.format)
            finally:
                with suppress(OSError):
                    unfinished.unlink(missing_ok=True)

    def _path(self, export: Export) -> Path:
        serial = export.serial.replace(":", "-")
        return self._folder / f"{serial}-{export.size}.{export.format.suffix}"

    @contextmanager
    def _turn(self, format: Format) -> Iterator[None]:
        """One process at a time, and one thread of it."""
        with (self._folder / f"{format}.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given back with the file, also by a kill
            yield

    def _remove_others(self, kept: Path, format: Format) -> None:
        # whoever has one of them open goes on with it: only its name is gone
        for path in self._folder.glob(f"*.{format.suffix}"):
            if path != kept:
                path.unlink(missing_ok=True)
