"""What there is of the whole catalog, for those who take it over HTTP or into a file."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, NamedTuple, cast

import redis.asyncio

from collinear.store.answering import answering
from collinear.store.keys import Keys


class Format(StrEnum):
    """In what shape the whole catalog is stored."""

    JSONL = "jsonl"
    """A gzip of JSON Lines, as base64."""
    PARQUET = "parquet"

    def part(self, keys: Keys) -> Callable[[int], str]:
        """The keys of its parts, by their number."""
        return keys.parquet if self is Format.PARQUET else keys.snapshot

    @property
    def serial_field(self) -> str:
        """The field of ``meta`` that tells what it is true for."""
        return "parquet_serial" if self is Format.PARQUET else "snapshot_serial"

    @property
    def suffix(self) -> str:
        """How the name of such a file ends."""
        return "parquet" if self is Format.PARQUET else "jsonl.gz"


class Export(NamedTuple):
    """The whole catalog in one format: what it is true for, and its parts."""

    format: Format
    serial: str
    parts: tuple[int, ...]
    """Bytes of each part as it is stored."""
    size: int
    """Bytes of the file that they stand for."""


class ExportReader:
    """
    What can be read of the whole catalog now.

    Raises:
        StoreUnavailable: From every method, where Redis does not answer or refuses.
    """

    def __init__(self, client: redis.asyncio.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def find(self, format: Format = Format.JSONL) -> Export | None:
        """The newest one; None before the first complete run, or before its file is written."""
        name = format.part(self._keys)
        async with answering():
            fields = [format.serial_field, "epoch"]
            known = await cast("Awaitable[Any]", self._client.hmget(self._keys.meta, fields))
            serial, epoch = cast("tuple[bytes | None, bytes | None]", known)
            # one of an earlier epoch leads nowhere: the next complete run writes another
            if not serial or serial.partition(b":")[0] != epoch:
                return None
            parts: list[int] = []
            while length := await self._client.strlen(name(len(parts))):
                parts.append(length)
            if not parts:
                return None
            size = sum(parts)
            if format is Format.JSONL:
                end = cast(bytes, await self._client.getrange(name(len(parts) - 1), -2, -1))
                size = size // 4 * 3 - end.count(b"=")
        return Export(format, serial.decode(), tuple(parts), size)
