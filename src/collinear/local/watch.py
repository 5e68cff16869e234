"""What becomes of the catalog, told from the store as events for the terminal."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, cast

import redis

from collinear.local import events
from collinear.local.external import client_of
from collinear.store.keys import Keys

_Hash = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Glance:
    """The catalog and its run at one moment, as the store tells it."""

    warmed: bool = False
    total: int = 0
    last_error: str = ""
    held: tuple[int, int] | None = None
    run_id: str = ""
    kind: str = ""
    state: str = ""
    rows: int = 0

    @classmethod
    def of(cls, meta: _Hash, run: _Hash) -> Self:
        """Read the hashes ``meta`` and ``run``; what is absent or odd has its default."""
        held = _json(meta.get(b"held_removals"))
        return cls(
            warmed=meta.get(b"warmed") == b"true",
            total=_number(meta.get(b"total_items")) or 0,
            last_error=str(_json(meta.get(b"last_error")).get("message", "")),
            held=(int(held["count"]), int(held["of"])) if held else None,
            run_id=run.get(b"run_id", b"").decode(),
            kind=run.get(b"kind", b"").decode(),
            state=run.get(b"state", b"").decode(),
            rows=_number(run.get(b"rows")) or 0,
        )


NOTHING_YET = Glance()


def news(before: Glance, now: Glance) -> Iterator[events.CatalogEvent]:
    """What happened between two glances."""
    if not now.warmed:
        if now.run_id:
            yield events.Loading(now.rows)
    elif not before.warmed:
        yield events.Ready(now.total)
    elif ended := _ended(before, now):
        yield events.RunFinished(ended.kind, ended.rows, now.total)
    if now.held and now.held != before.held:
        yield events.RemovalsHeld(*now.held)
    if now.last_error != before.last_error:
        yield events.Trouble(now.last_error) if now.last_error else events.TroubleOver()


def _ended(before: Glance, now: Glance) -> Glance | None:
    """The complete run that succeeded in between; the next one may have begun already."""
    if before.kind not in {"full", "pages"} or before.state not in {"running", "finishing"}:
        return None
    if now.run_id == before.run_id:
        return now if now.state == "succeeded" else None
    return None if now.last_error else before


class CatalogWatch:
    """Glances at the catalog now and then; a store that does not answer is no news."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._client = client_of(url, timeout=1)
        self._keys = keys
        self._last = NOTHING_YET

    def look(self) -> list[events.CatalogEvent]:
        """What happened since the last look."""
        try:
            meta, run = (self._client.hgetall(key) for key in (self._keys.meta, self._keys.run))
        except redis.RedisError:
            return []
        glance = Glance.of(cast("_Hash", meta), cast("_Hash", run))
        found = list(news(self._last, glance))
        self._last = glance
        return found

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()


def _number(text: bytes | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _json(text: bytes | None) -> dict[str, Any]:
    with suppress(ValueError):
        value = json.loads(text or b"{}")
        return value if isinstance(value, dict) else {}
    return {}
