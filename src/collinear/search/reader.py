"""What answers searches: the index as other processes wrote it, memory-mapped."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import tantivy

from collinear.domain.change import Serial
from collinear.domain.errors import IndexNotReady
from collinear.domain.query import DatasetQuery
from collinear.search import marker
from collinear.search.generations import Generations
from collinear.search.hits import Counted, Hits
from collinear.search.pulse import Pulse
from collinear.search.question import Question
from collinear.search.view import View, stamp_of
from collinear.search.words.lexicon import Lexicon
from collinear.telemetry.families import SEARCH_SECONDS
from collinear.telemetry.scope import step

_LONGEST_REMEMBERED = 100
"""Results of a page that is kept for those who ask the same of the same commit."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The index as of one moment, for questions other than ``find``."""

    name: str
    """What tells it from all others, when it is closed too."""
    serial: Serial
    searcher: tantivy.Searcher
    lexicon: Lexicon


@dataclass(frozen=True, slots=True)
class IndexState:
    """What the index is true for, how many datasets it holds, and whether somebody keeps it."""

    serial: Serial
    documents: int
    commit: str = field(default="", compare=False)
    """What tells it from all others."""
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
        self._view: View | None = None

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
        return view.page(asked, lambda: self._find(view, query, after))

    def _find(self, view: View, query: DatasetQuery, after: str | None) -> Hits:
        with step(SEARCH_SECONDS, "reading"):
            search = Question.begin(view, query, after)
        with step(SEARCH_SECONDS, "matching"):
            page = search.page()
        if not page.ids:
            with step(SEARCH_SECONDS, "forgiving"):
                if search.may_be_read_otherwise():
                    page = search.page()
        total, explanations, facets = page.total, None, None
        if total is None:
            with step(SEARCH_SECONDS, "counting"):
                total = view.count(search.key, search.query).total
        if query.explain:
            with step(SEARCH_SECONDS, "explaining"):
                explanations = search.explanations(page.ids)
        if query.facets:
            with step(SEARCH_SECONDS, "facets"):
                facets = search.facets()
        following = search.mark(page.next)
        return Hits(
            page.ids,
            total,
            following,
            view.serial,
            view.name,
            search.reading,
            explanations,
            facets,
        )

    def count(self, query: DatasetQuery) -> Counted:
        """
        The facets of a query without words, and no page of it.

        Raises:
            IndexNotReady: There is no index yet.
        """
        view = self._fresh_view()
        with step(SEARCH_SECONDS, "facets"):
            return Counted(Question(view, query, None, None).facets(), view.serial, view.name)

    def commit(self) -> Commit:
        """
        The newest commit.

        Raises:
            IndexNotReady: There is no index yet.
        """
        view = self._fresh_view()
        return Commit(view.name, view.serial, view.searcher, view.lexicon)

    def state(self) -> IndexState | None:
        """What the index is true for; None while there is none."""
        try:
            view = self._fresh_view()
        except IndexNotReady:
            return None
        silent = self._pulse.silent_seconds()
        return IndexState(view.serial, view.searcher.num_docs - 1, view.name, silent)

    def glance(self) -> str | None:
        """
        The name of the commit that a question would be put to now; None where that has yet to
        be found out.  Never waits.
        """
        view = self._view
        return view.name if view is not None and view.is_fresh(self._generations) else None

    def _fresh_view(self) -> View:
        view = self._view
        # One thread looks again; the others go on with what there was.
        if view is not None and (view.is_fresh(self._generations) or self._reload.locked()):
            return view
        with self._reload:
            view = self._view
            if view is None or not view.is_fresh(self._generations):
                with step(SEARCH_SECONDS, "reloading"):
                    self._view = view = self._look_again()
            return view

    def _look_again(self) -> View:
        for _ in range(3):  # a generation may be cleared away between the pointer and the files
            path = self._generations.current()
            if path is None:
                break
            with suppress(OSError, ValueError):
                stamp = stamp_of(self._generations, path)
                if self._index is None or self._index[0] != path:
                    index = tantivy.Index.open(str(path))
                    index.config_reader("manual")
                    self._index = path, index
                index = self._index[1]
                index.reload()
                searcher = index.searcher()
                serial = marker.read(searcher)
                if serial is not None:
                    return View(path, stamp, searcher, serial)
        if self._view is not None:
            return self._view
        if self._generations.pointed():
            raise IndexNotReady(
                "The search index is of another version, and has to be built again by an indexer "
                "of this one: if that is running, try again in a minute or two."
            )
        raise IndexNotReady("There is no search index yet: is an indexer running?")
