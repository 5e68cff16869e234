"""What people ask of a search box, made from the words of the catalog that is measured."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode

LIST = "/api/datasets"
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_FILTERS = (
    {"license": "mit", "facets": "language,license,task,size_category"},
    {"language": "en", "task": "text-generation", "facets": "license,modality,impact_level"},
    {"min_downloads": 100, "facets": "license,language,downloads:histogram"},
)


class Questions:
    """
    Targets by kind.  They are handed out one after the other, so that none comes again before
    all others of its kind: what the API remembers of an answer is not what is measured.
    """

    def __init__(self, kinds: Mapping[str, Sequence[str]]) -> None:
        self.kinds = kinds
        self._rnd = random.Random(5)
        self._waiting = {kind: cycle(targets) for kind, targets in kinds.items()}

    def some(self, kind: str, count: int) -> list[str]:
        """The next targets of a kind."""
        return list(islice(self._waiting[kind], count))

    def mixed(self, count: int) -> list[str]:
        """The next targets of all kinds, as people ask them."""
        drawn = self._rnd.choices(list(MIX), list(MIX.values()), k=count)
        return [next(self._waiting[kind]) for kind in drawn]


MIX = {
    "a name": 30,
    "2 to 6 words": 25,
    "a beginning of 2 to 5 letters": 10,
    "a typo in a name": 10,
    "filters with facets": 10,
    "a beginning of one letter": 5,
    "no hit": 5,
    "very common words": 5,
}


def create_questions(items: Sequence[Mapping[str, Any]], seed: int = 3) -> Questions:
    """Questions for a catalog, from a sample of its items."""
    maker = _Maker(items, random.Random(seed))
    kinds = {
        "a name": maker.names(),
        "a whole id": [item["id"] for item in items],
        "2 to 6 words": list(maker.words()),
        "a beginning of one letter": list("abcdefghijklmnopqrstuvwxyz"),
        "a beginning of 2 to 5 letters": list(maker.beginnings()),
        "a typo in a name": list(maker.typos()),
        "no hit": list(maker.unknown()),
        "very common words": maker.common(),
    }
    targets = {
        kind: [target(search=text) for text in texts if text.strip()]
        for kind, texts in kinds.items()
    }
    targets["filters with facets"] = [
        target(**({"search": words} if place % 2 else {}), **_FILTERS[place % len(_FILTERS)])
        for place, words in enumerate(kinds["very common words"] * 10)
    ]
    return Questions(targets)


def target(path: str = LIST, **query: object) -> str:
    """The path with its query."""
    return f"{path}?{urlencode(query)}" if query else path


class _Maker:
    def __init__(self, items: Sequence[Mapping[str, Any]], rnd: random.Random) -> None:
        self._items = items
        self._rnd = rnd
        texts = [_LETTERS.findall(f"{item['description'] or ''}".lower()) for item in items]
        self._texts = [words for words in texts if len(words) > 5]
        self._known = Counter(word for words in self._texts for word in words)

    def names(self) -> list[str]:
        return [item["name"] for item in self._items]

    def words(self) -> Iterator[str]:
        for words in self._texts:
            some = self._rnd.sample(words, self._rnd.randrange(2, min(6, len(words)) + 1))
            yield " ".join(dict.fromkeys(some))

    def beginnings(self) -> Iterator[str]:
        for name in self.names():
            if len(name) > 5:
                yield name[: self._rnd.randrange(2, 6)]

    def typos(self) -> Iterator[str]:
        for name in self.names():
            longest = max(_LETTERS.findall(name), key=len, default="")
            if len(longest) >= 5:
                at = self._rnd.randrange(1, len(longest) - 1)
                yield name.replace(longest, longest[:at] + longest[at + 1 :])

    def unknown(self) -> Iterator[str]:
        for _ in self._items:
            yield "".join(self._rnd.choices("bcdfghjklmnpqrstvwxz", k=self._rnd.randrange(5, 12)))

    def common(self) -> list[str]:
        words = [word for word, _ in self._known.most_common(40)]
        pairs = [" ".join(self._rnd.sample(words, 2)) for _ in words]
        return words + pairs
