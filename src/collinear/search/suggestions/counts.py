"""How many datasets have a term, exactly, counted once for each commit."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tantivy import Query

from collinear.search import schema
from collinear.search.reader import Commit

_MANY = 50_000
"""Datasets from which on it is quicker to let the dictionary count."""
_MOST_REMEMBERED = 5_000


class _Known(NamedTuple):
    of: str | None
    counts: dict[tuple[str, str], int]


class Counts:
    """Counts terms.  May be used by several threads; keeps no files of a commit open."""

    def __init__(self) -> None:
        self._known = _Known(None, {})

    def alive(self, commit: Commit, field: str, terms: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Those of the terms that datasets have in this commit, each with how many."""
        now = self._known
        if now.of != commit.name:
            self._known = now = _Known(commit.name, {})
        known = now.counts
        for term in terms:
            count = known.get((field, term))
            if count is None:
                if len(known) > _MOST_REMEMBERED:
                    known.clear()
                count = known[field, term] = _count(commit, field, term)
            if count:
                yield term, count


def _count(commit: Commit, field: str, term: str) -> int:
    searcher = commit.searcher
    having = Query.term_query(schema.SCHEMA, field, term, "basic")
    if searcher.doc_freq(field, term) < _MANY:
        count: int = searcher.search(having, 1).count  # type: ignore[attr-defined]  # not in the stub
        return count
    return dict(searcher.terms_with_prefix(field, term, having)).get(term, 0)
