"""One commit of the index, and what is remembered of it while it lasts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Query

from collinear.domain.change import Serial
from collinear.search import columns
from collinear.search.facets import Facets
from collinear.search.generations import Generations
from collinear.search.hits import Hits
from collinear.search.words.lexicon import Lexicon

_MOST_REMEMBERED = 1_000


def stamp_of(generations: Generations, generation: Path) -> tuple[int, ...]:
    """What differs after a commit or a switch of generations; two system calls."""
    pointer, meta = generations.pointer.stat(), (generation / "meta.json").stat()
    return pointer.st_ino, pointer.st_mtime_ns, meta.st_ino, meta.st_mtime_ns


class View:
    """One commit, as all queries see it until the next one is noticed."""

    def __init__(
        self, path: Path, stamp: tuple[int, ...], searcher: tantivy.Searcher, serial: Serial
    ) -> None:
        self.path = path
        self.searcher = searcher
        self.serial = serial
        self.name = f"{path.name} {serial} {stamp}"
        """
        What tells this commit from all others, also from itself before its segments were merged:
        then replaced documents count no more, and words are rarer than they were.
        """
        self.lexicon = Lexicon(searcher)
        self.facets = Facets(searcher)
        self._stamp = stamp
        self._pages: dict[str, Hits] = {}
        self._counts: dict[str, columns.Count] = {}

    def is_fresh(self, generations: Generations) -> bool:
        """Whether this is still the newest commit of the generation in use."""
        try:
            return stamp_of(generations, self.path) == self._stamp
        except OSError:
            return False

    def page(self, asked: str, find: Callable[[], Hits]) -> Hits:
        """What was found for those who asked the same before, or is found now."""
        known = self._pages.get(asked)
        if known is None:
            _make_room(self._pages)
            known = self._pages[asked] = find()
        return known

    def count(self, key: str, query: Query) -> columns.Count:
        """How many a query finds; counted once for all its pages."""
        known = self._counts.get(key)
        if known is None:
            _make_room(self._counts)
            known = self._counts[key] = columns.look_at(self.searcher, query)
        return known


def _make_room(remembered: dict[str, Any]) -> None:
    if len(remembered) >= _MOST_REMEMBERED:
        remembered.clear()
