"""What somebody who is typing may want: names, authors and tags that begin so."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from collinear.domain.errors import BadParameter, IndexNotReady
from collinear.domain.facets import TAG_FILTERS
from collinear.search import schema
from collinear.search.reader import IndexReader
from collinear.search.suggestions.counts import Counts
from collinear.search.suggestions.names import NameFound, Names, folded
from collinear.search.suggestions.vocabulary import LONGEST
from collinear.search.suggestions.vocabulary_reader import VocabularyReader
from collinear.search.text.analysis import encodable
from collinear.search.words import typed

_CANDIDATES = 4
"""Entries that are looked at for each that is shown: some are gone since they were read."""


@dataclass(frozen=True, slots=True)
class AuthorFound:
    """An author, and how many datasets they have."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class TagFound:
    """A tag, how many datasets have it, and the filter and value that stand for it."""

    text: str
    count: int
    filter: str
    value: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What begins as typed; of each kind first what is exactly so, then the most used."""

    names: tuple[NameFound, ...]
    authors: tuple[AuthorFound, ...]
    tags: tuple[TagFound, ...]
    serial: str
    """The position of the stream that the counts are true for."""


class Suggester:
    """
    Suggests.  May be used by several threads.

    What is suggested may be some minutes behind a large index; that it exists, and how often,
    is as of the newest commit.
    """

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader
        self._vocabulary = VocabularyReader()
        self._counts = Counts()
        self._names = Names()

    def prepare(self) -> None:
        """Get ready, in a thread of its own, so that the first question need not wait."""
        threading.Thread(target=self._prepare, name="vocabulary").start()

    def _prepare(self) -> None:
        with suppress(IndexNotReady):
            self._vocabulary.prepare(self._reader.commit())

    def suggest(self, text: str, limit: int) -> Suggestions:
        """
        At most ``limit`` suggestions of each kind; none where the text holds no word.

        Raises:
            IndexNotReady: There is no index yet.
        """
        commit = self._reader.commit()
        serial = str(commit.serial)
        try:
            wanted = typed.read(encodable(text))
        except BadParameter:  # more words than any name has
            return Suggestions((), (), (), serial)
        start = folded(wanted.name)[:LONGEST]
        if not start:
            return Suggestions((), (), (), serial)
        vocabulary = self._vocabulary.newest(commit)
        authors, tags = (
            islice(self._counts.alive(commit, field, shelf.find(start, limit * _CANDIDATES)), limit)
            for field, shelf in (
                (schema.BY_AUTHOR, vocabulary.authors),
                (schema.BY_TAG, vocabulary.tags),
            )
        )

        def order(found: tuple[str, int]) -> tuple[bool, int, str]:
            term, count = found
            return start not in (folded(term), folded(term.partition(":")[2])), -count, term

        return Suggestions(
            tuple(self._names.find(commit, vocabulary, wanted, limit)),
            tuple([AuthorFound(*found) for found in sorted(authors, key=order)]),
            tuple([TagFound(*found, *_filter(found[0])) for found in sorted(tags, key=order)]),
            serial,
        )


def _filter(tag: str) -> tuple[str, str]:
    """The parameter of the list that finds a tag, and its value."""
    for name, prefix in TAG_FILTERS.items():
        if tag.startswith(prefix) and tag != prefix:
            return name, tag.removeprefix(prefix)
    return "tag", tag
