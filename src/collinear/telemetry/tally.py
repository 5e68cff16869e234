"""Counts and durations of one process, as numbers that can be added to those of others."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from threading import Lock
from typing import NamedTuple

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
"""Bounds for what somebody waits for."""
SUM = "sum"
"""Stands where a bound stands, for the seconds of all together."""
MORE = "+Inf"
"""The bound of what took longer than all bounds."""

_SEPARATOR = "|"


class Family(NamedTuple):
    """Series of one name: a count that grows, a level, or durations where there are bounds."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    """Seconds, upwards."""
    level: bool = False
    """Whether it goes up and down, and ends with its process."""
    parted: bool = False
    """Whether API processes and workers both count it; it is shown with the label ``part``."""
    span: str = ""
    """How a step of it is called in a trace, before its first label; empty: it is no span."""


class Tally:
    """
    Adds up what a process does.  May be used by all of its threads.

    A duration is two numbers: one more at the lowest bound that it is not above, and its seconds.
    So everything is a sum, and the tallies of several processes are added number by number.
    """

    def __init__(self) -> None:
        self._numbers: defaultdict[tuple[str, ...], float] = defaultdict(float)
        self._lock = Lock()

    def add(self, family: Family, *labels: str, by: float = 1) -> None:
        """Count something; of a level, ``by`` may be negative."""
        with self._lock:
            self._numbers[family.name, *labels] += by

    def time(self, family: Family, seconds: float, *labels: str) -> None:
        """Count something that took so many seconds."""
        bounds = family.bounds
        at = bisect_left(bounds, seconds)
        bound = str(bounds[at]) if at < len(bounds) else MORE
        with self._lock:
            self._numbers[family.name, *labels, bound] += 1
            self._numbers[family.name, *labels, SUM] += seconds

    def totals(self) -> dict[str, float]:
        """All numbers, by the name of the family, the labels and the bound, joined to one text."""
        with self._lock:
            return {_SEPARATOR.join(parts): number for parts, number in self._numbers.items()}

    def take(self) -> dict[str, float]:
        """As ``totals``, and begin anew."""
        with self._lock:
            taken, self._numbers = self._numbers, defaultdict(float)
        return {_SEPARATOR.join(parts): number for parts, number in taken.items()}

    def give_back(self, totals: Mapping[str, float]) -> None:
        """Add what was taken, or what another process left."""
        with self._lock:
            for name, number in totals.items():
                self._numbers[parts_of(name)] += number


def parts_of(name: str) -> tuple[str, ...]:
    """The name of the family, the labels, and the bound if it has some."""
    return tuple(name.split(_SEPARATOR))
