"""Whether what the Hub shows can be true: signs that an answer as a whole is wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from collinear.store.compare import Compared
from collinear.store.documents import read

_VALUES = (
    "downloads",
    "downloads_all_time",
    "likes",
    "size_bytes",
    "created_at",
    "last_modified",
    "sha",
    "description",
    "tags",
)
"""
What a single dataset may lose, but hardly all of them at once.

The trending score is not among them: within a week or two it vanishes for all that had one.
"""

_COUNTS = frozenset({"downloads", "downloads_all_time", "likes", "size_bytes"})
"""What does not halve for all datasets at once."""


@dataclass(slots=True)
class Evidence:
    """How many rows show each sign, out of how many that could."""

    shown: Counter[str] = field(default_factory=Counter)
    of: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Evidence") -> None:
        """Count what other rows show."""
        self.shown += other.shown
        self.of += other.of

    def doubt(self, *, share: float, rows: int) -> str | None:
        """The strongest sign that at least so many rows, and such a share of them, show."""
        signs = [
            (count / self.of[sign], sign)
            for sign, count in self.shown.items()
            if count >= rows and count >= share * self.of[sign]
        ]
        if not signs:
            return None
        _, sign = max(signs)
        return f"{sign} for {self.shown[sign]:,} of {self.of[sign]:,} datasets"

    @property
    def most(self) -> int:
        """How many rows show the sign that most rows show."""
        return max(self.shown.values(), default=0)


def glance(compared: Iterable[Compared], rejected: int) -> Evidence:
    """What the changed rows show, without a look at those that are as they were."""
    evidence = Evidence()
    if rejected:
        evidence.shown[_UNREADABLE] = rejected
    for one in compared:
        if one.before is not None:
            evidence.shown.update(_signs(one.before, one))
    return evidence


def weigh(compared: Iterable[Compared], rejected: int, unchanged: Iterable[bytes]) -> Evidence:
    """What all rows of an answer show; ``unchanged`` are documents that are as they were."""
    evidence = Evidence()
    rows = rejected
    for document in unchanged:
        rows += 1
        evidence.of.update(_possible(read(document) or {}))
    for one in compared:
        rows += 1
        known = one.known.document if one.known is not None else None
        if known is None:
            continue
        before = read(known) if one.unchanged else one.before
        if before is None:
            continue
        evidence.of.update(_possible(before))
        evidence.shown.update(_signs(before, one))
    if rejected:
        evidence.shown[_UNREADABLE] = rejected
    evidence.of[_UNREADABLE] = rows
    return evidence


_UNREADABLE = "the row cannot be read"
_RENAMED = "another id is shown"
_VANISHED = {name: f"{name} has vanished" for name in _VALUES}
_HALVED = {name: f"{name} has halved" for name in _COUNTS}


def _signs(before: Any, one: Compared) -> list[str]:
    signs = []
    for name in one.changed:
        if (
            name in _VANISHED
            and _known(before.get(name))
            and not _known(getattr(one.dataset, name))
        ):
            signs.append(_VANISHED[name])
        if name in _COUNTS and _can_halve(before.get(name)) and _halved(before[name], one, name):
            signs.append(_HALVED[name])
    if "id" in one.changed:
        signs.append(_RENAMED)
    return signs


def _known(value: Any) -> bool:
    return value is not None and value not in ("", [], ())


def _can_halve(before: Any) -> bool:
    return isinstance(before, int) and before >= 2


def _halved(before: int, one: Compared, name: str) -> bool:
    value: int | None = getattr(one.dataset, name)
    return value is not None and 2 * value <= before + 1


def _possible(before: Any) -> list[str]:
    """The signs that a dataset could show."""
    possible = [_RENAMED]
    for name in _VALUES:
        if _known(before.get(name)):
            possible.append(_VANISHED[name])
        if name in _COUNTS and _can_halve(before.get(name)):
            possible.append(_HALVED[name])
    return possible
