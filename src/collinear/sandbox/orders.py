"""Datasets in the order of one measure: compact, kept sorted through every change."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from enum import StrEnum

Rank = tuple[float, str]
"""What an order compares: smaller comes first; the text decides between equal numbers."""

UNKNOWN = float("-inf")
"""The value of what is not known: it comes last in every order by value."""


class Sort(StrEnum):
    """The values that ``sort=`` takes."""

    CREATED_AT = "createdAt"
    DOWNLOADS = "downloads"
    LIKES = "likes"
    LAST_MODIFIED = "lastModified"
    LIKES_30D = "likes30d"
    TRENDING_SCORE = "trendingScore"
    NUM_ROWS = "datasetsServerInfo.numRows"
    MAIN_SIZE = "mainSize"
    ID = "id"


class Order:
    """Slots (places in the world), smallest rank first; four bytes each."""

    def __init__(self, slots: Iterable[int], rank: Callable[[int], Rank]) -> None:
        self._rank = rank
        self.slots = array("I", slots)
        """Must come in sorted; read it, change it through insert and remove."""

    def after(self, rank: Rank) -> int:
        """The position of the first slot whose rank is greater."""
        return bisect_right(self.slots, rank, key=self._rank)

    def before(self, rank: Rank) -> int:
        """The position of the first slot whose rank is not smaller."""
        return bisect_left(self.slots, rank, key=self._rank)

    def insert(self, slot: int) -> None:
        """Put a slot where its rank belongs."""
        self.slots.insert(self.after(self._rank(slot)), slot)

    def remove(self, slot: int) -> None:
        """Take a slot out; its rank must still be the one it was put in with."""
        del self.slots[self.before(self._rank(slot))]
