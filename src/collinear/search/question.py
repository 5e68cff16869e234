"""One question to one commit of the index: its words in one reading, its filters, and a place."""

from collections.abc import Iterable

from tantivy import Occur, Query

from collinear.domain.query import DatasetQuery, SortField, SortOrder
from collinear.search import marker, paging
from collinear.search.facets import Facet
from collinear.search.filters import filters
from collinear.search.place import Page, Place, broken
from collinear.search.view import View
from collinear.search.words import reading, typed
from collinear.search.words.best import Ranked
from collinear.search.words.explaining import Explanation, explain
from collinear.search.words.forgiving import choose
from collinear.search.words.matching import NOTHING, Plan, plan
from collinear.search.words.reading import Reading

_MARKED = "~"
"""Stands between the reading's mark and the place in it."""


class Question:
    """What is asked, as the first page of it was read."""

    def __init__(
        self, view: View, query: DatasetQuery, reading: Reading | None, after: str | None
    ) -> None:
        self._view = view
        self._asked = query
        self._after = after
        self._read(reading)

    @classmethod
    def begin(cls, view: View, query: DatasetQuery, after: str | None) -> "Question":
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
        search = Question(self._view, words, reading, None)
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
        told = {id_: explain(self._view.lexicon, self.plan, id_) for id_ in ids}
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
        self.key = mark + self._asked.filters_text

    def _with_filters(self, asked: DatasetQuery) -> Query:
        """What finds the words of this search with the filters of ``asked``."""
        clauses = [
            (Occur.Must, Query.const_score_query(filter_, 0.0)) for filter_ in filters(asked)
        ]
        if self.plan is not None:
            clauses.append((Occur.Must, self.plan.query() or Query.empty_query()))
        return Query.boolean_query(clauses) if clauses else marker.all_others()
