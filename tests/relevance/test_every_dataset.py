"""What is promised for every dataset, and what people may remember of real ones."""

from pathlib import Path

import pytest

from collinear.domain.query import DatasetQuery
from tests.relevance.catalogs import ROWS, generated, real
from tests.relevance.floors import KNOWN
from tests.relevance.known_items import create_known_items
from tests.relevance.measures import scores
from tests.relevance.promises import not_by_popularity, not_first_by_id
from tests.search.datasets import build

EVERY = 4
"""Of so many datasets one is asked for here; ``python -m bench --every 1`` asks for all."""


@pytest.mark.timeout(400)
def test_every_dataset_of_a_catalog_is_found(tmp_path: Path) -> None:
    """By its id before all others, and by its name among its namesakes: 50,000 generated ones."""
    datasets = generated(50_000)
    assert len(datasets) > 49_000
    reader = build(tmp_path, datasets)
    some = datasets[::EVERY]
    assert not_first_by_id(reader, some) == []
    assert not_by_popularity(reader, datasets, sorted({one.name for one in some})) == []


@pytest.mark.timeout(400)
@pytest.mark.skipif(not ROWS.exists(), reason="the real rows are not beside this checkout")
def test_real_datasets_are_found(tmp_path: Path) -> None:
    """The same of real ones; and the most used of them by all that people may remember."""
    datasets = real()
    assert len(datasets) > 50_000
    reader = build(tmp_path, datasets)
    some = datasets[:: 2 * EVERY]
    assert not_first_by_id(reader, some) == []
    assert not_by_popularity(reader, datasets, sorted({one.name for one in some})) == []

    known = create_known_items(datasets, items=150)
    found = scores(known, lambda typed: reader.find(DatasetQuery(search=typed)).ids)
    assert set(found) == set(KNOWN)
    fallen = {
        kind: score
        for kind, score in found.items()
        if score.mrr < KNOWN[kind][0] or score.ndcg < KNOWN[kind][1]
    }
    assert fallen == {}
