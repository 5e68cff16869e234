"""
One page of what a query finds, in each kind of order.

A position in an order of the catalog is the sort key of the last dataset: it costs the same
at any depth and survives commits.  By relevance it is a number of results, within one
generation of the index.
"""

from operator import itemgetter
from typing import Any

from tantivy import DocAddress, Query, Searcher

from collinear.domain.errors import BadCursor, TooDeep
from collinear.domain.query import SortField
from collinear.search import columns, keys, schema
from collinear.search.columns import LAST, Count, at_or_after, before, between, both, cut
from collinear.search.place import Page, Place, kind, to_number
from collinear.search.words.best import Ranked

_MOST_BUCKETS = 10_000
FARTHEST = 5_000
"""Offset of a list by id: those before it are read one by one, 10,000 in half a second."""
DEEPEST = 10_000
"""Results that can be paged by relevance: each page is found together with all before it."""


def by_relevance(
    searcher: Searcher,
    ranked: Ranked,
    count: Count,
    place: Place,
    generation: str,
    *,
    upwards: bool,
) -> Page:
    """
    The best matches first, the popular first among those that match alike; or that turned.

    Raises:
        TooDeep: It is a page of further results than can be paged by relevance.
    """
    this = kind("relevance", upwards)
    offset = place.offset
    if fields := place.fields(this, 2):
        if fields[0] != generation:
            raise BadCursor("The search index was rebuilt since: start again without the cursor.")
        offset = to_number(fields[1])
    total = count.total
    if DEEPEST <= offset < total:
        raise TooDeep(
            f"By relevance the first {DEEPEST:,} results can be paged, and this is one of "
            f"{total:,}: more words or filters make them fewer, and with sort_by a cursor "
            "leads to the last."
        )
    limit = min(place.limit, DEEPEST - offset)
    if upwards:
        start = max(total - offset - limit, 0)
        hits = ranked.find(searcher, start, total - offset - start, count)[::-1]
    else:
        hits = ranked.find(searcher, offset, limit, count)
    end = offset + len(hits)
    following = f"{this}.{generation}.{end}" if hits and end < total else None
    return Page(_ids(searcher, hits), total, following)


def by_measure(
    searcher: Searcher, query: Query, place: Place, field: SortField, *, upwards: bool
) -> Page:
    """Ordered by a measure, unknown values last in both directions."""
    this, column = kind(field, upwards), schema.by(field)
    last = place.numbers(this, 1)
    hits: list[tuple[int, DocAddress]] = []
    found = 0
    for least, most in _spans(last[0] if last else None, upwards):
        part = query if (least, most) == (0, LAST) else both(query, between(column, least, most))
        skip, room = max(0, place.offset - found), place.limit - len(hits)
        some = cut(searcher, part, column, skip, room, upwards)
        hits += some.hits
        found += some.found
    more = found > place.offset + len(hits)
    following = f"{this}.{hits[-1][0]}" if hits and more else None
    addresses = [address for _, address in hits]
    return Page(_ids(searcher, addresses), None if last else found, following)


def _spans(last: int | None, upwards: bool) -> list[tuple[int, int]]:
    """The keys to read, in this order: upwards the unknown come after the known all the same."""
    if not upwards:
        return [(0, LAST if last is None else last - 1)]
    if last is None:
        return [(keys.FIRST_KNOWN, LAST), (0, keys.FIRST_KNOWN - 1)]
    if last >= keys.FIRST_KNOWN:
        return [(last + 1, LAST), (0, keys.FIRST_KNOWN - 1)]
    return [(last + 1, keys.FIRST_KNOWN - 1)]


def by_creation(searcher: Searcher, query: Query, place: Place, *, upwards: bool) -> Page:
    """
    The catalog's order: created second, then hub_id.

    The index orders by the first 64 bits of it; the few that share them are ordered here.
    """
    this, column = kind("creation", upwards), schema.CREATION
    total, drop = None, 0
    last = place.numbers(this, 2)
    if last:
        drop = columns.count(searcher, both(query, between(column, last[0], last[0])))
        query = both(query, at_or_after(column, last[0], upwards))
    elif place.offset:
        jump = _jump(searcher, query, column, place.offset, upwards)
        total, drop, query = jump
    hits, found = cut(searcher, query, column, 0, drop + place.limit, upwards)
    if len(hits) < found and hits:  # the last ones may have been cut out of their equals
        end = hits[-1][0]
        equal = both(query, between(column, end, end))
        equals = cut(searcher, equal, column, 0, columns.count(searcher, equal), upwards).hits
        hits = [hit for hit in hits if hit[0] != end] + equals
    addresses = [address for _, address in hits]
    rests = searcher.fast_field_values(schema.CREATION_REST, addresses)
    rows = [((hit[0], rest), hit[1]) for hit, rest in zip(hits, rests, strict=True)]
    rows.sort(key=itemgetter(0), reverse=not upwards)
    if last:
        edge = last[0], last[1]
        drop = sum(key <= edge if upwards else key >= edge for key, _ in rows)
    page = rows[drop : drop + place.limit]
    more = page and found > drop + len(page)
    following = f"{this}.{page[-1][0][0]}.{page[-1][0][1]}" if more else None
    if total is None and not last:
        total = found
    return Page(_ids(searcher, [address for _, address in page]), total, following)


def by_id(searcher: Searcher, query: Query, place: Place, *, upwards: bool) -> Page:
    """
    Ordered by id, byte by byte.

    Raises:
        TooDeep: The offset leads further than it is good to count, id by id.
    """
    this = kind("id", upwards)
    total, drop, after = None, 0, None
    if fields := place.fields(this, 1):
        after = fields[0]
    elif place.offset:
        total, drop = columns.count(searcher, query), place.offset
        if drop >= total:
            return Page((), total, None)
        if drop >= FARTHEST:
            raise TooDeep(
                f"By id the first {FARTHEST:,} results of a search or filter can be reached by "
                "offset: follow next_cursor for those further down."
            )
    else:
        total = columns.count(searcher, query)
    while drop > 0:
        skipped = _next_ids(searcher, query, after, min(drop, _MOST_BUCKETS), upwards)
        if not skipped:
            break
        after, drop = skipped[-1], drop - len(skipped)
    ids = _next_ids(searcher, query, after, place.limit + 1, upwards)
    page = ids[: place.limit]
    following = f"{this}.{page[-1]}" if len(ids) > len(page) else None
    return Page(tuple(page), total, following)


def _jump(
    searcher: Searcher, query: Query, column: str, offset: int, upwards: bool
) -> tuple[int, int, Query]:
    """
    Come near an offset along a column that does not settle the order alone.

    Returns how many the query finds, how many to leave out yet, and the query from there on.
    """
    there, total = cut(searcher, query, column, offset, 1, upwards)
    if not there:
        return total, 0, Query.empty_query()
    number = there[0][0]
    passed = columns.count(searcher, both(query, before(column, number, upwards)))
    return total, offset - passed, both(query, at_or_after(column, number, upwards))


def _next_ids(
    searcher: Searcher, query: Query, after: str | None, limit: int, upwards: bool
) -> list[str]:
    order: dict[str, Any] = {"field": schema.ID, "order": "asc" if upwards else "desc"}
    asked: dict[str, Any] = {"size": limit, "sources": [{"id": {"terms": order}}]}
    if after is not None:
        asked["after"] = {"id": f"str:{after}"}
    answer = searcher.aggregate(query, {"ids": {"composite": asked}})
    return [bucket["key"]["id"] for bucket in answer["ids"]["buckets"]]


def _ids(searcher: Searcher, addresses: list[DocAddress]) -> tuple[str, ...]:
    return tuple([searcher.doc(address)[schema.ID][0] for address in addresses])
