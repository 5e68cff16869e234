"""What answers searches: the index as other processes wrote it, memory-mapped."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from collinear.domain.change import Serial
from collinear.domain.errors import IndexNotReady
from collinear.domain.query import DatasetQuery, SortField, SortOrder
from collinear.search import columns, marker, paging
from collinear.search.filters import filters
from collinear.search.generations import Generations
from collinear.search.matching import match
from collinear.search.place import Place

_MOST_TOTALS = 1_000


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of ids, how many there are in all, and where the next page begins."""

    ids: tuple[str, ...]
    total: int
    next: str | None
    """What to pass as ``after``; None on the last page."""
    serial: Serial
    """The position of the stream that the answer is true for."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """What the index is true for, and how many datasets it holds."""

    serial: Serial
    documents: int


class IndexReader:
    """
    Finds datasets.  May be used by several threads; searching lets other threads run.

    Opening is lazy, and commits and rebuilds by the indexer are noticed with the next call.
    """

    def __init__(self, directory: Path) -> None:
        self._generations = Generations(directory)
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
        asked = _to_query(query)
        field, direction = query.order
        place = Place(after, query.offset, query.limit)
        upwards = direction is SortOrder.ASC
        if field is SortField.RELEVANCE:
            build = view.path.name
            page = paging.by_relevance(view.searcher, asked, place, build, upwards=upwards)
        elif field is SortField.ID:
            page = paging.by_id(view.searcher, asked, place, upwards=upwards)
        elif field is None:
            page = paging.by_creation(view.searcher, asked, place, upwards=upwards)
        else:
            page = paging.by_measure(view.searcher, asked, place, field, upwards=upwards)
        total = view.total(query, asked) if page.total is None else page.total
        return Hits(page.ids, total, page.next, view.serial)

    def state(self) -> IndexState | None:
        """What the index is true for; None while there is none."""
        try:
            view = self._fresh_view()
        except IndexNotReady:
            return None
        return IndexState(view.serial, view.searcher.num_docs - 1)

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
        self._stamp = stamp
        self._totals: dict[str, int] = {}

    def is_fresh(self, generations: Generations) -> bool:
        try:
            return _stamp(generations, self.path) == self._stamp
        except OSError:
            return False

    def total(self, query: DatasetQuery, asked: Query) -> int:
        """How many a query finds; counted once for all its pages."""
        asked_for = query.model_dump_json(
            exclude={"limit", "offset", "cursor", "sort_by", "sort_order"}, exclude_defaults=True
        )
        known = self._totals.get(asked_for)
        if known is None:
            if len(self._totals) >= _MOST_TOTALS:
                self._totals.clear()
            known = self._totals[asked_for] = columns.count(self.searcher, asked)
        return known


def _to_query(query: DatasetQuery) -> Query:
    clauses = [(Occur.Must, Query.const_score_query(filter_, 0.0)) for filter_ in filters(query)]
    if query.search is not None:
        words = match(query.search)
        if words is None:
            return Query.empty_query()
        clauses.append((Occur.Must, words))
    if not clauses:
        clauses = [(Occur.Must, Query.all_query()), (Occur.MustNot, marker.query())]
    return Query.boolean_query(clauses)
