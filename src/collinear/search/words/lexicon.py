"""What one commit of the index knows of words, remembered while it lasts."""

import math
from typing import Any, NamedTuple

from tantivy import Query, Searcher

from collinear.search import columns, schema
from collinear.search.text.analysis import guard
from collinear.search.text.english import stem

_LEAST_STEM = 3
"""Letters that all forms of a word share; with fewer, half the dictionary would be read."""
_LONGEST_ENDING = 3
"""Letters behind the stem of a word that nobody wrote so: ``imageent`` is no form of ``image``."""
_MOST_REMEMBERED = 5_000


class Forms(NamedTuple):
    """The other forms of a word in descriptions, and how rare all of them together are."""

    others: tuple[str, ...]
    rarity: float


class Lexicon:
    """How rare words are, their forms in descriptions, and the keys of the names."""

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self._forms: dict[str, Forms] = {}
        self._longer: dict[tuple[str, str], bool] = {}

    def frequency(self, field: str, term: str) -> int:
        """How many datasets have this term in this field."""
        return self.searcher.doc_freq(field, guard(term))

    def most_frequent(self, term: str) -> int:
        """How many datasets have this term in the field where most have it."""
        return max(self.frequency(field, term) for field in schema.WORDS)

    def rarity(self, field: str, term: str) -> float | None:
        """What it tells that a dataset has this term in this field; None where none has it."""
        frequency = self.frequency(field, term)
        return self.rarity_of(frequency) if frequency else None

    def has_longer(self, field: str, start: str) -> bool:
        """Whether any dataset has a longer word that begins so."""
        known = self._longer.get((field, start))
        if known is None:
            _make_room(self._longer)
            this = guard(start)
            terms = self.searcher.terms_with_prefix(field, this, None, 2)
            known = self._longer[field, start] = any(term != this for term, _ in terms)
        return known

    def forms(self, word: str) -> Forms:
        """The other forms of an English word; none of a word of other letters."""
        known = self._forms.get(word)
        if known is None:
            _make_room(self._forms)
            known = self._forms[word] = self._find_forms(word)
        return known

    def keys(self, field: str, start: str) -> list[str]:
        """The keys (see ``exactness``) that begin so."""
        return [term for term, _ in self.searcher.terms_with_prefix(field, start)]

    def count(self, query: Query) -> int:
        """How many datasets a query finds."""
        return columns.count(self.searcher, query)

    def _find_forms(self, word: str) -> Forms:
        frequencies: dict[str, int] = {}
        if len(word) >= _LEAST_STEM and word.isascii() and word.isalpha():
            wanted = stem(word)
            # The letters that forms share: studies, studied, study; hoping, hope
            shared = wanted[:-1] if wanted[-1] in "eiy" else wanted
            if len(shared) < _LEAST_STEM or not word.startswith(shared):
                shared = word[:_LEAST_STEM]
            known = self.searcher.terms_with_prefix(schema.DESCRIPTION, guard(shared))
            frequencies = {
                term[2:]: frequency
                for term, frequency in known
                if term.isascii() and term.isalpha() and stem(term[2:]) == wanted
            }
            if word not in frequencies and len(word) - len(wanted) > _LONGEST_ENDING:
                frequencies = {}  # no word that anybody wrote, and hardly a form of one
        else:
            frequencies = {word: self.frequency(schema.DESCRIPTION, word)}
        others = tuple([form for form in frequencies if form != word])
        return Forms(others, self.rarity_of(sum(frequencies.values())))

    def rarity_of(self, frequency: int) -> float:
        """The weight of a term by its frequency, as in BM25."""
        documents = self.searcher.num_docs
        return math.log(1 + (max(documents - frequency, 0) + 0.5) / (frequency + 0.5))


def _make_room(remembered: dict[Any, Any]) -> None:
    if len(remembered) > _MOST_REMEMBERED:
        remembered.clear()
