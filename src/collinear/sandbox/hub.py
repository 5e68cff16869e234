"""The sandbox as a whole: its datasets, its quota, its faults, and what it was asked."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import NamedTuple

from collinear.sandbox.faults import Faults
from collinear.sandbox.listing import PAGE_CAP
from collinear.sandbox.quota import Quota
from collinear.sandbox.world import World

_REMEMBERED = 50_000


class Asked(NamedTuple):
    """One request that was answered; the query is as it came, without the question mark."""

    method: str
    path: str
    query: str
    status: int


@dataclass
class Journal:
    """The latest requests, and how many there were of each kind."""

    lines: deque[Asked] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    by_kind: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)

    def note(self, asked: Asked, kind: str) -> None:
        """Remember an answered request; the control endpoint is not noted."""
        self.lines.append(asked)
        self.by_kind[kind] += 1
        self.by_status[asked.status] += 1

    def clear(self) -> None:
        """Begin a new page."""
        self.lines.clear()
        self.by_kind.clear()
        self.by_status.clear()


@dataclass
class Hub:
    """Everything that the routes and the control endpoint work on."""

    world: World
    quota: Quota = field(default_factory=Quota)
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    page_cap: int = PAGE_CAP
    lacking: frozenset[str] = frozenset()
    """Fields that this Hub does not know, as an older one or a mirror."""
    repo_not_found_code: bool = False
    """Also tell those who did not log in that a dataset is missing (the Hub does not)."""
