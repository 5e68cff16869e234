"""The snapshot once more as a Parquet file, kept in Redis for the API's machines."""

import io
from collections.abc import Iterator
from contextlib import suppress
from threading import Event
from typing import Any, NamedTuple
from uuid import uuid4

import redis

from collinear.domain.errors import HandedBack, RunFenced
from collinear.store.feed import CatalogFeed, SnapshotUnreadable
from collinear.store.heartbeat import beating
from collinear.store.keys import Keys
from collinear.store.parts import PART_BYTES, PIECE_BYTES, Fence, PartsWriter

_LEASE_MS = 30_000
"""After which a writer without a sign of life counts as gone, and a request as lost."""

_KEEP = """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""


class Written(NamedTuple):
    """A Parquet file that took its place: what it is true for, and how much it holds."""

    serial: str
    rows: int
    size: int
    """Bytes."""


class ParquetCopy:
    """
    Who asks for the file, who writes it, and where it is.

    One worker writes at a time: it holds a lease, and renews it from a thread.  One that is killed
    is replaced when the lease runs out; after a failure the lease is the pause before the next
    attempt.  Everything raises ``redis.RedisError`` as the client does.
    """

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        stopping: Event,
        *,
        wanted: bool = True,
        retry_seconds: float = 300,
    ) -> None:
        """``wanted``: whether there is to be one at all."""
        self._client = client
        self._keys = keys
        self._stopping = stopping
        self._wanted = wanted
        self._retry_ms = int(retry_seconds * 1000)
        self._keep = client.register_script(_KEEP)

    def ask(self) -> bool:
        """
        Whether somebody is to be sent to write it: it is not level, and nobody is at it.

        Whoever got True has asked for it: nobody else gets it before the time that takes.
        """
        if not self._wanted:
            self._drop()
            return False
        if self._missing() is None or self._client.exists(self._keys.parquet_writer):
            return False
        return self._enter("asked", "yes")

    def write(
        self, *, part_bytes: int = PART_BYTES, piece_bytes: int = PIECE_BYTES
    ) -> Written | None:
        """
        Write the file of the snapshot that there is; None where it is there, or in other hands.

        Raises:
            HandedBack: The worker is told to stop.
            RunFenced: The next snapshot came, or Redis has forgotten a piece: ask again.
            SnapshotUnreadable: The snapshot is damaged.
        """
        serial, token = self._missing(), uuid4().hex
        if not self._wanted or serial is None or not self._enter("token", token):
            return None
        writer = PartsWriter(
            self._client,
            self._keys.parquet,
            meta=self._keys.meta,
            fences=[
                Fence(self._keys.parquet_writer, "token", token),
                Fence(self._keys.meta, "snapshot_serial", serial),
            ],
            part_bytes=part_bytes,
        )
        pause, unfinished = self._retry_ms, True
        try:
            with beating(lambda: self._keep_for(token, _LEASE_MS), _LEASE_MS / 3000):
                written = self._write(serial, writer, piece_bytes)
            pause, unfinished = 0, False
            return written
        except RunFenced:
            pause, unfinished = 0, False  # whoever has it now writes over what is there
            raise
        except HandedBack:
            pause = 0
            raise
        finally:
            with suppress(redis.RedisError):
                if unfinished:
                    writer.discard()
                self._keep_for(token, pause)

    def _write(self, serial: str, writer: PartsWriter, piece_bytes: int) -> Written:
        from collinear.store.parquet.columns import write_columns  # 50 MB that few processes need

        sink = _Pieces(writer, piece_bytes)
        try:
            rows = write_columns(self._lines(), sink, serial=serial)
        except SnapshotUnreadable as error:
            if self._missing() == serial:
                raise
            raise RunFenced(f"the snapshot of {serial} was replaced") from error
        sink.finish()
        writer.swap("parquet_serial", serial)
        return Written(serial, rows, writer.size)

    def _lines(self) -> Iterator[bytes]:
        for line in CatalogFeed(self._client, self._keys).snapshot():
            if self._stopping.is_set():
                raise HandedBack("the Parquet file is left to another worker")
            yield line

    def _missing(self) -> str | None:
        """The serial of the snapshot, where the file is not true for it."""
        fields = ["epoch", "snapshot_serial", "parquet_serial"]
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys.meta, fields)
            pipe.exists(self._keys.parquet())
            (epoch, serial, written), there = pipe.execute()
        # one of an earlier epoch leads nowhere: the next complete run writes another
        if not serial or serial.partition(b":")[0] != epoch:
            return None
        return None if serial == written and there else str(serial.decode())

    def _enter(self, field: str, value: str) -> bool:
        with self._client.pipeline(transaction=True) as pipe:
            pipe.hsetnx(self._keys.parquet_writer, field, value)
            pipe.pexpire(self._keys.parquet_writer, _LEASE_MS, nx=True)
            return bool(pipe.execute()[0])

    def _keep_for(self, token: str, milliseconds: int) -> None:
        self._keep([self._keys.parquet_writer], [token, milliseconds])

    def _drop(self) -> None:
        if not self._client.hexists(self._keys.meta, "parquet_serial"):
            return
        parts = [self._keys.parquet()]
        while self._client.exists(self._keys.parquet(len(parts))):
            parts.append(self._keys.parquet(len(parts)))
        with self._client.pipeline(transaction=True) as pipe:
            pipe.hdel(self._keys.meta, "parquet_serial")
            pipe.unlink(*parts)
            pipe.execute()


class _Pieces(io.RawIOBase):
    """A file that is only written on: what comes goes to Redis in pieces of one size."""

    def __init__(self, writer: PartsWriter, piece_bytes: int) -> None:
        super().__init__()
        self._writer = writer
        self._piece_bytes = piece_bytes
        self._waiting = bytearray()
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        added = memoryview(data).nbytes
        self._waiting += data
        self._written += added
        while len(self._waiting) > self._piece_bytes:
            self._writer.write(bytes(self._waiting[: self._piece_bytes]))
            del self._waiting[: self._piece_bytes]
        return added

    def finish(self) -> None:
        """Nothing more will come."""
        self._writer.write(bytes(self._waiting))
