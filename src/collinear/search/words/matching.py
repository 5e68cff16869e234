"""How the words of a reading become a query."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from tantivy import Occur, Query

from collinear.search import marker, schema
from collinear.search.columns import both
from collinear.search.terms import any_of
from collinear.search.text.analysis import MAX_PART, guard
from collinear.search.text.english import STOP_WORDS
from collinear.search.words import ranking
from collinear.search.words.lexicon import Lexicon
from collinear.search.words.naming import find_named, find_namespace
from collinear.search.words.reading import Reading
from collinear.search.words.typed import Word

SCHEMA = schema.SCHEMA
_LONGEST_PHRASE = 32
"""Parts of a word that are looked for in their order; more would tell nothing."""
_SHORT = 2
"""Beginnings up to so many characters have terms of their own."""
_COMMON = {schema.NAME: 20_000, schema.TAGS: 1_000, schema.AUTHOR: 1_000, schema.DESCRIPTION: 1_000}
"""
Datasets with a word in a field from which on it is taken for finished there: that ``dataset``
could become ``datasets`` would make it find nearly all there are.
"""


class Found(NamedTuple):
    """What finds a word in one field: in all ways, of which the best counts, and each alone."""

    query: Query
    ways: tuple[tuple[float, Query], ...]
    """What each gives to a score, and its query with that score."""


Fields = dict[str, Found]
"""Where a word is found, without the fields that nobody has it in."""
Way = tuple[Query, float]
"""One way to find a word in a field, and what it is worth."""
Ways = dict[str, list[Way]]
Words = tuple[tuple[str, Fields], ...]
"""Words as they were typed, and where each is found."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A reading as queries, in parts, so that a score can be explained by them."""

    steps: dict[str, Query]
    """Exactness: what finds the datasets that are called so, and nothing else."""
    words: Words
    """What a dataset must have."""
    excluded: tuple[Query, ...]

    @property
    def wanted(self) -> list[tuple[Occur, Query]]:
        """What a dataset may have to be found; empty where things are only left out."""
        wanted = [(Occur.Should, query) for query in self.steps.values()]
        if self.words:
            wanted.append((Occur.Should, self.all_words()))
        return wanted

    def query(self) -> Query | None:
        """All of it in one; None where there is nothing to look for."""
        if wanted := self.wanted:
            found = wanted[0][1] if len(wanted) == 1 else Query.boolean_query(wanted)
            return self.without_excluded(found)
        if not self.excluded:
            return None
        return self.without_excluded(marker.all_others())

    def all_words(self) -> Query:
        """What has every word, each wherever it stands."""
        return Query.boolean_query([(Occur.Must, word_query(fields)) for _, fields in self.words])

    def without_excluded(self, found: Query) -> Query:
        """What a query finds and nobody wants to leave out."""
        if not self.excluded:
            return found
        left_out = [(Occur.MustNot, query) for query in self.excluded]
        return Query.boolean_query([(Occur.Must, found), *left_out])


NOTHING = Plan({}, (), ())
"""What looks for nothing."""


def plan(reading: Reading, lexicon: Lexicon) -> Plan:
    """The queries for a reading of the words."""
    words = reading.typed.words
    found = [
        (word.text, find_word(words, place, lexicon, forgiving=place in reading.forgiving))
        for place, word in enumerate(words)
        if place not in reading.dropped
    ]
    excluded = tuple([find_alone(word, lexicon) for word in reading.typed.excluded])
    if reading.forgiving or reading.dropped:
        return Plan({}, tuple(found), excluded)
    named = Plan(find_named(reading.typed.name, lexicon), tuple(found), excluded)
    if not found or ranking.ID_FOLDED in named.steps:
        return named
    namespace = find_namespace(reading.typed.name, lexicon)
    if namespace is None:
        return named
    begun = both(namespace, named.all_words())
    step = Query.const_score_query(begun, ranking.STEPS[ranking.NAMESPACE])
    return replace(named, steps={**named.steps, ranking.NAMESPACE: step})


def find_alone(word: Word, lexicon: Lexicon) -> Query:
    """Finds a word as it is, whatever stands beside it; and who has it for an id."""
    found = word_query(find_word((word,), 0, lexicon, forgiving=False))
    called = find_named(word.text, lexicon).get(ranking.ID_FOLDED) if "/" in word.text else None
    return any_of([found, called]) if called else found


def word_query(fields: Fields) -> Query:
    """Finds one word wherever it stands, its best field counting most."""
    return any_of([found.query for found in fields.values()])


def find_word(words: Sequence[Word], place: int, lexicon: Lexicon, *, forgiving: bool) -> Fields:
    """
    Finds a word, its other forms in descriptions, and what only begins so if it is unfinished.

    It is also found as a part of what a document writes in one word: ``open orca`` in
    ``openorca``.
    """
    word = words[place]
    alternatives: Ways = {field: list(_in_field(field, word, lexicon)) for field in ranking.WORDS}
    if not word.quoted:
        _add_neighbours(alternatives, words, place, lexicon)
        if len(word.parts) == 1:
            alternatives[schema.DESCRIPTION] += _other_forms(word.parts[0], lexicon)
    if word.unfinished:
        _add_beginnings(alternatives, words, place, lexicon)
    _add_joined_beginning(alternatives, words, place, lexicon)
    if forgiving:
        for field, ways in alternatives.items():
            ways += _forgiven(field, word)
    return {
        field: _weighed(ways, ranking.WORDS[field]) for field, ways in alternatives.items() if ways
    }


def _weighed(ways: Sequence[Way], weight: float) -> Found:
    """The ways to find a word in a field, of which the best counts."""
    scored = [(ranking.score(worth * weight), query) for query, worth in ways]
    found = tuple([(score, Query.const_score_query(query, score)) for score, query in scored])
    return Found(any_of([query for _, query in found]), found)


def mistakes(word: Word) -> int:
    """How many mistakes are forgiven in a word: none in short ones and in quotes."""
    if word.quoted or word.runs[0].continuous or len(word.joined) < 5:
        return 0
    return 1 if len(word.joined) < 9 else 2


def _in_field(field: str, word: Word, lexicon: Lexicon) -> Iterator[Way]:
    parts = word.parts[:_LONGEST_PHRASE]
    if len(parts) == 1:
        yield from _term(field, parts[0], lexicon)
    elif field in schema.PHRASES:
        yield from _phrase(field, word, lexicon)
    elif word.runs[0].continuous and not word.quoted:
        yield from _all_parts(field, parts, lexicon)
    if len(word.runs) > 1 or word.runs[0].is_compound:
        yield from _term(field, word.joined[:MAX_PART], lexicon)


def _all_parts(field: str, parts: Sequence[str], lexicon: Lexicon) -> Iterator[Way]:
    """Finds characters in any order, where the field knows none."""
    if rarity := _all_known([lexicon.rarity(field, part) for part in parts]):
        clauses = [(Occur.Must, _plain_term(field, part)) for part in dict.fromkeys(parts)]
        yield Query.boolean_query(clauses), rarity


def _phrase(field: str, word: Word, lexicon: Lexicon) -> Iterator[Way]:
    """Finds the parts of a word in their order; descriptions know only the places of stop words."""
    parts = list(enumerate(word.parts[:_LONGEST_PHRASE]))
    told = parts
    if field == schema.DESCRIPTION:
        told = [(place, part) for place, part in parts if part not in STOP_WORDS]
        if len(told) < len(parts) and len(told) == 1 and not word.quoted:
            return  # of "a100" the number alone says something else; there is its joined form
    rarity = _all_known([lexicon.rarity(field, part) for _, part in told])
    if not rarity:
        return
    if len(told) == 1:
        yield _plain_term(field, told[0][1]), rarity
    else:
        places: list[str | tuple[int, str]] = [(place, guard(part)) for place, part in told]
        yield Query.phrase_query(SCHEMA, field, places), rarity


def _all_known(rarities: Sequence[float | None]) -> float:
    """What all parts together tell; 0 where there is none, or one is nowhere."""
    known = [rarity for rarity in rarities if rarity is not None]
    return min(sum(known), ranking.MOST_RARITY) if len(known) == len(rarities) else 0.0


def _other_forms(word: str, lexicon: Lexicon) -> Iterator[Way]:
    forms = lexicon.forms(word)
    if forms.others:
        found = [(Occur.Should, _plain_term(schema.DESCRIPTION, form)) for form in forms.others]
        yield Query.boolean_query(found), ranking.OTHER_FORM * forms.rarity


def _add_neighbours(
    alternatives: Ways, words: Sequence[Word], place: int, lexicon: Lexicon
) -> None:
    for one, other in pairwise(range(max(place - 1, 0), min(place + 2, len(words)))):
        if _joinable(words[one]) and _joinable(words[other]):
            joined = (words[one].joined + words[other].joined)[:MAX_PART]
            for field, ways in alternatives.items():
                ways += _term(field, joined, lexicon)


def _joinable(word: Word) -> bool:
    return not word.quoted and not word.runs[0].continuous


def _add_beginnings(
    alternatives: Ways, words: Sequence[Word], place: int, lexicon: Lexicon
) -> None:
    word = words[place]
    if word.runs[0].continuous:
        return  # its last characters are found as they are, wherever they stand
    start = word.joined[:MAX_PART]
    if len(start) <= _SHORT:
        short = Query.term_query(SCHEMA, schema.BEGINNINGS, start, "basic")
        alternatives[schema.NAME].append((short, ranking.UNFINISHED))
        if len(start) == 1 and start.isascii():
            _take_lightly(alternatives)
            if len(words) == 1:
                alternatives[schema.DESCRIPTION].clear()  # most have it: it tells nothing
    else:
        for field, ways in alternatives.items():
            common = lexicon.frequency(field, start) >= _COMMON[field]
            if not common and lexicon.has_longer(field, start):
                ways.append(_beginning(field, start))


def _take_lightly(alternatives: Ways) -> None:
    """A single letter that somebody just typed is rarely the word that it is elsewhere."""
    for field, ways in alternatives.items():
        alternatives[field] = [(query, min(worth, ranking.UNFINISHED)) for query, worth in ways]


def _add_joined_beginning(
    alternatives: Ways, words: Sequence[Word], place: int, lexicon: Lexicon
) -> None:
    """The unfinished word and the one before it may be written in one: ``open or``."""
    if len(words) < 2 or place < len(words) - 2 or not words[-1].unfinished:
        return
    if all(map(_joinable, words[-2:])):
        joined = "".join([word.joined for word in words[-2:]])[:MAX_PART]
        common = lexicon.frequency(schema.NAME, joined) >= _COMMON[schema.DESCRIPTION]
        if len(joined) > _SHORT and not common and lexicon.has_longer(schema.NAME, joined):
            alternatives[schema.NAME].append(_beginning(schema.NAME, joined))


def _beginning(field: str, start: str) -> Way:
    # No mistake and all that follows: what a regular expression says, but made in no time
    found = Query.fuzzy_term_query(SCHEMA, field, guard(start), 0, prefix=True)
    return found, ranking.UNFINISHED


def _forgiven(field: str, word: Word) -> Iterator[Way]:
    for distance in range(1, mistakes(word) + 1):
        near = Query.fuzzy_term_query(SCHEMA, field, guard(word.joined), distance)
        yield near, ranking.FORGIVEN[distance]


def _term(field: str, term: str, lexicon: Lexicon) -> Iterator[Way]:
    """Finds a term, by its rarity alone; nothing where no dataset has it there."""
    rarity = lexicon.rarity(field, term)
    if rarity is not None:
        yield _plain_term(field, term), rarity


def _plain_term(field: str, term: str) -> Query:
    return Query.term_query(SCHEMA, field, guard(term), "basic")
