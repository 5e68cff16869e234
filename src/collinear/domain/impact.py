"""How much a dataset matters: a level, and the metric that decided it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

GIB = 2**30


class Level(StrEnum):
    """The impact of a dataset, from the lowest to the highest."""

    NOT_AVAILABLE = "not_available"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Metric(StrEnum):
    """What impact is read from.  The order is the order of deciding on a tie."""

    DOWNLOADS = "downloads"
    LIKES = "likes"
    SIZE_BYTES = "size_bytes"


class Threshold(NamedTuple):
    """The least value that reaches a level."""

    medium: int
    high: int


@dataclass(frozen=True, slots=True)
class ImpactPolicy:
    """The thresholds in force: bytes for the size, counts for the others."""

    size_bytes: Threshold = Threshold(medium=GIB, high=10 * GIB)
    downloads: Threshold = Threshold(medium=10_000, high=100_000)
    likes: Threshold = Threshold(medium=100, high=1_000)

    @classmethod
    def from_dict(cls, thresholds: Mapping[str, Mapping[str, int]]) -> "ImpactPolicy":
        """The policy of thresholds in the shape that the API shows."""
        return cls(**{metric: Threshold(**levels) for metric, levels in thresholds.items()})

    def to_dict(self) -> dict[str, dict[str, int]]:
        """The thresholds in the shape that the API shows."""
        return {
            "size_bytes": self.size_bytes._asdict(),
            "downloads": self.downloads._asdict(),
            "likes": self.likes._asdict(),
        }


class Impact(NamedTuple):
    """A level, the metric that decided it (None: nothing is known), and each metric's level."""

    level: Level
    method: Metric | None
    levels: Mapping[Metric, Level]


_RANK = {level: rank for rank, level in enumerate(Level)}
_DECIDING = tuple(Metric)


def assess(
    policy: ImpactPolicy, *, size_bytes: int | None, downloads: int | None, likes: int | None
) -> Impact:
    """
    Grade a dataset by the highest level that any known metric reaches.

    Each metric is graded by itself; an unknown one (``None``) is not available and
    is never read as 0, so that learning or raising a metric never lowers the level.
    On a tie downloads decide, then likes, then the size.
    """
    levels = {
        Metric.SIZE_BYTES: _grade(size_bytes, policy.size_bytes),
        Metric.DOWNLOADS: _grade(downloads, policy.downloads),
        Metric.LIKES: _grade(likes, policy.likes),
    }
    method, level = None, Level.NOT_AVAILABLE
    for metric in _DECIDING:
        if _RANK[levels[metric]] > _RANK[level]:
            method, level = metric, levels[metric]
    return Impact(level, method, levels)


def _grade(value: int | None, threshold: Threshold) -> Level:
    if value is None:
        return Level.NOT_AVAILABLE
    if value >= threshold.high:
        return Level.HIGH
    return Level.MEDIUM if value >= threshold.medium else Level.LOW
