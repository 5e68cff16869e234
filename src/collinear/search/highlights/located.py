"""Where in a text the parts stand that it is searched by."""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from collinear.search.text.analysis import MAX_PART, MAX_TEXT, PART, RUN, cuts, lower, to_plain


class Part(NamedTuple):
    """A part of a run, folded, and the characters that it was."""

    folded: str
    start: int
    end: int
    begins_run: bool

    def reach(self, letters: int) -> int:
        """Where so many of its first letters end; its own end where that cannot be told."""
        return self.start + letters if self.end - self.start == len(self.folded) else self.end


def locate(text: str) -> list[Part]:
    """The parts of a text, the same as a search takes them, as far as it looks."""
    text = text[:MAX_TEXT]
    if text.isascii():
        return list(_in_ascii(text, 0))
    text = text.replace("_", " ")
    found: list[Part] = []
    done = 0
    for run in RUN.finditer(text):
        if not run[0].isascii():
            found += _in_ascii(text[done : run.start()], done)
            found += _in_any(run[0], run.start())
            done = run.end()
    found += _in_ascii(text[done:], done)
    return found


def _in_ascii(text: str, offset: int) -> Iterator[Part]:
    """The parts of the runs of a text that hold nothing but ASCII."""
    before = -1
    for part in PART.finditer(text):
        start, end = part.span()
        yield Part(part[0].lower()[:MAX_PART], start + offset, end + offset, start != before)
        before = end


def _in_any(run: str, offset: int) -> Iterator[Part]:
    """
    Folding makes one character of two, and two of one: each is folded by itself, with the
    signs that go with it, to know where the outcome comes from.
    """
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _characters(run):
        some = to_plain(run[start:end])
        plain.append(some)
        starts += [start] * len(some)
        ends += [end] * len(some)
    folded_run = "".join(plain)
    begins_run = True
    for first, end in cuts(folded_run):
        folded = lower(folded_run[first:end])[:MAX_PART]
        yield Part(folded, starts[first] + offset, ends[end - 1] + offset, begins_run)
        begins_run = False


def _characters(run: str) -> Iterator[tuple[int, int]]:
    """Characters, each with the accents and the parts of a syllable that follow it."""
    start = 0
    for place, character in enumerate(run):
        if place > start and not _goes_with_the_one_before(character):
            yield start, place
            start = place
    if run:
        yield start, len(run)


def _goes_with_the_one_before(character: str) -> bool:
    # Vowels and final consonants of Korean syllables; Japanese sound marks of half width
    return (
        unicodedata.category(character)[0] == "M"
        or "\u1160" <= character <= "\u11ff"
        or character in "\uff9e\uff9f"
    )
