"""Two promises that are kept for every dataset of a whole catalog, not for examples."""

import math
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from collinear.domain.dataset import Dataset
from collinear.domain.query import DatasetQuery
from collinear.search.reader import IndexReader
from tests.relevance.catalogs import ROWS, generated, index, real

PAGE = 10
_EQUAL = 0.05
"""Decades of use that make no difference: the index keeps popularity in steps of about 0.03."""

A = TypeVar("A")
B = TypeVar("B")
Catalog = tuple[list[Dataset], IndexReader]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("generated", marks=pytest.mark.xdist_group("generated")),
        pytest.param(
            "real",
            marks=[
                pytest.mark.xdist_group("real"),
                pytest.mark.skipif(
                    not ROWS.exists(), reason="the real rows are not beside this checkout"
                ),
            ],
        ),
    ],
)
def catalog(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Catalog:
    datasets = generated(50_000) if request.param == "generated" else real()
    return datasets, index(tmp_path_factory.mktemp("index"), datasets)


def test_every_full_id_finds_its_dataset_first(catalog: Catalog) -> None:
    """Whatever else has the same words, and however popular it is."""
    datasets, reader = catalog

    def answer(dataset: Dataset) -> str | None:
        ids = reader.find(DatasetQuery(search=dataset.id, limit=1)).ids
        return ids[0] if ids else None

    first = _each(answer, datasets)
    wrong = [(some.id, found) for some, found in zip(datasets, first, strict=True) if found != some.id]
    assert len(datasets) > 49_000
    assert wrong == []


def test_every_bare_name_shows_its_datasets_by_popularity(catalog: Catalog) -> None:
    """
    All of one name come before all others, the most used first; ten of them where there are more.

    Only an id that is wholly called so (``squad``, or ``s/quad``) is above them.
    """
    datasets, reader = catalog
    named, whole = defaultdict(list), defaultdict(set)
    for dataset in datasets:
        named[dataset.name].append(dataset)
        whole[_folded(dataset.id)].add(dataset.id)
    names = sorted(named)
    pages = _each(lambda name: reader.find(DatasetQuery(search=name, limit=PAGE)).ids, names)
    uses = {dataset.id: _use(dataset) for dataset in datasets}
    wrong = []
    for name, page in zip(names, pages, strict=True):
        called = whole[_folded(name)]
        expected = sorted([uses[some.id] for some in named[name]], reverse=True)
        own = {some.id for some in named[name]}
        shown = [one for one in page if one not in called or one in own][: len(own)]
        room = min(len(own), PAGE - len(called - own))
        good = len(shown) >= room and own.issuperset(shown)
        ranks = [uses[one] for one in shown if one not in called]
        if not good or not _agrees(ranks, expected):
            wrong.append((name, page[:3], [round(rank, 2) for rank in ranks], len(own)))
    assert wrong == []


def _agrees(ranks: Sequence[float], expected: Sequence[float]) -> bool:
    """Whether what is shown is ordered, and nothing more used was left out."""
    ordered = all(left >= right - _EQUAL for left, right in zip(ranks, ranks[1:], strict=False))
    return ordered and all(
        rank >= wanted - _EQUAL for rank, wanted in zip(ranks, expected, strict=False)
    )


def _each(ask: Callable[[A], B], asked: Sequence[A]) -> list[B]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(ask, asked))


def _use(dataset: Dataset) -> float:
    """How much a dataset is used, in decades; a like is worth twenty downloads."""
    return math.log10(1 + (dataset.downloads or 0) + 20 * (dataset.likes or 0))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join([letter for letter in plain if letter.isalnum()])
