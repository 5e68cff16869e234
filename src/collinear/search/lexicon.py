"""What one commit of the index knows of words, remembered while it lasts."""

import math
from functools import lru_cache

from tantivy import Filter, Query, Searcher, TextAnalyzerBuilder, Tokenizer

from collinear.search import columns, ranking, schema
from collinear.search.text import guard

_LEAST_STEM = 3
"""Letters that all forms of a word share; with fewer, half the dictionary would be read."""
_MOST_REMEMBERED = 5_000

_stemmer = TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer("english")).build()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The English stem of a word in lower case."""
    return str(_stemmer.analyze(word)[0])


class Lexicon:
    """The words of the descriptions and their forms, the keys of the names, and counts."""

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self._forms: dict[str, dict[str, float]] = {}

    def forms(self, word: str) -> dict[str, float]:
        """
        The other forms of an English word in descriptions, each with what it counts.

        A form counts as its word would: that it is rare as such makes it no better an answer.
        """
        known = self._forms.get(word)
        if known is None:
            if len(self._forms) > _MOST_REMEMBERED:
                self._forms.clear()
            known = self._forms[word] = self._find_forms(word)
        return known

    def keys(self, field: str, start: str) -> list[str]:
        """The keys (see ``exactness``) that begin so."""
        return [term for term, _ in self.searcher.terms_with_prefix(field, start)]

    def count(self, query: Query) -> int:
        """How many datasets a query finds."""
        return columns.count(self.searcher, query)

    def _find_forms(self, word: str) -> dict[str, float]:
        if len(word) < _LEAST_STEM or not (word.isascii() and word.isalpha()):
            return {}
        wanted = stem(word)
        # The letters that forms share: studies, studied, study; hoping, hope
        shared = wanted[:-1] if wanted[-1] in "eiy" else wanted
        if len(shared) < _LEAST_STEM or not word.startswith(shared):
            shared = word[:_LEAST_STEM]
        forms = {
            term[2:]: frequency
            for term, frequency in self.searcher.terms_with_prefix(
                schema.DESCRIPTION, guard(shared)
            )
            if term.isascii() and term.isalpha() and stem(term[2:]) == wanted
        }
        together = self._rarity(sum(forms.values()))
        return {
            form: ranking.OTHER_FORM * together / self._rarity(frequency)
            for form, frequency in forms.items()
            if form != word
        }

    def _rarity(self, frequency: int) -> float:
        """What a term's rarity adds to the score of a document that has it, as BM25 has it."""
        documents = self.searcher.num_docs
        return math.log(1 + (max(documents - frequency, 0) + 0.5) / (frequency + 0.5))
