"""Datasets for the tests of search, and an index that holds them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from collinear.domain.change import Serial
from collinear.domain.dataset import Dataset
from collinear.domain.impact import ImpactPolicy
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from collinear.store.documents import parse, to_bytes

HEAP = 16 * 2**20
POLICY = ImpactPolicy()
SERIAL = Serial("epoch", "5-0")
FIRST_SECOND = 1_650_000_000


def dataset(ordinal: int, dataset_id: str, **fields: Any) -> Dataset:
    """A dataset; created one second after the one with the ordinal below."""
    second = FIRST_SECOND + ordinal
    author = dataset_id.rpartition("/")[0] or None
    known = {"author": author, "created_at": second * 1000} | fields
    return Dataset(hub_id=f"{second:08x}{ordinal:016x}", id=dataset_id, **known)


def document(dataset: Dataset) -> dict[str, Any]:
    """The dataset as the index gets it: printed, stored and read again."""
    return parse(to_bytes(dataset.to_document(POLICY)))


def rows(datasets: Iterable[Dataset]) -> list[tuple[int, dict[str, Any]]]:
    """Datasets as the index takes them; the ordinal stands in the last digits of the hub_id."""
    return [(int(some.hub_id[8:], 16) % 2**24, document(some)) for some in datasets]


def build(directory: Path, datasets: Iterable[Dataset], *, commits: int = 1) -> IndexReader:
    """An index of these datasets, written in so many commits."""
    waiting = rows(datasets)
    size = len(waiting) // commits + 1
    with IndexWriter(directory, heap_bytes=HEAP) as writer:
        writer.rebuild()
        for start in range(0, max(len(waiting), 1), size):
            writer.put(waiting[start : start + size])
            writer.commit(SERIAL)
        writer.publish()
    return IndexReader(directory)
