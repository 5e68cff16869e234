"""
The best matches first, without a score for each of a million.

To rank everything that has a common word costs more than to find it.  Mostly it is not needed:
a dataset that has every word where it counts most is above all others, whatever those have, as
long as popularity cannot bridge the difference.  So these are looked at alone, and the others
only if there are too few of them.  The order is the same either way, to the last place.
"""

import math
from collections.abc import Sequence

from tantivy import DocAddress, Occur, Query, Searcher

from collinear.search import ranking, schema
from collinear.search.matching import Fields, Plan, word_query

_MANY = 2_000
"""Results from which on it pays to look at the best of them alone."""
_MOST_AT_ONCE = 1_000
"""Places from the top up to which that is tried: further down the others come in."""

Scored = tuple[float, DocAddress]


class Ranked:
    """What a plan finds under some filters, in the order of its scores."""

    def __init__(self, plan: Plan, filters: Sequence[Query], *, many: int = _MANY) -> None:
        self._plan = plan
        self._filters = [(Occur.Must, Query.const_score_query(filter_, 0.0)) for filter_ in filters]
        self._many = many

    def query(self) -> Query:
        """All of it, each with its score."""
        return self._filtered(self._plan.query() or Query.empty_query())

    def find(self, searcher: Searcher, offset: int, limit: int, total: int) -> list[DocAddress]:
        """The addresses of the results from ``offset`` on, of ``total`` that there are."""
        limit = min(limit, total - offset)
        if limit <= 0:
            return []
        if self._plan.words and total > self._many and offset + limit <= _MOST_AT_ONCE:
            top = self._find_top(searcher, offset + limit)
            if top is not None:
                return top[offset:]
        return [address for _, address in _search(searcher, self._economical(), offset, limit)]

    def _find_top(self, searcher: Searcher, count: int) -> list[DocAddress] | None:
        """The first ``count``, from those that have every word in its best field; or None."""
        named: list[Scored] = []
        steps = list(self._plan.steps.values())
        if steps:
            # What is called so is above all others, and little: found and scored in full
            called = Query.boolean_query([(Occur.Should, step) for step in steps])
            scored = self._scored(self._plan.without_excluded(called))
            named = _search(searcher, scored, 0, count)
        left_out = [(Occur.MustNot, step) for step in steps]
        words = [fields for _, fields in self._plan.words]
        best = [(Occur.Must, _best(fields)) for fields in words]
        rest = self._filtered(self._plan.without_excluded(Query.boolean_query([*best, *left_out])))
        wanted = count - len(named)
        others = _search(searcher, rest, 0, wanted) if wanted else []
        if len(others) < wanted or (others and others[-1][0] <= _most_elsewhere(words)):
            return None
        return [address for _, address in (*named, *others)]

    def _economical(self) -> Query:
        """
        All of it, each with its score, in the form that costs least.

        Several words are first found, which skips over what has not all of them; only what
        has is scored.
        """
        if len(self._plan.words) < 2:
            return self.query()
        return self._scored(self._plan.query() or Query.empty_query())

    def _scored(self, found: Query) -> Query:
        """What ``found`` finds, whatever its own scores are, with the scores of the plan."""
        clauses = [(Occur.Must, Query.const_score_query(self._filtered(found), 0.0))]
        clauses += [(Occur.Should, word_query(fields)) for _, fields in self._plan.words]
        clauses += [(Occur.Should, step) for step in self._plan.steps.values()]
        return Query.boolean_query(clauses)

    def _filtered(self, found: Query) -> Query:
        if not self._filters:
            return found
        return Query.boolean_query([(Occur.Must, found), *self._filters])


def _search(searcher: Searcher, query: Query, offset: int, limit: int) -> list[Scored]:
    found = searcher.search(query, limit, offset=offset, count=False, weight_by_field=schema.WEIGHT)
    return found.hits


def _best(fields: Fields) -> Query:
    """What has a word in the way that counts most."""
    if not fields:
        return Query.empty_query()
    return max(fields.values(), key=lambda found: found.most).best


def _most_elsewhere(words: Sequence[Fields]) -> float:
    """The most that a dataset can score that has one of the words in its next best way only."""
    best, least_loss = 0.0, math.inf
    for fields in words:
        ways = [score for found in fields.values() for score in (found.most, found.second)]
        first, second, *_ = sorted([*ways, 0.0, 0.0], reverse=True)
        best += first
        least_loss = min(least_loss, first - second)
    return (best - least_loss) * ranking.MOST_PRIOR
