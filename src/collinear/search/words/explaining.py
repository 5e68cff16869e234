"""Why a dataset stands where it stands: the parts of its score."""

import json
import math
from dataclasses import dataclass

from tantivy import DocAddress, Query

from collinear.search import schema
from collinear.search.words import ranking
from collinear.search.words.lexicon import Lexicon
from collinear.search.words.matching import Plan, Words, word_query
from collinear.search.words.naming import find_named


@dataclass(frozen=True, slots=True)
class WordScore:
    """What a word gives to a score: as much as its best field."""

    word: str
    score: float
    fields: dict[str, float]


@dataclass(frozen=True, slots=True)
class Explanation:
    """``score`` is (all of ``exactness`` + all of ``words``) times ``popularity``."""

    score: float
    exactness: dict[str, float]
    words: tuple[WordScore, ...]
    popularity: float


def explain(lexicon: Lexicon, plan: Plan, dataset_id: str) -> Explanation | None:
    """The parts of a dataset's score; None where it is not in the index any more."""
    searcher, address = lexicon.searcher, _find(lexicon, dataset_id)
    if address is None:
        return None

    def value(query: Query) -> float:
        try:
            told = json.loads(query.explain(searcher, address).to_json())
        except ValueError:  # it does not match
            return 0.0
        return round(float(told["value"]), 4)

    def words(some: Words) -> list[WordScore]:
        return [
            WordScore(
                word,
                value(word_query(fields)),
                {
                    _NAMES[field]: score
                    for field, found in fields.items()
                    if (score := value(found.query))
                },
            )
            for word, fields in some
        ]

    exactly = {step: score for step, query in plan.steps.items() if (score := value(query))}
    found = tuple(words(plan.words))
    if not all(word.score for word in found):
        found = ()  # it is called so, and has not all the words: they count together or not at all
    (weight,) = searcher.fast_field_values(schema.WEIGHT, [address])
    popularity = round(math.log2(2 + (weight or 0.0)), 4)
    score = (sum(exactly.values()) + sum(word.score for word in found)) * popularity
    return Explanation(round(score, 4), exactly, found, popularity)


_NAMES = {
    schema.NAME: "name",
    schema.AUTHOR: "author",
    schema.TAGS: "tags",
    schema.DESCRIPTION: "description",
}


def _find(lexicon: Lexicon, dataset_id: str) -> DocAddress | None:
    called = find_named(dataset_id, lexicon).get(ranking.ID)
    hits = lexicon.searcher.search(called, 1, count=False).hits if called else []
    return hits[0][1] if hits else None
