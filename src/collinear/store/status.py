"""The state of the catalog, as its few hashes tell it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from collinear.domain.change import Serial


@dataclass(frozen=True, slots=True)
class Version:
    """What an answer is true for: if nothing here differs, nothing in the catalog does."""

    serial: str = ""
    """The newest change, as ``EPOCH:STREAM-ID``; empty before the first one."""
    refreshing: bool = False
    warming_up: bool = True
    thresholds: str = ""
    """The impact thresholds in force as JSON; empty before the first run."""

    FIELDS = ("serial", "refreshing", "warmed", "thresholds")
    """The fields of the meta record that ``of`` takes, in this order."""

    @classmethod
    def of(cls, fields: list[bytes | None], *, leased: bool) -> "Version":
        """
        Read the meta record's ``FIELDS``.

        ``leased`` is whether a worker works on the run: without one nothing is refreshing,
        whatever the record says.
        """
        serial, refreshing, warmed, thresholds = ((field or b"").decode() for field in fields)
        return cls(serial, leased and refreshing == "true", warmed != "true", thresholds)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run that is going on has come."""

    run_id: str
    kind: str
    pages_done: int
    pages_total: int | None
    rows: int
    started_at: str | None
    eta_seconds: float | None
    """Seconds until it is through at the pace so far; None while nobody can know."""


@dataclass(frozen=True, slots=True)
class CatalogStatus:
    """What an operator asks first."""

    version: Version
    last_update: str | None
    total_items: int
    progress: Progress | None
    last_error: dict[str, Any] | None
    held_removals: dict[str, Any] | None

    @property
    def serial(self) -> Serial | None:
        """The newest change; None before the first one."""
        return Serial.parse(self.version.serial) if self.version.serial else None


def to_status(
    meta: Mapping[str, str], run: Mapping[str, str], *, leased: bool, items: int, now: float
) -> CatalogStatus:
    """The state that the hashes ``meta`` and ``run`` tell; ``now`` in seconds since 1970."""
    version = Version.of(
        [meta[name].encode() if name in meta else None for name in Version.FIELDS], leased=leased
    )
    return CatalogStatus(
        version=version,
        last_update=meta.get("last_update") or None,
        total_items=items,
        progress=to_progress(run, now) if leased else None,
        last_error=_json_object(meta.get("last_error")),
        held_removals=_json_object(meta.get("held_removals")),
    )


def to_progress(run: Mapping[str, str], now: float) -> Progress | None:
    """How far the run has come; None where it is over."""
    if run.get("state") not in {"running", "finishing"}:
        return None
    done = _number(run.get("pages_done")) or 0
    total = _number(run.get("pages_total"))
    return Progress(
        run_id=run.get("run_id", ""),
        kind=run.get("kind", ""),
        pages_done=done,
        pages_total=total,
        rows=_number(run.get("rows")) or 0,
        started_at=run.get("started_at") or None,
        eta_seconds=_eta(done, total, run.get("started_at"), now),
    )


def _eta(done: int, total: int | None, started_at: str | None, now: float) -> float | None:
    if not done or total is None or not started_at:
        return None
    try:
        started = datetime.fromisoformat(started_at)
    except ValueError:
        return None
    elapsed = now - started.replace(tzinfo=started.tzinfo or UTC).timestamp()
    return round(max(elapsed, 0) / done * max(total - done, 0), 1)


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None


def _json_object(text: str | None) -> dict[str, Any] | None:
    try:
        value = json.loads(text or "null")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
