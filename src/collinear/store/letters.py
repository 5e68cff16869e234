"""The rows that are set aside now, with the reason and how often it was tried."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import redis

from collinear.store.clock import now_as_text
from collinear.store.documents import parse
from collinear.store.keys import Keys

_SHOWN = 300
"""Characters of the row that the record keeps."""


class Letter(NamedTuple):
    """A row that cannot be stored; its identity as far as it can be read."""

    hub_id: str | None
    id: str | None
    reason: str
    row: str

    @property
    def key(self) -> str:
        """What the record is kept under: a row that comes again is the same letter."""
        if self.hub_id:
            return self.hub_id
        if self.id:
            return f"id:{self.id}"
        digest = hashlib.blake2b(self.row.encode(errors="replace"), digest_size=8).hexdigest()
        return f"row:{digest}"


class DeadLetters:
    """A bounded record; what is set aside beyond it is counted in its run only."""

    def __init__(self, client: redis.Redis, keys: Keys, *, keep: int) -> None:
        self._client = client
        self._key = keys.dead_letters
        self._keep = keep

    def set_aside(self, letters: Sequence[Letter], run_id: str) -> None:
        """Record rows; one that is known already keeps the time at which it first came."""
        latest = {letter.key: letter for letter in letters}
        if not latest:
            return
        now = now_as_text(self._client)
        known = cast("list[bytes | None]", self._client.hmget(self._key, list(latest)))
        room = self._keep - self._client.hlen(self._key)
        records: list[str] = []
        for letter, text in zip(latest.values(), known, strict=True):
            before = _record(text)
            if text is None:
                room -= 1
                if room < 0:
                    continue
            record = {
                "id": letter.id,
                "hub_id": letter.hub_id,
                "reason": letter.reason,
                "first_at": before.get("first_at", now),
                "at": now,
                "run_id": run_id,
                # a page that is done twice in one run tries a row once
                "times": before.get("times", 0) + (before.get("run_id") != run_id),
                "row": letter.row[:_SHOWN],
            }
            records += letter.key, json.dumps(record)
        if records:
            self._client.hset(self._key, items=records)

    def settle(self, hub_ids: Iterable[str]) -> None:
        """Forget the letters of datasets that could be stored after all."""
        stored = list(hub_ids)
        if stored and self._client.exists(self._key):
            self._client.hdel(self._key, *stored)

    def keep_only(self, run_id: str) -> None:
        """Forget what a complete run has not met again."""
        known = cast("dict[bytes, bytes]", self._client.hgetall(self._key))
        gone = [key for key, text in known.items() if _record(text).get("run_id") != run_id]
        if gone:
            self._client.hdel(self._key, *cast("list[str]", gone))


def _record(text: bytes | None) -> dict[str, Any]:
    """A record; empty where there is none, or what somebody has made of it is none."""
    try:
        return parse(text or b"")
    except (ValueError, TypeError):
        return {}
