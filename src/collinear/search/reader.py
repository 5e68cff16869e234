"""What answers searches: the index as other processes wrote it, memory-mapped."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from collinear.domain.change import Serial
from collinear.domain.errors import IndexNotReady
from collinear.domain.query import DatasetQuery, SortField, SortOrder
from collinear.search import columns, marker, paging
from collinear.search.facets import Facet, Facets
from collinear.search.filters import filters
from collinear.search.generations import Generations
from collinear.search.place import Page, Place, broken
from collinear.search.pulse import Pulse
from collinear.search.words import reading, typed
from collinear.search.words.best import Ranked
from collinear.search.words.explaining import Explanation, explain
from collinear.search.words.forgiving import choose
from collinear.search.words.lexicon import Lexicon
from collinear.search.words.matching import NOTHING, Plan, plan
from collinear.search.words.reading import Reading

_MOST_REMEMBERED = 1_000
_LONGEST_REMEMBERED = 100
"""Results of a page that is kept for those who ask the same of the same commit."""
_MARKED = "~"
"""Stands between the reading's mark and the place in it."""


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of ids, how many there are in all, and where the next page begins."""

    ids: tuple[str, ...]
    total: int
    next: str | None
    """What to pass as ``after``; None on the last page."""
    serial: Serial
    """The position of the stream that the answer is true for."""
    reading: Reading | None = None
    """How the words were taken; None where there were none."""
    explanations: dict[str, Explanation] | None = None
    """By id, where they were asked for."""
    facets: dict[str, Facet] | None = None
    """By name, where some were asked for."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Facets by name, and the position of the stream that they are true for."""

    facets: dict[str, Facet]
    serial: Serial


@dataclass(frozen=True, slots=True)
class Commit:
    """The index as of one moment, for questions other than ``find``."""

    generation: str
    serial: Serial
    searcher: tantivy.Searcher
    lexicon: Lexicon

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from all others, when it is closed too."""
        return self.generation, str(self.serial)


@dataclass(frozen=True, slots=True)
class IndexState:
    """What the index is true for, how many datasets it holds, and whether somebody keeps it."""

    serial: Serial
    documents: int
    silent_seconds: float | None = field(default=None, compare=False)
    """Since its writer's last sign of life; None where there never was one."""


class IndexReader:
    """
    Finds datasets.  May be used by several threads; searching lets other threads run.

    Opening is lazy, and commits and rebuilds by the indexer are noticed with the next call.
    """

    def __init__(self, directory: Path) -> None:
        self._generations = Generations(directory)
        self._pulse = Pulse(directory)
        self._reload = threading.Lock()
        self._index: tuple[Path, tantivy.Index] | None = None
        self._view: _View | None = None

    def find(self, query: DatasetQuery, *, after: str | None = None) -> Hits:
        """
        The page of a query at its offset, or after the page whose ``next`` is given.

        Raises:
            IndexNotReady: There is no index yet.
            BadCursor: ``after`` is broken, too old, or belongs to another query.
        """
        view = self._fresh_view()
        if query.explain or query.facets or query.limit > _LONGEST_REMEMBERED:
            return self._find(view, query, after)
        asked = f"{after}|{query.model_dump_json(exclude_defaults=True)}"
        known = view.pages.get(asked)
        if known is None:
            _make_room(view.pages)
            known = view.pages[asked] = self._find(view, query, after)
        return known

    def _find(self, view: "_View", query: DatasetQuery, after: str | None) -> Hits:
        search = _Search.begin(view, query, after)
        page = search.page()
        if not page.ids and search.may_be_read_otherwise():
            page = search.page()
        total = page.total
        return Hits(
            page.ids,
            view.count(search.key, search.query).total if total is None else total,
            search.mark(page.next),
            view.serial,
            search.reading,
            search.explanations(page.ids) if query.explain else None,
            search.facets() if query.facets else None,
        )

    def count(self, query: DatasetQuery) -> Counted:
        """
        The facets of a query without words, and no page of it.

        Raises:
            IndexNotReady: There is no index yet.
        """
        view = self._fresh_view()
        return Counted(_Search(view, query, None, None).facets(), view.serial)

    def commit(self) -> Commit:
        """
        The newest commit.

        Raises:
            IndexNotReady: There is no index yet.
        """
        view = self._fresh_view()
        return Commit(view.path.name, view.serial, view.searcher, view.lexicon)

    def state(self) -> IndexState | None:
        """What the index is true for; None while there is none."""
        try:
            view = self._fresh_view()
        except IndexNotReady:
            return None
        silent = self._pulse.silent_seconds()
        return IndexState(view.serial, view.searcher.num_docs - 1, silent)

    def _fresh_view(self) -> "_View":
        view = self._view
        # One thread looks again; the others go on with what there was.
        if view is not None and (view.is_fresh(self._generations) or self._reload.locked()):
            return view
        with self._reload:
            view = self._view
            if view is None or not view.is_fresh(self._generations):
                self._view = view = self._look_again()
            return view

    def _look_again(self) -> "_View":
        for _ in range(3):  # a generation may be cleared away between the pointer and the files
            path = self._generations.current()
            if path is None:
                break
            with suppress(OSError, ValueError):
                stamp = _stamp(self._generations, path)
                if self._index is None or self._index[0] != path:
                    index = tantivy.Index.open(str(path))
                    index.config_reader("manual")
                    self._index = path, index
                index = self._index[1]
                index.reload()
                searcher = index.searcher()
                serial = marker.read(searcher)
                if serial is not None:
                    return _View(path, stamp, searcher, serial)
        if self._view is not None:
            return self._view
        if self._generations.pointed():
            raise IndexNotReady(
                "The search index is of another version, and has to be built again by an indexer "
                "of this one: if that is running, try again in a minute or two."
            )
        raise IndexNotReady("There is no search index yet: is an indexer running?")


def _stamp(generations: Generations, generation: Path) -> tuple[int, ...]:
    """What differs after a commit or a switch of generations; two system calls."""
    pointer, meta = generations.pointer.stat(), (generation / "meta.json").stat()
    return pointer.st_ino, pointer.st_mtime_ns, meta.st_ino, meta.st_mtime_ns


class _View:
    """One commit, as all queries see it until the next one is noticed."""

    def __init__(
        self, path: Path, stamp: tuple[int, ...], searcher: tantivy.Searcher, serial: Serial
    ) -> None:
        self.path = path
        self.searcher = searcher
        self.serial = serial
        self.lexicon = Lexicon(searcher)
        self.facets = Facets(searcher)
        self._stamp = stamp
        self.pages: dict[str, Hits] = {}
        self._counts: dict[str, columns.Count] = {}

    def is_fresh(self, generations: Generations) -> bool:
        try:
            return _stamp(generations, self.path) == self._stamp
        except OSError:
            return False

    def count(self, key: str, query: Query) -> columns.Count:
        """How many a query finds; counted once for all its pages."""
        known = self._counts.get(key)
        if known is None:
            _make_room(self._counts)
            known = self._counts[key] = columns.look_at(self.searcher, query)
        return known


class _Search:
    """One question to one view: its words in one reading, its filters, and a place."""

    def __init__(
        self, view: _View, query: DatasetQuery, reading: Reading | None, after: str | None
    ) -> None:
        self._view = view
        self._asked = query
        self._after = after
        self._read(reading)

    @classmethod
    def begin(cls, view: _View, query: DatasetQuery, after: str | None) -> "_Search":
        """
        The search as its first page read it, or as strictly as it can be read.

        Raises:
            BadCursor: ``after`` names no reading of these words.
            BadParameter: There are too many words.
        """
        if query.search is None:
            return cls(view, query, None, after)
        words = typed.read(query.search)
        if after is None:
            return cls(view, query, Reading(words), None)
        mark, is_marked, place = after.partition(_MARKED)
        known = reading.marked(words, mark) if is_marked else None
        if known is None:
            raise broken()
        return cls(view, query, known, place)

    def may_be_read_otherwise(self) -> bool:
        """Whether nothing has all the words; they are then read less strictly from now on."""
        strict = self.reading
        if strict is None or self._after is not None:
            return False
        self._read(choose(strict.typed, self._view.lexicon, self._finds))
        return self.reading != strict

    def _finds(self, reading: Reading) -> bool:
        """Whether a reading of these words finds anything without the filters."""
        words = DatasetQuery(search=self._asked.search)
        search = _Search(self._view, words, reading, None)
        return self._view.count(search.key, search.query).total > 0

    def page(self) -> Page:
        """The page in the order that was asked for."""
        place = Place(self._after, self._asked.offset, self._asked.limit)
        searcher = self._view.searcher
        field, direction = self._asked.order
        upwards = direction is SortOrder.ASC
        if field is SortField.RELEVANCE:
            ranked = Ranked(self.plan or NOTHING, list(filters(self._asked)))
            count = self._view.count(self.key, self.query)
            build = self._view.path.name
            return paging.by_relevance(searcher, ranked, count, place, build, upwards=upwards)
        if field is SortField.ID:
            return paging.by_id(searcher, self.query, place, upwards=upwards)
        if field is None:
            return paging.by_creation(searcher, self.query, place, upwards=upwards)
        return paging.by_measure(searcher, self.query, place, field, upwards=upwards)

    def explanations(self, ids: Iterable[str]) -> dict[str, Explanation] | None:
        """The parts of the scores; None without words."""
        if self.plan is None:
            return None
        told = {id_: explain(self._view.searcher, self.plan, id_) for id_ in ids}
        return {id_: explanation for id_, explanation in told.items() if explanation}

    def mark(self, place: str | None) -> str | None:
        """A place together with the reading that it is a place in."""
        if place is None or self.reading is None:
            return place
        return f"{self.reading.mark}{_MARKED}{place}"

    def facets(self) -> dict[str, Facet]:
        """The facets that were asked for, of these words in this reading."""
        mark = self.reading.mark if self.reading else ""
        return self._view.facets.count(self._asked, self._with_filters, reading=mark)

    def _read(self, reading: Reading | None) -> None:
        self.reading = reading
        self.plan: Plan | None = plan(reading, self._view.lexicon) if reading else None
        self.query = self._with_filters(self._asked)
        mark = reading.mark if reading else ""
        self.key = mark + self._asked.model_dump_json(include=_COUNTED, exclude_defaults=True)

    def _with_filters(self, asked: DatasetQuery) -> Query:
        """What finds the words of this search with the filters of ``asked``."""
        clauses = [
            (Occur.Must, Query.const_score_query(filter_, 0.0)) for filter_ in filters(asked)
        ]
        if self.plan is not None:
            clauses.append((Occur.Must, self.plan.query() or Query.empty_query()))
        if not clauses:
            clauses = [(Occur.Must, Query.all_query()), (Occur.MustNot, marker.query())]
        return Query.boolean_query(clauses)


_COUNTED = set(DatasetQuery.model_fields) - {
    "limit",
    "offset",
    "cursor",
    "sort_by",
    "sort_order",
    "explain",
    "highlight",
    "facets",
    "facet_limit",
}
"""The parameters that decide how many there are."""


def _make_room(remembered: dict[str, Any]) -> None:
    if len(remembered) >= _MOST_REMEMBERED:
        remembered.clear()
