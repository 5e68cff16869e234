"""What is searched for when nothing has all the words as they were typed."""

from collections.abc import Callable, Iterable

from tantivy import Occur, Query

from collinear.search.text.english import tells_nothing
from collinear.search.words.lexicon import Lexicon
from collinear.search.words.matching import find_alone, find_word, mistakes, word_query
from collinear.search.words.reading import Reading
from collinear.search.words.typed import Typed

_MOST_TRIED = 12
"""Words that are tried together, the rarest; the others could hardly be kept with them."""
_MOST_UNKNOWN = 6
"""Unknown words in which typos are looked for; a text with more of them is no text of ours."""

_FREQUENT = 1_000
"""
Datasets with a word from which on the dictionary is believed: it counts those that left, too,
until their segment is merged.
"""


def choose(typed: Typed, lexicon: Lexicon, finds: Callable[[Reading], bool]) -> Reading:
    """
    The strictest reading that finds anything, as ``finds`` tells, whatever the filters.

    First every word as it was typed; then with typos in the words that are nowhere, and in
    all; then without the words that keep the rarer ones from being found.
    """
    strict = Reading(typed)
    if not typed.words or finds(strict):
        return strict
    choice = _Choice(typed, lexicon)
    if choice.all_found:
        for forgiving in (choice.unknown, choice.forgivable):
            reading = Reading(typed, forgiving)
            if forgiving and finds(reading):
                return reading
    return choice.without_some()


class _Choice:
    """What each word finds by itself: as typed, or else with typos forgiven."""

    def __init__(self, typed: Typed, lexicon: Lexicon) -> None:
        self._typed = typed
        self._lexicon = lexicon
        self.unknown: frozenset[int] = frozenset()
        self._queries: dict[int, Query] = {}
        self._counts: dict[int, int] = {}
        places = range(len(typed.words))
        self.forgivable = frozenset([p for p in places if mistakes(typed.words[p])])
        for place in places:
            self._look_for(place, forgiving=False)
        nowhere = [place for place in places if place not in self._counts]
        self.unknown = frozenset(nowhere)
        for place in [place for place in nowhere if place in self.forgivable][:_MOST_UNKNOWN]:
            self._look_for(place, forgiving=True)

    @property
    def all_found(self) -> bool:
        """Whether each word is found by itself."""
        return len(self._counts) == len(self._typed.words)

    def without_some(self) -> Reading:
        """
        The rarest words that are found together, and as many more as they allow.

        Words as they were typed go before those with typos; words that every text has are
        dropped: they would choose at random.
        """
        kept: set[int] = set()
        words = self._typed.words
        telling = [p for p in self._counts if not tells_nothing(words[p].joined)]
        rarest = sorted(telling or self._counts, key=lambda p: (p in self.unknown, self._counts[p]))
        for place in rarest[:_MOST_TRIED]:
            if self._together({*kept, place}):
                kept.add(place)
        if not kept:
            return Reading(self._typed)
        dropped = frozenset(range(len(self._typed.words))) - kept
        return Reading(self._typed, self.unknown & kept, dropped)

    def _look_for(self, place: int, *, forgiving: bool) -> None:
        words = self._typed.words
        query = word_query(find_word(words, place, self._lexicon, forgiving=forgiving))
        # A frequent word need not be counted to be known; a rare one may be of those that left
        frequency = 0 if forgiving else self._lexicon.most_frequent(words[place].joined)
        if count := frequency if frequency > _FREQUENT else self._lexicon.count(query):
            self._queries[place], self._counts[place] = query, count

    def _together(self, places: Iterable[int]) -> bool:
        clauses = [(Occur.Must, self._queries[place]) for place in places]
        clauses += [
            (Occur.MustNot, find_alone(word, self._lexicon)) for word in self._typed.excluded
        ]
        return self._lexicon.count(Query.boolean_query(clauses)) > 0
