"""Reads the record of the rows that are set aside now."""

from dataclasses import dataclass
from typing import Any, cast

import redis.asyncio

from collinear.store.answering import answering
from collinear.store.documents import parse
from collinear.store.keys import Keys


@dataclass(frozen=True, slots=True)
class Letters:
    """Some of the rows that could not be stored, the latest first."""

    total: int
    items: list[dict[str, Any]]
    """Each with id, hub_id, reason, first_at, at, run_id, times and row, as it is stored."""
    serial: str
    """The newest change of the catalog when they were read; empty before the first one."""


class LetterReader:
    """The record is bounded, so that it can be read as a whole."""

    def __init__(self, client: redis.asyncio.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def find(self, *, limit: int, offset: int = 0) -> Letters:
        """
        Some rows, those that were tried last first.

        Raises:
            StoreUnavailable: Redis does not answer or refuses.
        """
        async with answering(), self._client.pipeline() as pipe:
            pipe.hvals(self._keys.dead_letters)
            pipe.hget(self._keys.meta, "serial")
            stored, serial = await pipe.execute()
        letters = [parse(text) for text in cast("list[bytes]", stored)]
        letters.sort(key=lambda letter: (letter["hub_id"] or "", letter["id"] or ""))
        letters.sort(key=lambda letter: str(letter["at"]), reverse=True)
        shown = letters[offset : offset + limit]
        return Letters(len(letters), shown, (serial or b"").decode())
