"""Counts and durations of one process, as numbers that can be added to those of others."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping
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
        self._counts: defaultdict[tuple[str, ...], float] = defaultdict(float)
        self._times: dict[tuple[str, ...], tuple[Family, list[float]]] = {}
        self._levels: list[tuple[Family, Callable[[], float]]] = []
        self._lock = Lock()

    def add(self, family: Family, *labels: str) -> None:
        """Count something."""
        with self._lock:
            self._counts[family.name, *labels] += 1

    def time(self, family: Family, seconds: float, *labels: str) -> None:
        """Count something that took so many seconds."""
        key = (family.name, *labels)
        at = bisect_left(family.bounds, seconds)
        with self._lock:
            known = self._times.get(key)
            if known is None:  # each bound, what is beyond them, and the sum
                known = self._times[key] = family, [0.0] * (len(family.bounds) + 2)
            numbers = known[1]
            numbers[at] += 1
            numbers[-1] += seconds

    def watch(self, family: Family, level: Callable[[], float]) -> None:
        """Look up a level whenever the numbers are wanted."""
        self._levels.append((family, level))

    def totals(self) -> dict[str, float]:
        """All numbers, by the name of the family, the labels and the bound, joined to one text."""
        levels = {family.name: level() for family, level in self._levels}
        with self._lock:
            return _named(self._counts, self._times) | levels

    def take(self) -> dict[str, float]:
        """As ``totals``, without the levels; and begin anew."""
        with self._lock:
            counts, self._counts = self._counts, defaultdict(float)
            times, self._times = self._times, {}
        return _named(counts, times)

    def give_back(self, totals: Mapping[str, float]) -> None:
        """Add what was taken, or what another process left."""
        with self._lock:
            for name, number in totals.items():
                self._counts[parts_of(name)] += number


def _named(
    counts: Mapping[tuple[str, ...], float],
    times: Mapping[tuple[str, ...], tuple[Family, list[float]]],
) -> dict[str, float]:
    numbers = defaultdict(float, {_SEPARATOR.join(key): n for key, n in counts.items()})
    for key, (family, timed) in times.items():
        for bound, number in zip((*family.bounds, MORE, SUM), timed, strict=True):
            if number:
                numbers[_SEPARATOR.join((*key, str(bound)))] += number
    return numbers


def parts_of(name: str) -> tuple[str, ...]:
    """The name of the family, the labels, and the bound if it has some."""
    return tuple(name.split(_SEPARATOR))
