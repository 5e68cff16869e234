"""What a search finds."""

from dataclasses import dataclass

from collinear.domain.change import Serial
from collinear.search.facets import Facet
from collinear.search.words.explaining import Explanation
from collinear.search.words.reading import Reading


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of ids, how many there are in all, and where the next page begins."""

    ids: tuple[str, ...]
    total: int
    next: str | None
    """What to pass as ``after``; None on the last page."""
    serial: Serial
    """The position of the stream that the answer is true for."""
    commit: str
    """What tells the commit that answered from all others."""
    reading: Reading | None = None
    """How the words were taken; None where there were none."""
    explanations: dict[str, Explanation] | None = None
    """By id, where they were asked for."""
    facets: dict[str, Facet] | None = None
    """By name, where some were asked for."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Facets by name, and what they are true for, as in ``Hits``."""

    facets: dict[str, Facet]
    serial: Serial
    commit: str
