"""Finds the datasets that are called as typed, in steps of exactness."""

from collections.abc import Iterator

from tantivy import Query

from collinear.search import schema
from collinear.search.columns import both
from collinear.search.terms import any_of, any_value
from collinear.search.text import exactness
from collinear.search.text.analysis import analyse_name, encodable, runs
from collinear.search.words import ranking
from collinear.search.words.lexicon import Lexicon

_MOST_SPLITS = 8
"""Runs of a text that is tried as namespace and name."""


def find_named(typed: str, lexicon: Lexicon) -> dict[str, Query]:
    """Finds the datasets that are called exactly so, each step of exactness by itself."""
    typed = encodable(typed)
    steps: dict[str, list[Query]] = {}
    namespace, slash, name = typed.rpartition("/")
    ids = zip(
        (ranking.ID, ranking.ID_BUT_FOR_CASE, ranking.ID_FOLDED),
        _by_key(schema.NAMESPACE_KEY, namespace, lexicon),
        _by_key(schema.NAME_KEY, name, lexicon),
        strict=True,
    )
    for step, one, other in ids:
        if one and other:
            steps.setdefault(step, []).append(both(one, other))
    if not slash:
        for namespace, name in _splits(typed):
            one = _by_key(schema.NAMESPACE_KEY, namespace, lexicon)[-1]
            other = _by_key(schema.NAME_KEY, name, lexicon)[-1] if one else None
            if one and other:
                steps.setdefault(ranking.ID_FOLDED, []).append(both(one, other))
    as_typed, _, folded = _by_key(schema.NAME_KEY, typed, lexicon)
    if as_typed:
        steps[ranking.NAME] = [as_typed]
    if folded:
        steps[ranking.NAME_FOLDED] = [folded]
    return {
        step: Query.const_score_query(any_of(queries), ranking.STEPS[step])
        for step, queries in steps.items()
    }


def _splits(typed: str) -> Iterator[tuple[str, str]]:
    """The ways to read a text without a slash as namespace and name."""
    words = runs(typed)
    if len(words) <= _MOST_SPLITS:
        for place in range(1, len(words)):
            yield " ".join(words[:place]), " ".join(words[place:])


def _by_key(field: str, name: str, lexicon: Lexicon) -> list[Query | None]:
    """Finds a name as typed, but for its case, and folded; None where nothing is called so."""
    key = exactness.key(name, analyse_name(name).folded)
    known = lexicon.keys(field, key.folded)
    steps = (
        [term for term in known if term == key.as_typed],
        [term for term in known if term.startswith(key.but_for_case)],
        known,
    )
    return [any_value(field, terms) if terms else None for terms in steps]


def find_namespace(typed: str, lexicon: Lexicon) -> Query | None:
    """Finds what is in the namespace that stands before a slash; None where there is none."""
    namespace, slash, _ = encodable(typed).rpartition("/")
    return _by_key(schema.NAMESPACE_KEY, namespace, lexicon)[-1] if slash else None
