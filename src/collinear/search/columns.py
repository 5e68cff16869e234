"""Reading the index along one column of numbers, or by how well it matches."""

from typing import NamedTuple

from tantivy import DocAddress, FieldType, Occur, Order, Query, Searcher

from collinear.search import keys, schema

LAST = 2**64 - 1
_DEEP = 1_000
"""From this offset on it pays to count first, and to come from the nearer end."""


class Slice(NamedTuple):
    """Some of what a query finds, as (number, address) in order, and how many it finds in all."""

    hits: list[tuple[int, DocAddress]]
    found: int


def both(query: Query, other: Query) -> Query:
    """What both queries find."""
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, other)])


def between(column: str, least: int | None, most: int | None) -> Query:
    """The datasets whose number is from ``least`` to ``most``, both included."""
    if least is not None and most is not None and least > most:
        return Query.empty_query()
    return Query.range_query(schema.SCHEMA, column, FieldType.Unsigned, least, most)


def at_or_after(column: str, number: int, upwards: bool) -> Query:
    """The datasets from a number on, in this direction."""
    return between(column, number, LAST) if upwards else between(column, 0, number)


def before(column: str, number: int, upwards: bool) -> Query:
    """The datasets that come before a number, in this direction."""
    return between(column, 0, number - 1) if upwards else between(column, number + 1, LAST)


def count(searcher: Searcher, query: Query) -> int:
    """How many datasets a query finds."""
    return _search(searcher, query, schema.CREATION, 0, 1, True).found


class Count(NamedTuple):
    """How many datasets a query finds; and which, by their ordinals, where they are few."""

    total: int
    few: tuple[int, ...]


FEW = 30


def look_at(searcher: Searcher, query: Query) -> Count:
    """Count, and remember what was counted where it is little."""
    some = _search(searcher, query, schema.by("created_at"), 0, FEW, True)
    few = some.hits if some.found <= FEW else []
    return Count(some.found, tuple([keys.ordinal(key) for key, _ in few]))


def cut(
    searcher: Searcher, query: Query, column: str, offset: int, limit: int, upwards: bool
) -> Slice:
    """
    The hits from ``offset`` on, at most ``limit`` (which may be 0), ordered by a column.

    Equal numbers come in no particular order.
    """
    if offset < _DEEP and limit:
        return _search(searcher, query, column, offset, limit, upwards)
    found = count(searcher, query)
    limit = min(limit, found - offset)
    if limit <= 0:
        return Slice([], found)
    if offset <= found // 2:
        return _search(searcher, query, column, offset, limit, upwards)
    mirrored = _search(searcher, query, column, found - offset - limit, limit, not upwards)
    return Slice(mirrored.hits[::-1], found)


def _search(
    searcher: Searcher, query: Query, column: str, offset: int, limit: int, upwards: bool
) -> Slice:
    found = searcher.search(
        query,
        limit,
        offset=offset,
        order_by_field=column,
        order=Order.Asc if upwards else Order.Desc,
    )
    return Slice(found.hits, found.count)  # type: ignore[attr-defined]  # missing in the stub
