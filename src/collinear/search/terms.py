"""What any of several queries or exact values finds."""

from collections.abc import Collection, Sequence

from tantivy import Occur, Query

from collinear.search import schema

_FEW = 30
"""
Values up to which they are looked for one by one, 12 µs each; a set of them takes 200 µs, and reads
all its lists to their ends.
"""


def any_of(queries: Sequence[Query]) -> Query:
    """What any of some queries finds, with the best of their scores."""
    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else Query.disjunction_max_query(list(queries))


def any_value(field: str, values: Collection[str | int]) -> Query:
    """What has any of these values in a field."""
    if not values:
        return Query.empty_query()
    if len(values) > _FEW:
        return Query.term_set_query(schema.SCHEMA, field, list(values))
    terms = [Query.term_query(schema.SCHEMA, field, value, "basic") for value in values]
    if len(terms) == 1:
        return terms[0]
    return Query.boolean_query([(Occur.Should, term) for term in terms])
