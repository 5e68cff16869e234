"""Which reading of the typed words a search goes by."""

from typing import NamedTuple

from collinear.search.typed import Typed


class Reading(NamedTuple):
    """The words of a search, and how strictly each is taken."""

    typed: Typed
    forgiving: frozenset[int] = frozenset()
    """The places of the words in which typos are forgiven."""
    dropped: frozenset[int] = frozenset()
    """The places of the words that a dataset need not have."""

    @property
    def dropped_words(self) -> tuple[str, ...]:
        """The words that were dropped, as they were typed."""
        return tuple([self.typed.words[place].text for place in sorted(self.dropped)])
