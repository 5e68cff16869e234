"""
Datasets that are like another one: they share what tells it from most.

What a dataset has in common with few others (rare words of its name, tags and words of its
description) is looked for all at once; the more of it a dataset has, and the rarer that is,
the more alike the two are.  Popularity decides among those that are nearly alike.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from tantivy import Occur, Query

from collinear.search import schema
from collinear.search.reader import Commit
from collinear.search.suggestions.vocabulary import words
from collinear.search.text.analysis import analyse_name, encodable, guard

SCHEMA = schema.SCHEMA
MOST_OF_ONE_AUTHOR = 2
"""Datasets of one author among the similar ones: whoever has hundreds alike has one idea."""
MOST_OF_ONE_NAME = 3
"""Datasets of different authors that are called the same: most of them are copies."""

_KINDS = {schema.NAME: 2.0, schema.BY_TAG: 1.5, schema.DESCRIPTION: 1.0}
"""What a name, a tag and a description tell of what a dataset is about."""
_NUMBER = 0.3
"""What a term tells that holds hardly a letter: ``10k``, ``v2``, part of a hash."""
_LETTERS = 3
_MOST_OF_A_KIND = 10
_MOST_TERMS = 25
_MOST_LOOKED_AT = 200
"""Terms of a kind among which the most telling ones are chosen."""
_MOST_CHARACTERS = 2_000
_MOST_DATASETS = 200_000
"""Datasets that have any of the terms, each counted as often as it has one: this is the cost."""
_TELLING = 20
"""A term that more than one in so many datasets has tells too little..."""
_FEW = 500
"""... unless these are few all the same, and not a quarter of the catalog."""
_ROUNDS = 4
_CANDIDATES = 3


class _Term(NamedTuple):
    field: str
    value: str
    frequency: int
    telling: float

    @property
    def query(self) -> Query:
        found = Query.term_query(SCHEMA, self.field, self.value, "basic")
        return Query.const_score_query(found, self.telling)


def find(commit: Commit, document: Mapping[str, Any], limit: int) -> tuple[str, ...]:
    """
    Ids of other datasets, those most alike first: some more than ``limit``, to choose from.

    Of one author, and of one name, there are only a few.
    """
    terms = _telling(commit, document)
    if not terms:
        return ()
    choice, itself = _Choice(limit * _CANDIDATES), encodable(document["id"])
    for _ in range(_ROUNDS):
        others = [(Occur.MustNot, _by(author)) for author in sorted(choice.exhausted)]
        alike = [(Occur.Should, term.query) for term in terms]
        found = commit.searcher.search(
            Query.boolean_query([*alike, *others]),
            choice.most + len(choice.taken) + 1,
            count=False,
            weight_by_field=schema.WEIGHT,
        )
        ids = [commit.searcher.doc(address)[schema.ID][0] for _, address in found.hits]
        if not choice.take(dataset_id for dataset_id in ids if dataset_id != itself):
            break
    return tuple(choice.taken)


class _Choice:
    """The ids that were chosen so far, and the authors of whom there are enough."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken: dict[str, None] = {}
        self.exhausted: set[str] = set()
        self._room: dict[tuple[str, ...], int] = {}

    def take(self, ids: Iterable[str]) -> bool:
        """Take what is new of these; whether it makes sense to ask again without some authors."""
        asked, before = 0, len(self.exhausted)
        for dataset_id in ids:
            asked += 1
            if dataset_id not in self.taken and len(self.taken) < self.most:
                self._take(dataset_id)
        is_full = len(self.taken) == self.most
        return not is_full and asked >= self.most and len(self.exhausted) > before

    def _take(self, dataset_id: str) -> None:
        author, _, name = dataset_id.rpartition("/")
        parts = words(name)
        rooms = {
            ("name", "".join(parts)): MOST_OF_ONE_NAME,
            ("author", author): MOST_OF_ONE_AUTHOR if author else self.most,
            # An author may number what is the same otherwise
            ("series", author, *[part for part in parts if part.isalpha()]): 1,
        }
        if all(self._room.setdefault(kind, room) for kind, room in rooms.items()):
            self.taken[dataset_id] = None
            for kind in rooms:
                self._room[kind] -= 1
        elif author:
            self.exhausted.add(author)


def _telling(commit: Commit, document: Mapping[str, Any]) -> list[_Term]:
    """The terms of a dataset that tell most, in a number that can be looked for in time."""
    known: list[_Term] = []
    for field, values in _values(document):
        some = [_term(commit, field, value) for value in islice(values, _MOST_LOOKED_AT)]
        some.sort(key=lambda term: -term.telling)
        known += [term for term in some if term.frequency > 1][:_MOST_OF_A_KIND]
    known.sort(key=lambda term: -term.telling)
    documents = commit.searcher.num_docs
    most = max(documents // _TELLING, min(documents // 4, _FEW))
    terms: list[_Term] = []
    room = _MOST_DATASETS
    for term in known:
        if term.frequency <= min(most, room) and len(terms) < _MOST_TERMS:
            terms.append(term)
            room -= term.frequency
    return terms or known[:1]


def _values(document: Mapping[str, Any]) -> Iterator[tuple[str, Iterable[str]]]:
    """What the dataset has in each field, each value once."""
    name = analyse_name(encodable(document["name"]))
    yield schema.NAME, dict.fromkeys([*name.parts.split(), *name.joined.split()])
    yield schema.BY_TAG, dict.fromkeys(map(encodable, document["tags"]))
    prose = encodable((document["description"] or "")[:_MOST_CHARACTERS])
    yield schema.DESCRIPTION, dict.fromkeys(map(guard, words(prose)))


def _term(commit: Commit, field: str, value: str) -> _Term:
    frequency = commit.searcher.doc_freq(field, value)
    rarity = commit.lexicon.rarity_of(frequency)
    weight = _KINDS[field] * (1.0 if _is_word(field, value) else _NUMBER)
    return _Term(field, value, frequency, weight * rarity)


def _is_word(field: str, value: str) -> bool:
    letters = sum(map(str.isalpha, value))
    if field != schema.BY_TAG and not value[0].isdecimal():
        letters -= 2  # the first one is there three times
    return letters >= _LETTERS or not value.isascii()


def _by(author: str) -> Query:
    return Query.term_query(SCHEMA, schema.BY_AUTHOR, author, "basic")
