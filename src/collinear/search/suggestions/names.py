"""Names that begin as somebody types them, the most used first."""

import math
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace

from tantivy import Occur, Query

from collinear.search import schema
from collinear.search.columns import both
from collinear.search.reader import Commit
from collinear.search.suggestions.vocabulary import LONGEST, Vocabulary, words
from collinear.search.terms import any_value
from collinear.search.text import exactness
from collinear.search.words.matching import find_word, word_query
from collinear.search.words.typed import Typed, read

SCHEMA = schema.SCHEMA
_CANDIDATES = 4
"""Names that are looked at for each that is shown: many datasets may be called the same."""
_MOST_HITS = 50
_MOST_OWNED = 300
"""Datasets of an author that are looked at one by one, which is quicker than to search."""
_SLOW = 0.005
"""Seconds that make an answer of the index worth remembering..."""
_REMEMBERED = 60.0
"""... for so many."""
_MOST_REMEMBERED = 500
_NAME_OR_AUTHOR = (schema.NAME, schema.AUTHOR)


@dataclass(frozen=True, slots=True)
class NameFound:
    """A name, how many are called so but for case and separators, and the most used of them."""

    text: str
    count: int
    id: str


class Names:
    """Finds names.  May be used by several threads; what took long is remembered for a minute."""

    def __init__(self) -> None:
        self._slow: dict[str, tuple[float, list[str]]] = {}

    def find(
        self, commit: Commit, vocabulary: Vocabulary, typed: Typed, limit: int
    ) -> list[NameFound]:
        """
        At most ``limit`` names: the one that was typed, then those that begin so, then others.

        After a namespace and a slash only names in that namespace, where there is one.
        """
        namespace, slash, name = typed.name.rpartition("/")
        owned = _called(commit, schema.NAMESPACE_KEY, folded(namespace)) if slash else None
        if owned is not None:
            return _owned(commit, owned, read(name), limit)
        start = folded(typed.name)
        found: dict[str, NameFound] = {}
        for candidate in self._candidates(commit, vocabulary, typed, limit):
            if candidate not in found and (named := _named(commit, candidate)):
                found[candidate] = named
            if len(found) == limit:
                break
        return sorted(found.values(), key=lambda some: _step(folded(some.text), start))

    def _candidates(
        self, commit: Commit, vocabulary: Vocabulary, typed: Typed, limit: int
    ) -> Iterator[str]:
        """Folded names, the best first; the index is asked where the vocabulary has too few."""
        start, most = folded(typed.name), limit * _CANDIDATES
        yield start
        for shelf in (vocabulary.names, vocabulary.inner):
            for dataset_id in shelf.find(start[:LONGEST], most):
                yield folded(_name(dataset_id))
        yield from self._remembered(f"{most} {start}", lambda: _begun(commit, start, most))
        yield from self._remembered(typed.name, lambda: _with_all_words(commit, typed))

    def _remembered(self, key: str, ask: Callable[[], list[str]]) -> list[str]:
        """What the index answers, or has answered lately if it took long."""
        now = time.monotonic()
        at, found = self._slow.get(key, (-math.inf, []))
        if now - at < _REMEMBERED:
            return found
        found = ask()
        if time.monotonic() - now > _SLOW:
            if len(self._slow) > _MOST_REMEMBERED:
                self._slow.clear()
            self._slow[key] = now, found
        return found


def folded(text: str) -> str:
    """All words of a text in one."""
    return "".join(words(text))


def _begun(commit: Commit, start: str, most: int) -> list[str]:
    """The most frequent folded names that begin so."""
    keys = commit.searcher.terms_with_prefix(schema.NAME_KEY, start, None, most)
    return [exactness.folded(key) for key, _ in keys]


def _with_all_words(commit: Commit, typed: Typed) -> list[str]:
    """The folded names of the most used datasets that have all words, some of them in the name."""
    ids = _most_used(commit, _with_words(commit, typed, _NAME_OR_AUTHOR))
    return [folded(_name(id_)) for id_ in ids if any(_begun_in(_name(id_), typed))]


def _owned(commit: Commit, owned: Query, typed: Typed, limit: int) -> list[NameFound]:
    """Names in a namespace, each with the id that it has there."""
    start = folded(typed.name)
    ids = _most_used(commit, owned, _MOST_OWNED)
    if len(ids) == _MOST_OWNED and typed.words:  # there may be more than were looked at
        ids = _most_used(commit, both(owned, _with_words(commit, typed, (schema.NAME,))))
    ids = [id_ for id_ in ids if all(_begun_in(_name(id_), typed))]
    ids.sort(key=lambda dataset_id: _step(folded(_name(dataset_id)), start))
    return [
        replace(named, text=_name(dataset_id), id=dataset_id)
        for dataset_id in ids[:limit]
        if (named := _named(commit, folded(_name(dataset_id))))
    ]


def _with_words(commit: Commit, typed: Typed, fields: Container[str]) -> Query:
    """Finds the datasets that have all words in these fields, the last perhaps only begun."""
    clauses = [(Occur.Must, Query.all_query())]
    for place in range(len(typed.words)):
        found = find_word(typed.words, place, commit.lexicon, forgiving=False)
        here = {name: query for name, query in found.items() if name in fields}
        clauses.append((Occur.Must, word_query(here) if here else Query.empty_query()))
    return Query.boolean_query(clauses[1:] or clauses)


def _most_used(commit: Commit, query: Query, most: int = _MOST_HITS) -> list[str]:
    found = commit.searcher.search(
        Query.const_score_query(query, 1.0), most, count=False, weight_by_field=schema.WEIGHT
    )
    return [commit.searcher.doc(address)[schema.ID][0] for _, address in found.hits]


def _named(commit: Commit, name: str) -> NameFound | None:
    """The most used dataset with this folded name, and how many there are."""
    called = _called(commit, schema.NAME_KEY, name)
    if called is None:
        return None
    found = commit.searcher.search(
        Query.const_score_query(called, 1.0), 1, weight_by_field=schema.WEIGHT
    )
    if not found.hits:
        return None
    dataset_id = commit.searcher.doc(found.hits[0][1])[schema.ID][0]
    count = found.count  # type: ignore[attr-defined]  # missing in the stub
    return NameFound(_name(dataset_id), count, dataset_id)


def _called(commit: Commit, field: str, name: str) -> Query | None:
    """Finds what has this folded name; None where nothing has."""
    known = commit.lexicon.keys(field, exactness.key("", name).folded)
    return any_value(field, known) if known else None


def _begun_in(name: str, typed: Typed) -> Iterator[bool]:
    """For each word whether it begins somewhere in the name: it may be the author's."""
    parts = words(name)
    starts = ["".join(parts[place:]) for place in range(len(parts))]
    for word in typed.words:
        yield any(start.startswith(word.joined) for start in starts)


def _name(dataset_id: str) -> str:
    return dataset_id.rpartition("/")[2]


def _step(name: str, start: str) -> int:
    """How exactly a folded name fits; 0 is best."""
    if name == start:
        return 0
    return 1 if name.startswith(start) else 2
