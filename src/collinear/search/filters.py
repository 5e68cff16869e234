"""How filters become queries; none of them touches the ranking."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from tantivy import Occur, Query

from collinear.domain.facets import TAG_FILTERS
from collinear.domain.query import MOMENT_FILTERS, RANGE_FIELDS, DatasetQuery
from collinear.search import keys, schema
from collinear.search.columns import between
from collinear.search.terms import any_value
from collinear.search.text.analysis import encodable

SCHEMA = schema.SCHEMA
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def filters(query: DatasetQuery) -> Iterator[Query]:
    """One query for each filter; a dataset must match all of them."""
    yield from _exact(query)
    for field in RANGE_FIELDS:
        least, most = getattr(query, f"min_{field}"), getattr(query, f"max_{field}")
        if least is not None or most is not None:
            yield _counts(field, least, most)
    for name, field in MOMENT_FILTERS.items():
        after, before = getattr(query, f"{name}_after"), getattr(query, f"{name}_before")
        if after is not None or before is not None:
            yield _moments(field, after, before)


def _exact(query: DatasetQuery) -> Iterator[Query]:
    if query.author:
        yield _any(schema.BY_AUTHOR, query.author)
    for tag in query.tag:
        yield _any(schema.BY_TAG, [tag])
    for name, prefix in TAG_FILTERS.items():
        if values := getattr(query, name):
            yield _any(schema.BY_TAG, [prefix + value for value in values])
    if query.impact_level:
        yield _any(schema.BY_IMPACT, query.impact_level)
    if query.gated:
        gated = {"auto", "manual"} if "true" in query.gated else set()
        yield _any(schema.BY_GATED, gated.union(query.gated) - {"true"})


def _any(field: str, values: Iterable[str]) -> Query:
    return any_value(field, sorted({encodable(value) for value in values}))


def _counts(field: str, least: int | None, most: int | None) -> Query:
    """Sort keys tell all but the largest from each other; for those there are plain values."""
    first = keys.FIRST_KNOWN if least is None else keys.key(keys.count_value(least), 0)
    last = None if most is None else keys.key(keys.count_value(most) + 1, 0) - 1
    clauses = [(Occur.Must, between(schema.by(field), first, last))]
    if keys.beyond(least) is not None:
        clauses.append((Occur.MustNot, between(field, 0, (least or 0) - 1)))
    if most is not None and keys.beyond(most) is not None:
        clauses.append((Occur.MustNot, between(field, most + 1, None)))
    return Query.boolean_query(clauses)


def _moments(field: str, after: datetime | None, before: datetime | None) -> Query:
    """Moments are kept as sort keys; what is unknown is below all that can be asked for."""
    least, most = keys.FIRST_KNOWN, None
    if after is not None:
        milliseconds = -((_EPOCH - after) // _MILLISECOND)
        least = keys.key(keys.moment_value(milliseconds), 0)
    if before is not None:
        milliseconds = (before - _EPOCH) // _MILLISECOND
        most = keys.key(keys.moment_value(milliseconds) + 1, 0) - 1
    return between(schema.by(field), least, most)
