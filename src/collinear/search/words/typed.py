"""
How typed text is read: words, phrases in quotes, words to leave out, and what could be an id.

Text is never a language with mistakes in it: a sign that makes no sense where it stands is a
separator like any other.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from collinear.domain.errors import BadParameter
from collinear.search.text.analysis import Run, analyse, runs
from collinear.search.text.english import is_said_of_all, tells_nothing

MAX_WORDS = 32
"""Words of one search: each costs time, and nobody describes what he wants in more."""
MAX_PARTS = 200
"""Parts of all words; a pasted id with two hashes in it has less than a hundred."""

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»\uff02", '"'))
_PIECE = re.compile(r'(?<!\S)(-?)"([^"]*)"|(\S+?(?="[^"]*")|\S+)')
_ADDRESS = re.compile(
    r"(?:\w+://(?:[^\s/]+/)?|[^\s/]+/|(?=\w+/[^\s/]+/[^\s/]))datasets/([^\s?#]+)\S*", re.IGNORECASE
)
_CALL = re.compile(r"load_dataset\(\s*[\"']([\w.-]+(?:/[\w.-]+)?)[\"']")
_AROUND = "<>()\"'"
"""What stands around addresses in texts and programs."""
_PAGES = frozenset({"tree", "blob", "raw", "resolve", "viewer", "discussions", "commit", "commits"})
"""What follows an id in the addresses of the Hub's pages."""


class Word(NamedTuple):
    """One thing that a dataset must have, or must not."""

    text: str
    """As it was typed, without quotes."""
    runs: tuple[Run, ...]
    """One; of a quoted phrase perhaps several."""
    quoted: bool = False
    unfinished: bool = False
    """The last word: it may be the beginning of one."""
    is_idle: bool = False
    """Whether it tells nothing, and stands alone: ``the``, ``of``, ``dataset``."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of all its runs."""
        return tuple([part for run in self.runs for part in run.parts])

    @property
    def joined(self) -> str:
        """All of it in one word."""
        return "".join([run.joined for run in self.runs])


class Typed(NamedTuple):
    """A text as it is understood."""

    words: tuple[Word, ...]
    excluded: tuple[Word, ...]
    name: str
    """What could be an id or a name: all that is not excluded, or the id in an address."""


def read(text: str) -> Typed:
    """
    Read what was typed into the search box.

    Raises:
        BadParameter: These are more words than can be looked for.
    """
    text = _id_in(text.strip()) or text.translate(_QUOTES)
    words: list[Word] = []
    excluded: list[Word] = []
    named: list[str] = []
    is_excluded = False
    for is_excluded, quoted, piece in _pieces(text):
        if is_excluded:
            excluded += _phrase(piece)
            continue
        named.append(piece)
        words += _phrase(piece) if quoted else _words(piece)
    # What stands before the end of the text, be it a word to leave out, is finished
    if words and not words[-1].quoted and not is_excluded and not text[-1:].isspace():
        last = words[-1]
        idle = last.is_idle and is_said_of_all(last.joined)  # "or" may become "orca"
        words[-1] = last._replace(unfinished=True, is_idle=idle)
    # What every text has is looked for only where there is nothing else to look for
    found = dict.fromkeys([word for word in words if not word.is_idle] or words)
    plain = not excluded and '"' not in text
    typed = Typed(
        tuple(found),
        tuple(dict.fromkeys(excluded)),
        text.strip() if plain else " ".join(named),
    )
    _check(typed)
    return typed


def _pieces(text: str) -> Iterator[tuple[bool, bool, str]]:
    """What stands between blanks or quotes, with whether it is excluded and quoted."""
    for minus, phrase, piece in _PIECE.findall(text):
        if not piece:
            yield bool(minus), True, phrase
        elif piece[0] == "-" and runs(piece):
            yield True, False, piece[1:]
        else:
            yield False, False, piece


def _words(piece: str) -> Iterator[Word]:
    texts = runs(piece)
    for text in texts:
        run = analyse(text)
        if run.parts:
            yield Word(text, (run,), is_idle=len(texts) == 1 and tells_nothing(run.joined))


def _phrase(piece: str) -> Iterator[Word]:
    found = [run for text in runs(piece) if (run := analyse(text)).parts]
    if found:
        yield Word(piece, tuple(found), quoted=True)


def _id_in(text: str) -> str | None:
    """The id in the address of a dataset that the text is or holds, or in a line of Python."""
    called = _CALL.search(text)
    if called:
        return called[1]
    addresses = [piece for piece in text.split() if "://" in piece]
    found = [known for piece in (text, *addresses) if (known := _id_in_address(piece))]
    return found[0] if found else None


def _id_in_address(text: str) -> str | None:
    """The id in the address of a dataset, or of a page of it; None where the text is none."""
    found = _ADDRESS.fullmatch(text.strip(_AROUND))
    if not found:
        return None
    namespace, _, rest = unquote(found[1]).strip("/").partition("/")
    name = rest.partition("/")[0]
    known = namespace if not name or name in _PAGES else f"{namespace}/{name}"
    return known.partition("@")[0].removesuffix(".git")  # no id of the Hub has either


def _check(typed: Typed) -> None:
    words = (*typed.words, *typed.excluded)
    if len(words) > MAX_WORDS:
        raise BadParameter(
            "search", f"has {len(words)} words; at most {MAX_WORDS} can be looked for"
        )
    if sum(len(word.parts) for word in words) > MAX_PARTS:
        raise BadParameter(
            "search",
            f"falls into more than {MAX_PARTS} parts, as letters and digits and the characters "
            "of some scripts are looked for apart; shorten it",
        )
