"""How typed words become a query."""

from collections.abc import Iterable, Iterator

from tantivy import Occur, Query

from collinear.search import ranking, schema
from collinear.search.text import MAX_PART, Run, analyse, analyse_name, encodable, runs

SCHEMA = schema.SCHEMA


def match(text: str) -> Query | None:
    """
    A query for the datasets that have every word of a text, and for the one named by it.

    Text is never read as syntax.  None where nothing in it can be searched for.
    """
    words = list(dict.fromkeys([word for run in runs(text) if (word := analyse(run)).parts]))
    if not words:
        return None
    every_word = Query.boolean_query(
        [(Occur.Must, _word(words, place)) for place in range(len(words))]
    )
    named = [(Occur.Should, query) for query in _named(encodable(text.strip()))]
    return Query.boolean_query([(Occur.Should, every_word), *named])


def _named(typed: str) -> Iterator[Query]:
    """Finds the datasets that are called exactly so, each step of exactness by itself."""
    lower, folded = typed.lower(), analyse_name(typed).folded
    for step, field, value in (
        (schema.ID, schema.ID, typed),
        (schema.ID_LOWER, schema.ID, lower),  # an id without capitals is kept only once
        (schema.ID_LOWER, schema.ID_LOWER, lower),
        (schema.ID_FOLDED, schema.ID_FOLDED, folded),
        (schema.NAME_TYPED, schema.NAME_TYPED, typed),
        (schema.NAME_FOLDED, schema.NAME_FOLDED, folded),
    ):
        found = Query.term_query(SCHEMA, field, value, "basic")
        yield Query.const_score_query(found, ranking.STEPS[step])


def _word(words: list[Run], place: int) -> Query:
    """
    Finds one word wherever it stands, its best field counting most.

    It is also found as a part of what a document writes in one word: ``open orca`` in
    ``openorca``.
    """
    word = words[place]
    joined = {word.joined} if word.is_compound else set()
    if not word.continuous:
        if place > 0:
            joined.add((words[place - 1].joined + word.joined)[:MAX_PART])
        if place + 1 < len(words):
            joined.add((word.joined + words[place + 1].joined)[:MAX_PART])
    return Query.disjunction_max_query(
        [
            Query.boost_query(query, boost)
            for field, boost in ranking.WORDS.items()
            for query in _in_field(field, word, sorted(joined))
        ],
        ranking.OTHER_FIELDS,
    )


def _in_field(field: str, word: Run, joined: Iterable[str]) -> Iterator[Query]:
    if len(word.parts) == 1:
        yield _term(field, word.parts[0])
    elif field in schema.PHRASES:
        yield Query.phrase_query(SCHEMA, field, list(word.parts))
    else:
        parts = dict.fromkeys(word.parts)
        yield Query.boolean_query([(Occur.Must, _term(field, part)) for part in parts])
    for term in joined:
        yield _term(field, term)


def _term(field: str, term: str) -> Query:
    option = "freq" if field in schema.PHRASES else "basic"
    return Query.term_query(SCHEMA, field, term, option)
