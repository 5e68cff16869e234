"""
What a search found, marked in the texts of a dataset.

The marks are HTML, and the only HTML: whatever else a dataset says is escaped, and signs that
cannot be seen but turn the writing around, or end it, are left out.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from typing import Any

from collinear.search.highlights.located import Part, locate
from collinear.search.highlights.needles import (
    Manner,
    Needle,
    by_first_letter,
    needles,
    parts_apart,
)
from collinear.search.text import languages
from collinear.search.words.reading import Reading

Highlights = dict[str, str | list[str]]

SNIPPET = 300
"""Characters of a description that are shown at most."""
_MOST_CHARACTERS = 5_000
"""Characters of a description in which marks are looked for; the Hub cuts it at about 500."""
_MOST_OF_A_TAG = 300
"""Characters of a tag in which marks are looked for: as many as a filter can ask for."""
_MOST_REMEMBERED = 5_000
_SHORT = 60
"""Characters of texts that come again and again: tags, authors, the names of languages."""
_NAME = Manner(short=True)
_TAG = Manner()
_PROSE = Manner(prose=True)
_UNSEEN: dict[int, str] = (
    dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x2066, 0x206A)], " ")
    | dict.fromkeys(range(0x202A, 0x202F), "")  # part of a word, as a search takes it
    | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
    | {ord("\n"): "\n", ord("\t"): "\t"}
)

Spans = list[tuple[int, int]]


class Highlighter:
    """Marks the words of one search, in as many datasets as are asked for."""

    def __init__(self, reading: Reading) -> None:
        self._needles = by_first_letter(needles(reading))
        self._apart = by_first_letter(parts_apart(reading))
        strict = not reading.forgiving and not reading.dropped
        self._named = "".join(_letters(reading.typed.name)) if strict else ""
        self._tags: dict[str, str | None] = {}

    def highlights(self, document: Mapping[str, Any]) -> Highlights:
        """
        The texts of a stored document in which something was found, as HTML with ``<mark>``.

        ``id``, ``name`` and ``author`` are whole; ``description`` is a passage of it with
        most of the marks, with … where it was cut; ``tags`` are those that have a mark.
        """
        found: Highlights = {}
        namespace, slash, name = visible(document["id"]).rpartition("/")
        owner, called = self._spans(namespace, _NAME), self._in_name(name)
        if owner or called:
            after = len(namespace + slash)
            moved = [(start + after, end + after) for start, end in called]
            found["id"] = _marked(namespace + slash + name, owner + moved)
        if called:
            found["name"] = _marked(name, called)
        author = visible(document["author"] or "")
        if spans := owner if author == namespace else self._spans(author, _NAME):
            found["author"] = _marked(author, spans)
        description = visible((document["description"] or "")[:_MOST_CHARACTERS])
        if spans := self._spans(description, _PROSE):
            found["description"] = _passage(description, spans)
        if tags := [html for tag in document["tags"] if (html := self._tag(tag))]:
            found["tags"] = tags
        if not found and self._apart:
            found["tags"] = [html for tag in document["tags"] if (html := self._in_parts(tag))]
        return {field: texts for field, texts in found.items() if texts}

    def _in_name(self, name: str) -> Spans:
        spans = self._spans(name, _NAME)
        if not spans and self._named:
            parts = locate(name)
            if "".join([part.folded for part in parts]) == self._named:
                return [(parts[0].start, parts[-1].end)]
        return spans

    def _tag(self, tag: str) -> str | None:
        if tag not in self._tags:
            if len(self._tags) > _MOST_REMEMBERED:
                self._tags.clear()
            self._tags[tag] = self._marked_tag(tag)
        return self._tags[tag]

    def _marked_tag(self, tag: str) -> str | None:
        text = visible(tag)
        spans = self._spans(text[:_MOST_OF_A_TAG], _TAG)
        if not spans and any(self._spans(name, _TAG) for name in languages.names(tag)):
            spans = [(tag.index(":") + 1, len(text))]  # ``english`` found ``language:en``
        return _marked(text, spans) if spans else None

    def _in_parts(self, tag: str) -> str | None:
        """Tags know no order: the parts of a word may be found in several of them."""
        text = visible(tag)
        spans = _find(text[:_MOST_OF_A_TAG], _TAG, self._apart)
        return _marked(text, spans) if spans else None

    def _spans(self, text: str, manner: Manner) -> Spans:
        return _find(text, manner, self._needles)


def visible(text: str) -> str:
    """A text without signs of control and of direction; as it was where it has none."""
    return text if text.isprintable() else text.translate(_UNSEEN)


def _find(text: str, manner: Manner, needles: Mapping[str, Iterable[Needle]]) -> Spans:
    """Where something was found, in order, apart from each other."""
    parts = _located(text) if len(text) <= _SHORT else locate(text)
    found = [
        (part.start, end)
        for place, part in enumerate(parts)
        for needle in needles.get(part.folded[:1], ())
        if (end := needle.end(parts, place, manner))
    ]
    return _apart(found)


@lru_cache(maxsize=_MOST_REMEMBERED)
def _located(text: str) -> list[Part]:
    """The parts of a text that many datasets share."""
    return locate(text)


def _letters(text: str) -> list[str]:
    return [part.folded for part in locate(text)]


def _apart(spans: Iterable[tuple[int, int]]) -> Spans:
    found: Spans = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _marked(text: str, spans: Spans) -> str:
    shown: list[str] = []
    place = 0
    for start, end in spans:
        shown += (escape(text[place:start]), "<mark>", escape(text[start:end]), "</mark>")
        place = end
    return "".join([*shown, escape(text[place:])])


def _passage(text: str, spans: Spans) -> str:
    """The part of a text in which the marks stand most densely."""
    if len(text) <= SNIPPET:
        return _marked(text, spans)
    first, last = _densest(spans)
    room = max(SNIPPET - (last - first), 0)
    start = max(0, min(first - room // 2, len(text) - SNIPPET))
    end = min(len(text), start + SNIPPET)
    if start > 0 and (blank := text.find(" ", start, first)) >= 0:
        start = blank + 1
    if end < len(text) and (blank := text.rfind(" ", last, end)) >= 0:
        end = blank
    inside = [
        (max(some, start) - start, min(other, end) - start)
        for some, other in spans
        if some < end and other > start
    ]
    return "…" * (start > 0) + _marked(text[start:end], inside) + "…" * (end < len(text))


def _densest(spans: Spans) -> tuple[int, int]:
    """The bounds of the most marks that fit together, the earlier of several."""
    best = most = last = 0
    for first, (start, _) in enumerate(spans):
        last = max(last, first)
        while last + 1 < len(spans) and spans[last + 1][1] - start <= SNIPPET * 3 // 4:
            last += 1
        if last - first + 1 > most:
            best, most = first, last - first + 1
    return spans[best][0], min(spans[best + most - 1][1], spans[best][0] + SNIPPET)
