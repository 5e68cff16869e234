"""Whether people should be sent here, and all that an operator would look at to know why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from collinear.domain import moments
from collinear.domain.errors import CatalogError, IndexNotReady
from collinear.store.status import CatalogStatus


@dataclass(frozen=True, slots=True)
class Patience:
    """What is borne before this process calls itself not ready, or something worth a look."""

    silent: float = 30.0
    """Seconds without a sign of life from the indexer."""
    lag: float = 300.0
    """Seconds that the oldest change has waited to be searchable."""
    updated: float = 900.0
    """Seconds since the last run that ended well; beyond, if none goes on, it is worth a look."""
    seen: float = 43_200.0
    """Seconds since any dataset was last seen on the Hub; beyond, it is worth a look."""


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How far the open index has followed."""

    serial: str
    documents: int
    lag_seconds: float
    """How long the oldest change waits; of a silent indexer, at least how long it is silent."""
    silent_seconds: float | None
    """Since the indexer's last sign of life; None where there never was one."""


class Mark(StrEnum):
    """What a check came to."""

    OK = "ok"
    WARNING = "warning"
    """Worth a look; people are served all the same."""
    FAILED = "failed"
    """People should not be sent here."""
    UNKNOWN = "unknown"
    """It could not be looked at."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: Mark
    detail: str
    numbers: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What all checks came to."""

    checks: list[Check]
    datasets: int = 0
    error: CatalogError | None = None
    """What speaks against sending people here."""


OTHERS = ("index", "freshness", "last_run", "quarantine", "held_removals", "store", "hub_token")
"""What can be looked at only with Redis."""


def without_store(error: CatalogError) -> Readiness:
    """Where Redis does not answer, nothing else is known."""
    unknown = [Check(name, Mark.UNKNOWN, "Redis does not answer.") for name in OTHERS]
    return Readiness([Check("redis", Mark.FAILED, str(error)), *unknown], error=error)


def judge(
    status: CatalogStatus,
    index: IndexStatus | None,
    patience: Patience,
    *,
    redis_seconds: float,
    now: float,
) -> Readiness:
    """The checks of a system whose Redis has answered within so many seconds."""
    answered = {"latency_seconds": round(redis_seconds, 4)}
    checks = [Check("redis", Mark.OK, "It answers.", answered)]
    error: IndexNotReady | None = None
    try:
        check(index, status.total_items, patience)
    except IndexNotReady as missing:
        error = missing
    checks.append(_index(index, error))
    checks.append(_freshness(status, patience, now))
    checks.append(_last_run(status))
    quarantine, held = status.quarantine, status.held_removals
    checks.append(_trouble("quarantine", str(quarantine["reason"]) if quarantine else None))
    checks.append(
        _trouble(
            "held_removals",
            f"{held.get('count')} of {held.get('of')} removals wait for "
            "'collinear refresh --accept-removals'."
            if held
            else None,
            {"count": float(held.get("count", 0)) if held else 0},
        )
    )
    checks.append(_trouble("store", status.store_trouble))
    checks.append(_trouble("hub_token", status.token_refused))
    return Readiness(checks, status.total_items, error)


def look(
    serial: str, documents: int, lag: float, silent: float | None, patience: Patience
) -> IndexStatus:
    """The state of an index; who has been silent for too long may have missed anything."""
    if silent is not None and silent > patience.silent:
        lag = max(lag, silent)
    return IndexStatus(serial, documents, lag, silent)


def check(index: IndexStatus | None, items: int, patience: Patience) -> None:
    """
    Let pass an index that is open, kept by somebody, and near a catalog of so many ``items``.

    An empty catalog needs no index yet.

    Raises:
        IndexNotReady: It is not; the sentence says what is missing, and what to look at.
    """
    if index is None:
        if items:
            raise IndexNotReady(
                "The catalog is filled, but no search index is open: "
                "is 'collinear indexer' running?"
            )
        return
    answers = f"Searches are answered as of {index.serial}."
    if index.silent_seconds is None or index.silent_seconds > patience.silent:
        silent = "ever" if index.silent_seconds is None else f"for {index.silent_seconds:.0f} s"
        raise IndexNotReady(
            f"The indexer of this machine has given no sign of life {silent}: "
            f"is 'collinear indexer' running? {answers}"
        )
    if index.lag_seconds > patience.lag:
        raise IndexNotReady(
            f"The search index is {index.lag_seconds:.0f} s behind the catalog, more than "
            f"COLLINEAR_INDEX_LAG_SECONDS: it is catching up, or see the indexer's log. {answers}"
        )


def _index(index: IndexStatus | None, error: IndexNotReady | None) -> Check:
    numbers: dict[str, float | None] = {}
    if index is not None:
        numbers = {
            "documents": index.documents,
            "lag_seconds": index.lag_seconds,
            "silent_seconds": index.silent_seconds,
        }
    if error is not None:
        return Check("index", Mark.FAILED, str(error), numbers)
    if index is None:
        return Check("index", Mark.OK, "There is none; an empty catalog needs none.")
    return Check("index", Mark.OK, "It is open, and kept level.", numbers)


def _freshness(status: CatalogStatus, patience: Patience, now: float) -> Check:
    updated = moments.parse(status.last_update) if status.last_update else None
    age = None if updated is None else round(max(now - updated / 1000, 0.0), 1)
    seen = status.freshness
    numbers: dict[str, float | None] = {"last_update_age_seconds": age}
    if seen is not None:
        numbers["oldest_seconds"] = seen.oldest_seconds
        numbers["p99_seconds"] = seen.p99_seconds
        numbers["p50_seconds"] = seen.p50_seconds
    if age is None or status.version.warming_up:
        return Check("freshness", Mark.WARNING, "The first load is not complete.", numbers)
    # A complete run, which may take an hour, ends no delta beside it
    if age > patience.updated and not status.version.refreshing:
        sentence = f"No run has ended well for {age:.0f} s: see last_run, and the worker's log."
        return Check("freshness", Mark.WARNING, sentence, numbers)
    if seen is not None and seen.oldest_seconds > patience.seen:
        sentence = f"Some datasets were last seen on the Hub {seen.oldest_seconds} s ago."
        return Check("freshness", Mark.WARNING, sentence, numbers)
    return Check("freshness", Mark.OK, "Runs end well, and datasets are seen.", numbers)


def _last_run(status: CatalogStatus) -> Check:
    last, progress = status.last_run, status.progress
    numbers: dict[str, float | None] = {"dead_letters": status.dead_letters}
    if progress is not None:
        numbers["pages_done"] = progress.pages_done
        numbers["pages_total"] = progress.pages_total
        numbers["rows"] = progress.rows
    if status.last_error:
        return Check("last_run", Mark.WARNING, str(status.last_error.get("message")), numbers)
    if last is None:
        return Check("last_run", Mark.WARNING, "There was none: is a worker running?", numbers)
    state = "goes on" if progress is not None else last.state
    return Check("last_run", Mark.OK, f"The {last.kind} run {state}.", numbers)


def _trouble(
    name: str, sentence: str | None, numbers: Mapping[str, float | None] | None = None
) -> Check:
    return Check(name, Mark.WARNING if sentence else Mark.OK, sentence or "None.", numbers or {})
