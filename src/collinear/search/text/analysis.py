"""
How text becomes terms: the same way for documents and for queries.

A *run* is what stands between separators (``GSM8K`` in ``openai/GSM8K-test``).  It is folded
(case, accents, width) and cut at camelCase and letter-digit borders into *parts* (``gsm``,
``8``, ``k``); its *joined* form is the parts in one word.  Documents hold both, so that
``gsm8k``, ``gsm 8k`` and ``GSM-8K`` meet.  Scripts that write no spaces are cut into single
characters, and are found again as phrases.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

MAX_TEXT = 20_000
"""Characters of one text that are searched; the Hub cuts descriptions at about 500."""
MAX_PART = 100
"""Characters of one part that tell it from others: nobody types longer ones."""


class Run(NamedTuple):
    """What stands between two separators, folded and cut."""

    parts: tuple[str, ...]
    continuous: bool
    """Whether it holds characters of a script without spaces."""

    @property
    def joined(self) -> str:
        """The parts in one word."""
        return "".join(self.parts)[:MAX_PART]

    @property
    def is_compound(self) -> bool:
        """Whether its joined form is a word that somebody might write."""
        return len(self.parts) > 1 and not self.continuous


class Terms(NamedTuple):
    """
    A text as the index takes it, terms (see ``guard``) separated by spaces.

    ``parts`` keeps the order of the text, so that neighbours are found as a phrase;
    ``joined`` holds the joined forms of whatever was cut.
    """

    parts: str
    joined: str


class Name(NamedTuple):
    """
    A name as the index takes it, terms separated by spaces.

    ``joined`` holds each run that was cut and any two neighbours; ``folded`` is all of it in
    one word, and no term.
    """

    parts: str
    joined: str
    folded: str

    @property
    def whole(self) -> str:
        """All of it in one term; empty where there is nothing."""
        return guard(self.folded[:MAX_PART]) if self.folded else ""


# Thai, Lao, Tibetan, Myanmar, Hangul, Khmer, kana, Han.
_CONTINUOUS = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u312f"
    "\u3131-\u318e\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7fb\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U000323af]"
)
_MARKS = "".join(
    mark for mark in map(chr, range(0x300, 0x10000)) if unicodedata.category(mark)[0] == "M"
)
# Joiners, soft hyphens, marks of direction: part of a run, and dropped when it is folded.
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
# Accents and vowel points, too, that are left out in writing as often as not.
_DROPPED = re.compile(
    f"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u0652\u0670\ufe00-\ufe0f{_INVISIBLE}]"
)
_ASCII_RUN = re.compile("[A-Za-z0-9]+")
RUN = re.compile(f"[\\w{_MARKS}{_INVISIBLE}]+")
# LLMs | HTML before Parser | Parser, parser | 8
PART = re.compile("[A-Z]{2,}s?(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Letters that no decomposition takes apart.
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D"}
    | {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th", "\u0131": "i"}
)


_TRIPLED = str.maketrans({digit: digit * 3 for digit in "0123456789"})


def guard(term: str) -> str:
    """
    A term as it stands in the index: its first letter and its digits three times.

    Who forgives two mistakes then cannot alter them: that would be three.
    """
    guarded = term if term.isalpha() else term.translate(_TRIPLED)
    return guarded if term[0] in "0123456789" else term[0] * 2 + guarded


def runs(text: str) -> list[str]:
    """What stands between the separators of a text, as written."""
    if text.isascii():
        return _ASCII_RUN.findall(text[:MAX_TEXT])
    return RUN.findall(text[:MAX_TEXT].replace("_", " "))


def analyse(run: str) -> Run:
    """Fold and cut one run; ``parts`` is empty where nothing can be searched for."""
    plain = run if run.isascii() else to_plain(run)
    if plain.isascii():
        return Run(tuple([part.lower()[:MAX_PART] for part in PART.findall(plain)]), False)
    return Run(tuple(_parts(plain)), _CONTINUOUS.search(plain) is not None)


def analyse_name(text: str) -> Name:
    """The terms of a name: any two neighbouring runs are joined, too."""
    words = [word for run in runs(text) if (word := analyse(run)).parts]
    ends = [word.joined for word in words]
    joined = [word.joined for word in words if word.is_compound]
    joined += [(left + right)[:MAX_PART] for left, right in pairwise(ends)]
    parts = [part for word in words for part in word.parts]
    folded = "".join(parts)
    return Name(_terms(parts), _terms(joined), folded)


def beginnings(parts: str) -> set[str]:
    """The first one and the first two characters of each term of a ``Name``."""
    # The fourth character of a term is the second of the word
    return {term[:1] + term[3:][:length] for term in parts.split() for length in (0, 1)}


def encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which are no characters."""
    return text.encode("utf-8", "replace").decode()


def _terms(words: Iterable[str]) -> str:
    return " ".join(map(guard, words))


def to_plain(run: str) -> str:
    """A run without accents, width and ligatures, in one normal form; case is left."""
    plain = unicodedata.normalize("NFKD", run.translate(_LETTERS))
    return unicodedata.normalize("NFC", _DROPPED.sub("", plain))


def _parts(run: str) -> Iterable[str]:
    return [lower(run[start:end])[:MAX_PART] for start, end in cuts(run)]


def cuts(run: str) -> list[tuple[int, int]]:
    """Where the parts of a plain run begin and end: what ``PART`` finds, for all scripts."""
    edges = [0]
    start, before = 0, ""
    for place, character in enumerate(run):
        kind = _kind(character, before)
        if (before, kind) == ("A", "a"):  # the last capital begins the word: HTML|Parser
            if place - start > 1:
                start = place - 1
                edges.append(start)
        elif kind != before or kind in "-c":
            start = place
            edges.append(start)
        before = kind
    return [
        (start, end)
        for start, end in pairwise([*edges, len(run)])
        if start < end and _kind(run[start], "") != "-"
    ]


def _kind(character: str, before: str) -> str:
    """A: capital, a: other letter, 0: digit, c: a character that stands alone, -: none of them."""
    if character.isdecimal():
        return "0"
    if _CONTINUOUS.match(character):
        return "c"
    if unicodedata.category(character)[0] == "M":
        return before or "a"
    if not character.isalnum():
        return "-"
    return "A" if character.isupper() else "a"


def lower(part: str) -> str:
    """A part as it is compared: without case, digits of all scripts alike."""
    if part[0].isdecimal():
        return "".join([str(unicodedata.decimal(digit, digit)) for digit in part])
    return part.casefold()


class Analyser:
    """
    Turns texts into terms, and remembers the words that it has met.

    Few words make up most of all text: what is remembered costs a look-up.
    """

    def __init__(self, *, remember: int = 200_000) -> None:
        self._remember = remember
        self._parts: dict[str, str] = {}
        self._joined: dict[str, str] = {}

    def terms(self, text: str) -> Terms:
        """The terms of a text."""
        words = runs(text)
        try:
            parts = [self._parts[word] for word in words]
        except KeyError:
            self._learn(words)
            parts = [self._parts[word] for word in words]
        joined = self._joined
        return Terms(" ".join(parts), " ".join([joined[word] for word in words if word in joined]))

    def _learn(self, words: Iterable[str]) -> None:
        if len(self._parts) > self._remember:
            self._parts, self._joined = {}, {}
        for word in words:
            if word not in self._parts:
                run = analyse(word)
                self._parts[word] = _terms(run.parts)
                if run.is_compound:
                    self._joined[word] = guard(run.joined)
