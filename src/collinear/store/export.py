"""Reads the snapshot for those who take the whole catalog over HTTP."""

import binascii
from collections.abc import AsyncIterator, Awaitable
from typing import Any, NamedTuple, cast

import redis.asyncio
from anyio import to_thread

from collinear.domain.errors import SnapshotGone
from collinear.store.answering import answering
from collinear.store.keys import Keys

_PIECE = 4 * 2**20
"""Characters of base64 for one GETRANGE; a multiple of 4."""


class Export(NamedTuple):
    """A snapshot that can be read: what it is true for, and its parts."""

    serial: str
    parts: tuple[int, ...]
    """Characters of each part."""
    size: int
    """Bytes of the gzip that they stand for."""


class ExportReader:
    """
    The whole catalog, piece by piece, as it was at one serial.

    Raises:
        StoreUnavailable: From every method, where Redis does not answer or refuses.
    """

    def __init__(self, client: redis.asyncio.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def find(self) -> Export | None:
        """The snapshot that there is now; None before the first complete run."""
        async with answering():
            fields = ["snapshot_serial", "epoch"]
            known = await cast("Awaitable[Any]", self._client.hmget(self._keys.meta, fields))
            serial, epoch = cast("tuple[bytes | None, bytes | None]", known)
            # one of an earlier epoch leads nowhere: the next complete run writes another
            if not serial or serial.partition(b":")[0] != epoch:
                return None
            parts: list[int] = []
            while length := await self._client.strlen(self._keys.snapshot(len(parts))):
                parts.append(length)
            if not parts:
                return None
            last = self._keys.snapshot(len(parts) - 1)
            end = cast(bytes, await self._client.getrange(last, -2, -1))
        return Export(serial.decode(), tuple(parts), sum(parts) // 4 * 3 - end.count(b"="))

    async def read(self, export: Export) -> AsyncIterator[bytes]:
        """
        The bytes of the gzip, in pieces of some megabytes.

        Raises:
            SnapshotGone: Another snapshot took its place in the meantime.
        """
        rest = b""
        for part, length in enumerate(export.parts):
            for start in range(0, length, _PIECE):
                text = rest + await self._piece(export, part, start)
                whole = len(text) - len(text) % 4
                rest = text[whole:]
                yield await to_thread.run_sync(binascii.a2b_base64, text[:whole])

    async def _piece(self, export: Export, part: int, start: int) -> bytes:
        async with (
            answering(unhurried=True),
            self._client.pipeline(transaction=True) as pipe,
        ):
            pipe.hget(self._keys.meta, "snapshot_serial")
            pipe.getrange(self._keys.snapshot(part), start, start + _PIECE - 1)
            serial, text = await pipe.execute()
        wanted = min(_PIECE, export.parts[part] - start)
        if (serial or b"").decode() != export.serial or len(text) != wanted:
            raise SnapshotGone(export.serial)
        return bytes(text)
