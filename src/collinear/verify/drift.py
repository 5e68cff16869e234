"""How a dataset as we keep it differs from the Hub's."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from collinear.domain import moments
from collinear.domain.dataset import Dataset

COUNTS = frozenset({"downloads", "downloads_all_time", "likes", "trending_score"})
"""What changes on the Hub all the time, without a commit."""


class Kind(StrEnum):
    """What became of a dataset on the Hub since we saw it."""

    STALE = "stale"
    """Only counts differ."""
    NEWER = "newer"
    """It was committed to after we saw it."""
    CHANGED = "changed"
    """Something else differs, and no commit explains it."""
    RENAMED = "renamed"
    REPLACED = "replaced"
    """Another dataset has its id."""
    GONE = "gone"
    HIDDEN = "hidden"
    """It is private or disabled now."""
    UNREADABLE = "unreadable"
    """The Hub's row cannot be read."""
    MISSING = "missing"
    """The Hub shows it, and we do not have it."""

    @property
    def expected(self) -> bool:
        """Whether the next run brings it in by itself, as it does many an hour."""
        return self in {Kind.STALE, Kind.NEWER}


@dataclass(frozen=True, slots=True)
class Drift:
    """One dataset that the Hub shows otherwise."""

    id: str
    hub_id: str | None
    kind: Kind
    changed: Mapping[str, tuple[Any, Any]]
    """For each field that differs: ours, the Hub's."""
    last_seen: int | None
    """The second at which we saw it last."""


def compare(ours: Dataset, theirs: Dataset, last_seen: int | None) -> Drift | None:
    """How the Hub's dataset differs from ours; None where it does not."""
    changed = {
        one.name: (mine, other)
        for one in fields(Dataset)
        if (mine := getattr(ours, one.name)) != (other := getattr(theirs, one.name))
    }
    if not changed:
        return None
    return Drift(ours.id, ours.hub_id, _kind(changed, theirs, last_seen), changed, last_seen)


def _kind(changed: Mapping[str, tuple[Any, Any]], theirs: Dataset, last_seen: int | None) -> Kind:
    if "hub_id" in changed:
        return Kind.REPLACED
    if theirs.private or theirs.disabled:
        return Kind.HIDDEN
    if "id" in changed:
        return Kind.RENAMED
    if changed.keys() <= COUNTS:
        return Kind.STALE
    modified = theirs.last_modified
    if modified is not None and last_seen is not None and modified >= last_seen * 1000:
        return Kind.NEWER
    return Kind.CHANGED


def shown(name: str, value: Any) -> Any:
    """A value as documents have it."""
    if name in {"created_at", "last_modified"} and value is not None:
        return moments.to_text(value)
    return value
