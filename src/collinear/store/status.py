"""The state of the catalog, as its few hashes tell it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any, NamedTuple

from collinear.domain.change import Serial
from collinear.store.run_records import Kind


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
class LastRun:
    """The run that goes on, or the last one."""

    kind: str
    state: str
    """running, finishing, succeeded or failed."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The Hub's quota, as its answers to any process of ours told it."""

    quota: int | None
    """Requests in a window; None where the Hub does not say."""
    remaining: int | None
    """Requests that are left of it."""
    reset_seconds: int
    """Seconds until the window ends; 0 where none has begun."""
    window_seconds: int | None
    share: float
    """The part of the quota that synchronisation may use."""
    waiting_seconds: int
    """Seconds for which synchronisation holds its requests back; 0 while it does not."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Ages in seconds: how long ago half, 99 % and all of the datasets were seen on the Hub."""

    p50_seconds: int
    p99_seconds: int
    oldest_seconds: int


@dataclass(frozen=True, slots=True)
class CatalogStatus:
    """What an operator asks first."""

    version: Version
    last_update: str | None
    total_items: int
    progress: Progress | None
    last_run: LastRun | None
    last_error: dict[str, Any] | None
    held_removals: dict[str, Any] | None
    quarantine: dict[str, Any] | None
    """Which run was stopped because the Hub's answers looked wrong: run_id, kind, at, reason."""
    rate_limit: RateLimit | None
    """None until the Hub has told something."""
    freshness: Freshness | None
    """None before the first run has ended."""
    dead_letters: int
    """Rows that are set aside now."""
    hub_fields_missing: list[str]
    """What this Hub does not tell: mirrors and older Hubs lack some fields."""
    token_refused: str | None
    """A sentence where the Hub refuses the token, and synchronisation goes on without it."""
    queued: list[str]
    """The kinds of the runs that wait, in the order in which they will have their turn."""
    store_trouble: str | None
    """Why Redis does not store anything; None while it does."""

    @property
    def serial(self) -> Serial | None:
        """The newest change; None before the first one."""
        return Serial.parse(self.version.serial) if self.version.serial else None


class Facts(NamedTuple):
    """What the store says of itself, read in one step."""

    meta: Mapping[str, str]
    run: Mapping[str, str]
    budget: Mapping[str, str]
    leased: bool
    """Whether a worker works on the run."""
    items: int
    queued: Sequence[str]
    dead_letters: int
    trouble: str | None
    now: float
    """Seconds since 1970 by the store's clock."""


def to_status(facts: Facts, *, share: float) -> CatalogStatus:
    """The state that the facts tell; ``share`` is what synchronisation may use of the quota."""
    meta, run = facts.meta, facts.run
    version = Version.of(
        [meta[name].encode() if name in meta else None for name in Version.FIELDS],
        leased=facts.leased,
    )
    kinds = list(Kind)
    missing = (_json_object(meta.get("hub_fields")) or {}).get("missing") or []
    return CatalogStatus(
        version=version,
        last_update=meta.get("last_update") or None,
        total_items=facts.items,
        progress=to_progress(run, facts.now) if facts.leased else None,
        last_run=LastRun(run.get("kind", ""), run.get("state", "")) if run else None,
        last_error=_json_object(meta.get("last_error")),
        held_removals=_json_object(meta.get("held_removals")),
        quarantine=_json_object(meta.get("quarantine")),
        rate_limit=to_rate_limit(facts.budget, share, facts.now),
        freshness=to_freshness(_json_object(meta.get("freshness")), facts.now),
        dead_letters=facts.dead_letters,
        hub_fields_missing=[str(name) for name in missing],
        token_refused=(_json_object(meta.get("token_refused")) or {}).get("message"),
        queued=sorted(facts.queued, key=lambda kind: kinds.index(Kind(kind))),
        store_trouble=facts.trouble,
    )


def to_rate_limit(budget: Mapping[str, str], share: float, now: float) -> RateLimit | None:
    """The quota now; None where nothing is known of it."""
    if not budget:
        return None
    quota, remaining = _number(budget.get("quota")), _number(budget.get("remaining"))
    reset = _seconds_until(budget.get("reset_at"), now)
    return RateLimit(
        quota=quota,
        remaining=remaining if reset else quota,  # a window that has ended leaves all of it
        reset_seconds=reset,
        window_seconds=_number(budget.get("window")),
        share=share,
        waiting_seconds=_seconds_until(budget.get("waiting_until"), now),
    )


def to_freshness(moments: Mapping[str, Any] | None, now: float) -> Freshness | None:
    """How old what is known of the datasets is now; None where that was never measured."""
    if moments is None:
        return None
    try:
        ages = [max(round(now - float(moments[name])), 0) for name in ("p50", "p99", "oldest")]
    except (KeyError, TypeError, ValueError):
        return None
    return Freshness(*ages)


def to_texts(record: Mapping[bytes, bytes]) -> dict[str, str]:
    """A stored hash as text."""
    return {
        name.decode(errors="replace"): value.decode(errors="replace")
        for name, value in record.items()
    }


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


def _seconds_until(moment: str | None, now: float) -> int:
    """Whole seconds until a moment that is given in ms; 0 where it is over or unknown."""
    return max(ceil((_number(moment) or 0) / 1000 - now), 0)


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
