"""
The words that people may be about to type: the beginnings of names, authors and tags.

A typed beginning is looked for in a few bytes of text, the most used entries first, so that
the search ends with the first ones that fit.  What is found is as old as the vocabulary: ask
the index whether it still exists, and how often.
"""

import math
from collections.abc import Callable, Container, Iterable, Iterator
from itertools import islice
from typing import NamedTuple, Self, TypeVar

from tantivy import Searcher

from collinear.search import marker, schema
from collinear.search.text.analysis import analyse, runs

Entry = TypeVar("Entry")

MOST_NAMES = 20_000
"""The most used datasets, whose names are kept at hand; the index knows the others."""
LONGEST = 60
"""Letters of a beginning; after so many, nobody waits for a suggestion."""
_MOST_WORDS = 12
"""Words of one entry that it is found by."""
_MOST_OTHERS = 20_000
"""Terms among which those are looked for that begin with none of ``_FIRST``."""
_FIRST = [chr(code) for code in range(0x20, 0x7F)]
_SLICE = 200
"""Entries after which others get their turn."""
_HEAD = 10_000
"""Bytes of the most used entries of a letter: some two hundred."""
_ALIKE = 50
"""Names in a row that are used about as much."""
_FINE = 8
"""Steps of use from one power of two to the next."""


class Vocabulary(NamedTuple):
    """What one commit of the index held."""

    names: "Shelf"
    """Ids, by the beginning of the name."""
    inner: "Shelf"
    """Ids, by the beginning of any later word of the name."""
    authors: "Shelf"
    tags: "Shelf"

    @classmethod
    def of(cls, searcher: Searcher, pause: Callable[[], object] = lambda: None) -> Self:
        """Read it from the index; ``pause`` is called every millisecond or so of work."""
        names, inner = _Writing(), _Writing()
        for place, dataset_id in enumerate(_paced(_most_used(searcher), pause)):
            starts = _starts(words(dataset_id.rpartition("/")[2]))
            names.add(dataset_id, starts[:1], level=-(place // _ALIKE))
            inner.add(dataset_id, starts[1:], level=-(place // _ALIKE))
        return cls(
            names.shelf(),
            inner.shelf(),
            _read(searcher, schema.BY_AUTHOR, pause),
            _read(searcher, schema.BY_TAG, pause),
        )


class Shelf:
    """Entries by the two letters that they begin with, the most used first."""

    def __init__(self, rows: dict[str, bytes], heads: dict[str, bytes]) -> None:
        """``heads`` holds for each letter alone the most used entries of its rows."""
        self._rows = rows
        self._heads = heads

    def find(self, start: str, most: int) -> list[str]:
        """At most so many entries that begin so; first those that are exactly so."""
        row = self._rows.get(start[:2], b"")
        needle = b"\n" + start.encode()
        whole = islice(_found(row, needle + b"\t"), most)
        begun = _found(self._heads.get(start, b"") if len(start) == 1 else row, needle)
        return list(dict.fromkeys([*whole, *islice(begun, most)]))[:most]


def words(text: str) -> list[str]:
    """The words of a text, folded as for a search."""
    return [part for run in runs(text) for part in analyse(run).parts]


class _Writing:
    def __init__(self) -> None:
        self._rows: dict[str, dict[int, bytearray]] = {}

    def add(
        self, entry: str, starts: Iterable[str], *, level: int = 0, wholes: Container[str] = ()
    ) -> None:
        """
        Keep an entry under its beginnings, some of which are all of it.

        Of two entries the one of the higher level comes first, or the earlier one.
        """
        if not entry.isprintable():
            return
        for start in starts:
            row = self._rows.setdefault(start[:2], {}).setdefault(level, bytearray(b"\n"))
            row += f"{start}{'' if start in wholes else ' '}\t{entry}\n".encode()

    def shelf(self) -> Shelf:
        rows = {
            start: b"".join([levels[level] for level in sorted(levels, reverse=True)])
            for start, levels in self._rows.items()
        }
        by_use = sorted(
            ((level, start) for start, levels in self._rows.items() for level in levels),
            reverse=True,
        )
        heads: dict[str, bytearray] = {}
        for level, start in by_use:
            head = heads.setdefault(start[0], bytearray())
            if len(head) < _HEAD:
                head += self._rows[start][level]
        return Shelf(rows, {first: bytes(head) for first, head in heads.items()})


def _read(searcher: Searcher, field: str, pause: Callable[[], object]) -> Shelf:
    writing = _Writing()
    for term, count in _paced(_terms(searcher, field), pause):
        parts = words(term)
        # A tag may be called by what stands behind its prefix alone
        value = words(term.partition(":")[2])
        writing.add(
            term,
            _starts(parts),
            level=int(_FINE * math.log2(count)),
            wholes=("".join(parts), "".join(value)),
        )
    return writing.shelf()


def _terms(searcher: Searcher, field: str) -> Iterator[tuple[str, int]]:
    """The terms of a field and how many have them, in portions: a whole list takes its time."""
    for first in _FIRST:
        yield from searcher.terms_with_prefix(field, first)
    for term, count in searcher.terms_with_prefix(field, "", None, _MOST_OTHERS):
        if term[0] not in _FIRST:
            yield term, count


def _most_used(searcher: Searcher) -> Iterator[str]:
    some = min(MOST_NAMES, searcher.num_docs)
    found = searcher.search(marker.all_others(), some, count=False, weight_by_field=schema.WEIGHT)
    for _, address in found.hits:
        yield searcher.doc(address)[schema.ID][0]


def _paced(entries: Iterator[Entry], pause: Callable[[], object]) -> Iterator[Entry]:
    while some := list(islice(entries, _SLICE)):
        yield from some
        pause()


def _starts(parts: list[str]) -> list[str]:
    """The whole in one word, and what is left of it from each later word on."""
    starts = ["".join(parts[place:])[:LONGEST] for place in range(min(len(parts), _MOST_WORDS))]
    # A letter or digit at the end tells nothing; a Chinese character does
    return starts[:1] + [start for start in starts[1:] if len(start) > 1 or not start.isascii()]


def _found(rows: bytes, needle: bytes) -> Iterator[str]:
    place = rows.find(needle)
    while place >= 0:
        end = rows.index(b"\n", place + 1)
        yield rows[place:end].partition(b"\t")[2].decode()
        place = rows.find(needle, end)
