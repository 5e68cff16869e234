"""
Queries for datasets that somebody knows and looks for again, made from any catalog by program.

The most used datasets are looked for, by all that one may remember of them.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from collinear.domain.dataset import Dataset
from tests.relevance.measures import Judged

_RUN = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]{4,20}")
_BY_ID = {"id", "address"}
_BORDER = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|[-_.]+")


def create_known_items(datasets: Sequence[Dataset], *, items: int) -> list[Judged]:
    """
    Queries for the ``items`` most used datasets; each has the one it was made from to find.

    One without a namespace that has the same name is as good: it is the same, from long ago.
    """
    by_use = sorted(datasets, key=lambda some: (-_use(some), some.id))
    names = {some.name.lower() for some in datasets}
    words = Counter(word for some in datasets for word in set(_words(some.description)))
    runs = {run for some in datasets for run in _RUN.findall(some.id.lower())}
    by_author = defaultdict(list)
    for some in datasets:
        by_author[some.author].append(some.id)
    ids = {some.id for some in datasets if some.author is None}
    queries, namesakes = [], set[str]()
    for dataset in by_use:
        if len(namesakes) == items:
            break
        called = "".join(_RUN.findall(dataset.name.lower()))
        if called in namesakes or len(called) < 3:
            continue  # a less used one of the same name is not what people mean
        namesakes.add(called)
        meant = {dataset.id: 3} | ({dataset.name: 3} if dataset.name in ids else {})
        queries += [
            Judged(f"known: {kind}", typed, {dataset.id: 3} if kind in _BY_ID else meant)
            for kind, typed in _remembered(dataset, runs, words)
            if kind != "while typing" or typed.lower() not in names
        ]
        if said := _author_and_word(dataset):
            typed, word = said
            grades = {id_: 3 for id_ in by_author[dataset.author] if word in id_}
            queries.append(Judged("known: author and a word", typed, grades))
    return queries


def _remembered(dataset: Dataset, runs: set[str], words: Counter[str]) -> Iterator[tuple[str, str]]:
    name = dataset.name
    yield "name", name
    if name != name.lower():
        yield "name in small letters", name.lower()
    apart, joined = _BORDER.sub(" ", name).strip(), "".join(_RUN.findall(name))
    if apart != name:
        yield "name in parts", apart
    if joined != name:
        yield "name in one word", joined
    yield "id", dataset.id
    if dataset.author:
        yield "address", f"https://huggingface.co/datasets/{dataset.id}"
    if typed := _with_a_slip(name, runs):
        yield "typo", typed
    if len(name) >= 8 and name[-3:].isalpha():
        yield "while typing", name[:-2]
    rare = sorted(set(_words(dataset.description)), key=lambda word: (words[word], word))
    if len(rare) > 12:
        yield "words of the description", " ".join(rare[1:8:3])


def _author_and_word(dataset: Dataset) -> tuple[str, str] | None:
    longest = max(_RUN.findall(dataset.name), key=len, default="")
    return (f"{dataset.author} {longest}", longest) if dataset.author and longest[3:] else None


def _with_a_slip(name: str, runs: set[str]) -> str | None:
    """The name with two letters changed places in its longest word, if that is no other word."""
    longest = max(_LETTERS.findall(name), key=len, default="")
    if not 5 <= len(longest) <= 12:
        return None
    at = len(longest) // 2
    slipped = longest[:at] + longest[at + 1] + longest[at] + longest[at + 2 :]
    if slipped == longest or slipped.lower() in runs or longest.lower() not in runs:
        return None  # a word is as long as its run: digits beside it would count
    return name.replace(longest, slipped)


def _words(text: str | None) -> list[str]:
    return _LETTERS.findall(unicodedata.normalize("NFC", text or "").lower())


def _use(dataset: Dataset) -> float:
    return math.log10(1 + (dataset.downloads or 0) + 20 * (dataset.likes or 0))
