"""
How many of the datasets that a query finds have each value: exact, and counted once.

A facet leaves out the filter of its own name, so that it shows what else could be chosen.
Facets whose own filter is not set share one look at all that the query finds.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Any, NamedTuple

from tantivy import Query, Searcher

from collinear.domain.facets import OWN_FILTERS, TAG_FILTERS, measure
from collinear.domain.query import DatasetQuery
from collinear.search import histograms, schema
from collinear.search.histograms import SCALES, Histogram

_MOST_LABELS = 30_000
"""Values of all filters that stand for a prefix of tags, together: the Hub has some 10,000."""
_ALL = 2**30
"""Values that are taken from each part of the index: with fewer, the counts would be guesses."""
_MOST_NUMBERS, _MOST_ALIKE = 50_000, 500
"""What is remembered: about 200 bytes a number."""
_FIELDS = {
    "author": schema.BY_AUTHOR,
    "tag": schema.BY_TAG,
    "impact_level": schema.BY_IMPACT,
    "gated": schema.BY_GATED,
}
_TOTAL = "total"


class Values(NamedTuple):
    """Values and how many datasets have each: the most frequent first, then in their order."""

    counts: dict[str, int]
    more: bool
    """Whether there are others that are not shown."""

    def first(self, limit: int) -> "Values":
        """At most so many of them."""
        if len(self.counts) <= limit:
            return self
        return Values(dict(islice(self.counts.items(), limit)), True)


Facet = Values | Histogram


def of_nothing(names: Iterable[str]) -> dict[str, Facet]:
    """These facets where there are no datasets."""
    return {
        name: Values({}, False) if measure(name) is None else Histogram((), 0) for name in names
    }


class _Alike:
    """The facets of all that one query finds, as far as they were asked for."""

    def __init__(self) -> None:
        self.facets: dict[str, Facet] = {}
        self.limits: dict[str, int] = {}
        self.counting = threading.Lock()

    def lacks(self, name: str, limit: int) -> bool:
        """Whether it does not hold as much of a facet."""
        facet = self.facets.get(name)
        if facet is None:
            return True
        return isinstance(facet, Values) and facet.more and self.limits[name] < limit

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return sum(len(facet[0]) for facet in list(self.facets.values()))


class Facets:
    """
    The facets of one view of the index; may be used by several threads.

    What is asked for again is remembered, and what several ask for at a time is counted once.
    """

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._lock = threading.Lock()
        self._whole = _Alike()
        self._known: OrderedDict[str, _Alike] = OrderedDict()

    def count(
        self, query: DatasetQuery, find: Callable[[DatasetQuery], Query], *, reading: str = ""
    ) -> dict[str, Facet]:
        """
        The facets that a query asks for, by name.

        ``find`` makes what finds the datasets of the same words with other filters; ``reading``
        tells apart the ways in which the words may be read.
        """
        asked: dict[str, tuple[DatasetQuery, list[str]]] = {}
        for name in query.facets:
            others = query.without(*OWN_FILTERS[name])
            asked.setdefault(f"{reading} {others.filters}", (others, []))[1].append(name)
        counted: dict[str, Facet] = {}
        for key, (others, names) in asked.items():
            alike = self._whole if others.is_whole else self._alike(key)
            with alike.counting:
                missing = [name for name in names if alike.lacks(name, query.facet_limit)]
                if missing:
                    found = None if others.is_whole else find(others)
                    alike.facets |= _count(self._searcher, found, missing, query.facet_limit)
                    alike.limits |= dict.fromkeys(missing, query.facet_limit)
                counted |= {name: alike.facets[name] for name in names}
            if missing:
                self._forget()
        return {name: _first(counted[name], query.facet_limit) for name in query.facets}

    def _alike(self, key: str) -> _Alike:
        with self._lock:
            alike = self._known.setdefault(key, _Alike())
            self._known.move_to_end(key)
            return alike

    def _forget(self) -> None:
        """Keep what was asked for last, within bounds; and always what the whole catalog has."""
        with self._lock:
            size = sum(alike.size for alike in self._known.values())
            while size > _MOST_NUMBERS or len(self._known) > _MOST_ALIKE:
                _, oldest = self._known.popitem(last=False)
                size -= oldest.size


def _first(facet: Facet, limit: int) -> Facet:
    return facet.first(limit) if isinstance(facet, Values) else facet


def _count(
    searcher: Searcher, found: Query | None, names: Collection[str], limit: int
) -> dict[str, Facet]:
    """
    Facets of all that a query finds, or of all datasets.

    A column costs by the datasets that are found, and all columns are read in one look.  The
    lists of the datasets that have a value cost by the values that there are: they are read
    for all datasets, and for tags, which have too many values for a column.
    """
    asked = Query.all_query() if found is None else found  # the marker has no values at all
    scales = {name: SCALES[of] for name in names if (of := measure(name)) is not None}
    listed = {name for name in names if name not in scales and (found is None or name == "tag")}
    looks: dict[str, Any] = {}
    for name in names:
        if name in scales:
            looks[name] = histograms.aggregation(scales[name])
            looks[_TOTAL] = {"value_count": {"field": schema.BY_GATED}}  # which every dataset has
        elif name not in listed:
            column = _FIELDS.get(name, schema.LABELS)
            most = _MOST_LABELS if column == schema.LABELS else limit
            looks[column] = {"terms": {"field": column, "size": most, "segment_size": _ALL}}
    seen = searcher.aggregate(asked, looks) if looks else {}
    counted: dict[str, Facet] = {}
    for name in names:
        prefix = TAG_FILTERS.get(name, "")
        if name in scales:
            total = int(seen[_TOTAL]["value"])
            counted[name] = histograms.to_histogram(scales[name], seen[name], total)
        elif name in listed:
            field = _FIELDS.get(name, schema.BY_TAG)
            pairs = searcher.terms_with_prefix(field, prefix, asked, limit + 1)
            counted[name] = _values(pairs, prefix, limit)
        else:
            column = seen[_FIELDS.get(name, schema.LABELS)]
            pairs = [(bucket["key"], bucket["doc_count"]) for bucket in column["buckets"]]
            counted[name] = _values(pairs, prefix, limit, more=column["sum_other_doc_count"] > 0)
    return counted


def _values(
    pairs: Iterable[tuple[str, int]], prefix: str, limit: int, *, more: bool = False
) -> Values:
    """The values that begin with a prefix, without it."""
    counts = {value[len(prefix) :]: count for value, count in pairs if value.startswith(prefix)}
    return Values(counts, more).first(limit)
