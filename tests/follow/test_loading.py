"""A large catalog is indexed by several processes, and the parts are one index afterwards."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import psutil
import pytest

from collinear.domain.query import DatasetQuery
from collinear.follow import LoadFailed, Row
from collinear.indexer.loading import ParallelLoader
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from collinear.store.documents import to_bytes
from tests.search.datasets import HEAP, POLICY, SERIAL, dataset, rows
from tests.waiting import wait_until

COUNT = 3_000


def stored(count: int = COUNT) -> Iterator[Row]:
    """Rows of a snapshot, one of them damaged."""
    for number in range(count):
        some = dataset(number, f"many/d{number}", description="words for all", likes=number % 7)
        yield number, b"{" if number == 5 else to_bytes(some.to_document(POLICY))


@pytest.fixture
def stopping() -> Event:
    return Event()


@pytest.fixture
def loader(stopping: Event) -> ParallelLoader:
    return ParallelLoader(heap_bytes=HEAP, stopping=stopping, few=100, processes=2)


def children() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if "collinear.indexer.shard" in process.cmdline()
    ]


def test_the_parts_are_one_index(tmp_path: Path, loader: ParallelLoader) -> None:
    """It can be searched, changed and committed to like any other; nothing else is left."""
    reader = IndexReader(tmp_path)
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        assert loader.load(writer, stored()) == COUNT - 1
        assert children() == []
        writer.commit(SERIAL)
        writer.publish()
        found = reader.find(DatasetQuery(search="words", sort_by="likes", limit=1000))
        assert found.total == COUNT - 1
        assert len(set(found.ids)) == 1000

        writer.drop([dataset(number, "").hub_id for number in range(10, 20)])
        writer.put(rows([dataset(20, "many/renamed"), dataset(COUNT, "many/new")]))
        writer.commit(SERIAL)
        folder = writer.folder
        wait_until(lambda: reader.find(DatasetQuery(author=["many"])).total == COUNT - 10, "it")
        assert reader.find(DatasetQuery(search="renamed")).ids == ("many/renamed",)
        assert [path for path in folder.iterdir() if path.is_dir()] == []

    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        assert writer.serial == SERIAL, "another process goes on with it"


def test_few_are_put_without_ado(tmp_path: Path, loader: ParallelLoader) -> None:
    """Starting a process takes longer than indexing some thousands."""
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        assert loader.load(writer, stored(99)) == 98
        writer.commit(SERIAL)
        assert writer.wear() == (99, 0), "the marker is one of them"


def test_who_is_told_to_stop_leaves_nothing_behind(
    tmp_path: Path, loader: ParallelLoader, stopping: Event
) -> None:
    """Neither datasets nor processes."""

    def interrupted() -> Iterator[Row]:
        for number, row in enumerate(stored()):
            if number == 1_500:
                stopping.set()
            yield row

    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        assert loader.load(writer, interrupted()) == 0
        assert writer.wear() == (0, 0)
    assert children() == []


def test_a_part_that_dies_is_no_index(tmp_path: Path, loader: ParallelLoader) -> None:
    """As one that the kernel killed for its memory: the caller goes another way."""

    def fatal() -> Iterator[Row]:
        for number, row in enumerate(stored()):
            if number == 1_500:
                os.kill(wait_until(children, "a process").pop().pid, signal.SIGKILL)
            yield row

    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        with pytest.raises(LoadFailed):
            loader.load(writer, fatal())
        assert writer.wear() == (0, 0)
    assert children() == []
