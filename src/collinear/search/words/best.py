"""
The best matches first, without a score for each of a million.

To rank everything that has a common word costs more than to find it.  Mostly it is not needed:
a dataset that has every word where it counts most is above all others, whatever those have, as
long as popularity cannot bridge the difference.  So these are looked at alone, and the others
only if there are too few of them.  The order is the same either way, to the last place.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tantivy import DocAddress, Occur, Query, Searcher

from collinear.search import schema
from collinear.search.columns import Count
from collinear.search.terms import any_of, any_value
from collinear.search.words import ranking
from collinear.search.words.matching import Fields, Plan

_NEAR = 0.5
"""Ways to find a word that count at least so much of the best one go together with it."""
_MOST_AT_ONCE = 1_000
"""Places from the top up to which that is tried: further down the others come in."""

Scored = tuple[float, DocAddress]


class Ranked:
    """What a plan finds under some filters, in the order of its scores."""

    def __init__(self, plan: Plan, filters: Sequence[Query], *, shortly: bool = True) -> None:
        """``shortly`` off looks at everything, as the tests do that hold the two together."""
        self._plan = plan
        self._filters = [(Occur.Must, Query.const_score_query(filter_, 0.0)) for filter_ in filters]
        self._shortly = shortly

    def query(self) -> Query:
        """All of it, each with its score."""
        return self._filtered(self._plan.query() or Query.empty_query())

    def find(self, searcher: Searcher, offset: int, limit: int, count: Count) -> list[DocAddress]:
        """The addresses of the results from ``offset`` on, of those that were counted."""
        limit = min(limit, count.total - offset)
        if limit <= 0:
            return []
        if count.few and self._plan.wanted and self._shortly:  # only their scores are unknown
            these = any_value(schema.ORDINAL, count.few)
            return _addresses(_search(searcher, self._scored(these), offset, limit))
        if self._plan.words and self._shortly and offset + limit <= _MOST_AT_ONCE:
            top = self._find_top(searcher, offset + limit)
            if top is not None:
                return top[offset:]
        return _addresses(_search(searcher, self.query(), offset, limit))

    def _find_top(self, searcher: Searcher, count: int) -> list[DocAddress] | None:
        """The first ``count``, from those that have every word where it counts most; or None."""
        named: list[Scored] = []
        steps = list(self._plan.steps.values())
        if steps:
            # What is called so is above all others, and little: found and scored in full
            called = Query.boolean_query([(Occur.Should, step) for step in steps])
            scored = self._scored(self._plan.without_excluded(called))
            named = _search(searcher, scored, 0, count)
        left_out = [(Occur.MustNot, step) for step in steps]
        words = [_Word.of(fields) for _, fields in self._plan.words]
        best = [(Occur.Must, word.best) for word in words]
        rest = self._filtered(self._plan.without_excluded(Query.boolean_query([*best, *left_out])))
        wanted = count - len(named)
        others = _search(searcher, rest, 0, wanted) if wanted else []
        if len(others) < wanted or (others and others[-1][0] <= _most_elsewhere(words)):
            return None
        return _addresses([*named, *others])

    def _scored(self, found: Query) -> Query:
        """What ``found`` finds, whatever its own scores are, with the scores of the plan."""
        clauses = [(Occur.Must, Query.const_score_query(self._filtered(found), 0.0))]
        # What is called so may lack some of the words: they count together, or not at all
        clauses += self._plan.wanted
        return Query.boolean_query(clauses)

    def _filtered(self, found: Query) -> Query:
        if not self._filters:
            return found
        return Query.boolean_query([(Occur.Must, found), *self._filters])


def _search(searcher: Searcher, query: Query, offset: int, limit: int) -> list[Scored]:
    found = searcher.search(query, limit, offset=offset, count=False, weight_by_field=schema.WEIGHT)
    return found.hits


def _addresses(hits: Sequence[Scored]) -> list[DocAddress]:
    return [address for _, address in hits]


class _Word(NamedTuple):
    """The ways in which a word counts most, and what it loses in all others."""

    best: Query
    most: float
    loss: float

    @classmethod
    def of(cls, fields: Fields) -> "_Word":
        ways = [way for found in fields.values() for way in found.ways]
        most = max((score for score, _ in ways), default=0.0)
        best = [query for score, query in ways if score >= most * _NEAR]
        others = max((score for score, _ in ways if score < most * _NEAR), default=0.0)
        return cls(any_of(best), most, most - others)


def _most_elsewhere(words: Sequence[_Word]) -> float:
    """The most that a dataset can score that has one of the words in another way only."""
    best = sum(word.most for word in words)
    return (best - min(word.loss for word in words)) * ranking.MOST_PRIOR
