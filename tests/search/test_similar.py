"""Datasets that are like another one."""

from pathlib import Path

import pytest

from collinear.domain.dataset import Dataset
from collinear.search.reader import IndexReader
from collinear.search.suggestions import similar
from tests.search.datasets import build, dataset, document

PROSE = "Written problems that take several steps of elementary arithmetic to solve."


def _datasets() -> list[Dataset]:
    told = [
        ("openai/gsm8k", {"description": PROSE, "tags": ("math-word-problems", "language:en")}),
        ("mirror/gsm8k", {"description": PROSE, "tags": ("math-word-problems",)}),
        ("lab/gsm8k-hard", {"description": "Harder arithmetic.", "tags": ("language:en",)}),
        ("lab/AsDiv", {"tags": ("math-word-problems",)}),
        ("zoo/birds", {"description": "Photos of birds.", "tags": ("language:en",)}),
        ("squad", {"description": "Questions about Wikipedia.", "tags": ("language:en",)}),
        ("lab/unheard-of", {}),
        ("other/gsm8k-de", {"description": None}),
    ]
    flood = [
        (f"flood/gsm8k-run-{number}", {"description": PROSE, "tags": ("math-word-problems",)})
        for number in range(60)
    ]
    series = [(f"flood/eval-gsm8k-{name}", {"description": PROSE}) for name in ("a", "b", "c")]
    rest = [(f"rest/noise{number}", {"tags": ("language:en",)}) for number in range(250)]
    return [
        dataset(ordinal, dataset_id, **fields)
        for ordinal, (dataset_id, fields) in enumerate([*told, *flood, *series, *rest])
    ]


DATASETS = {some.id: some for some in _datasets()}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> IndexReader:
    return build(tmp_path_factory.mktemp("index"), DATASETS.values(), commits=2)


def alike(reader: IndexReader, dataset_id: str, limit: int = 10) -> list[str]:
    return list(similar.find(reader.commit(), document(DATASETS[dataset_id]), limit))


def test_what_shares_rare_things_is_alike(reader: IndexReader) -> None:
    """Not the dataset itself, and not what shares with it only what everybody has."""
    found = alike(reader, "openai/gsm8k")

    assert found[0] == "mirror/gsm8k"
    assert {"lab/gsm8k-hard", "lab/AsDiv", "other/gsm8k-de"} <= set(found)
    assert "openai/gsm8k" not in found
    assert "zoo/birds" not in found


def test_the_copies_of_one_author_do_not_flood_the_list(reader: IndexReader) -> None:
    """Sixty of one author are nearer than anybody else's; two of them are shown."""
    found = alike(reader, "openai/gsm8k")
    flooding = [dataset_id for dataset_id in found if dataset_id.startswith("flood/")]

    assert 1 <= len(flooding) <= similar.MOST_OF_ONE_AUTHOR
    # of one series, in which only the numbers differ, it is one
    assert sum(dataset_id.startswith("flood/gsm8k-run") for dataset_id in found) == 1
    assert len(found) >= 5


def test_whoever_floods_the_list_finds_others_too(reader: IndexReader) -> None:
    found = alike(reader, "flood/gsm8k-run-7")

    assert {"openai/gsm8k", "mirror/gsm8k"} <= set(found)
    assert sum(dataset_id.startswith("flood/") for dataset_id in found) <= 2


def test_a_name_is_enough(reader: IndexReader) -> None:
    """No description, no tags: what is called alike is alike."""
    assert "openai/gsm8k" in alike(reader, "other/gsm8k-de")


def test_a_dataset_may_be_like_no_other(reader: IndexReader) -> None:
    assert alike(reader, "lab/unheard-of") == []


def test_a_small_catalog_has_similar_datasets_too(tmp_path: Path) -> None:
    datasets = [dataset(0, "a/one-thing"), dataset(1, "b/other-thing"), dataset(2, "c/else")]
    reader = build(tmp_path, datasets)

    assert similar.find(reader.commit(), document(datasets[0]), 5) == ("b/other-thing",)


def test_odd_texts_are_compared_like_any_other(tmp_path: Path) -> None:
    """Half a surrogate pair, a million characters, two thousand tags."""
    odd = dataset(
        0,
        "a/\ud83dodd",
        description="\ud83d " + "word " * 200_000,
        tags=tuple(f"tag-{number}" for number in range(2_000)),
    )
    datasets = [odd, dataset(1, "b/plain", description="word", tags=("tag-7",))]
    reader = build(tmp_path, datasets)

    assert similar.find(reader.commit(), document(odd), 5) in {(), ("b/plain",)}
    assert similar.find(reader.commit(), document(datasets[1]), 5) != ("b/plain",)
