"""Two promises that are kept for every dataset of a whole catalog, not for examples."""

import math
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from collinear.domain.dataset import Dataset
from collinear.domain.query import DatasetQuery
from collinear.search.reader import IndexReader

PAGE = 10
_EQUAL = 0.05
"""Decades of use that make no difference: the index keeps popularity in steps of about 0.03."""

A = TypeVar("A")
B = TypeVar("B")


def not_first_by_id(reader: IndexReader, datasets: Sequence[Dataset]) -> list[tuple[str, object]]:
    """The datasets that are not the first answer to their whole id, and what is."""

    def first(dataset: Dataset) -> str | None:
        return next(iter(reader.find(DatasetQuery(search=dataset.id, limit=1)).ids), None)

    found = zip(datasets, _each(first, datasets), strict=True)
    return [(dataset.id, answer) for dataset, answer in found if answer != dataset.id]


def not_by_popularity(
    reader: IndexReader, datasets: Sequence[Dataset], names: Sequence[str]
) -> list[tuple[str, object]]:
    """
    The names whose datasets are not shown before all others, the most used first.

    Ten of them are enough where there are more, and only an id that is wholly called so
    (``squad``, or ``s/quad``) may be above them.
    """
    named, whole = defaultdict(list), defaultdict(set)
    for dataset in datasets:
        named[dataset.name].append(dataset.id)
        whole[_folded(dataset.id)].add(dataset.id)
    pages = _each(lambda name: reader.find(DatasetQuery(search=name, limit=PAGE)).ids, names)
    uses = {dataset.id: _use(dataset) for dataset in datasets}
    wrong: list[tuple[str, object]] = []
    for name, page in zip(names, pages, strict=True):
        above = whole[_folded(name)]
        own = sorted(set(named[name]) - above, key=lambda id_: -uses[id_])
        shown = [uses.get(id_, 0.0) for id_ in page if id_ not in above][: len(own)]
        wanted = [uses[id_] for id_ in own][: PAGE - len(above)]
        strangers = set([id_ for id_ in page if id_ not in above][: len(own)]).difference(own)
        if strangers or len(shown) < len(wanted) or not _agree(shown, wanted):
            wrong.append((name, page))
    return wrong


def _agree(shown: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(abs(one - other) <= _EQUAL for one, other in zip(shown, wanted, strict=False))


def _each(ask: Callable[[A], B], asked: Sequence[A]) -> list[B]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(ask, asked))


def _use(dataset: Dataset) -> float:
    """How much a dataset is used, in decades; a like is worth twenty downloads."""
    return math.log10(1 + (dataset.downloads or 0) + 20 * (dataset.likes or 0))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join([letter for letter in plain if letter.isalnum()])
