"""Which reading of the typed words a search goes by."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from collinear.search.words.typed import Typed

_MARK = re.compile(r"(?P<forgiving>[\d,]{0,100})/(?P<dropped>[\d,]{0,100})", re.ASCII)


class Reading(NamedTuple):
    """The words of a search, and how strictly each is taken."""

    typed: Typed
    forgiving: frozenset[int] = frozenset()
    """The places of the words in which typos are forgiven."""
    dropped: frozenset[int] = frozenset()
    """The places of the words that a dataset need not have."""

    @property
    def forgiven_words(self) -> tuple[str, ...]:
        """The words in which typos are forgiven, as they were typed."""
        return self._words(self.forgiving - self.dropped)

    @property
    def dropped_words(self) -> tuple[str, ...]:
        """The words that were dropped, as they were typed."""
        return self._words(self.dropped)

    @property
    def mark(self) -> str:
        """What tells this reading of these words from the others; empty for the strict one."""
        if not self.forgiving and not self.dropped:
            return ""
        return f"{_numbers(self.forgiving)}/{_numbers(self.dropped)}"

    def _words(self, places: Iterable[int]) -> tuple[str, ...]:
        return tuple([self.typed.words[place].text for place in sorted(places)])


def marked(typed: Typed, mark: str) -> Reading | None:
    """The reading of these words that gave this mark; None where none can have."""
    if not mark:
        return Reading(typed)
    found = _MARK.fullmatch(mark)
    if not found:
        return None
    forgiving, dropped = _places(found["forgiving"]), _places(found["dropped"])
    last = max(forgiving | dropped, default=0)
    return Reading(typed, forgiving, dropped) if last < len(typed.words) else None


def _numbers(places: Iterable[int]) -> str:
    return ",".join(map(str, sorted(places)))


def _places(numbers: str) -> frozenset[int]:
    return frozenset([int(number) for number in numbers.split(",") if number])
