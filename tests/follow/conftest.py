"""A catalog that changes when told to, and a follower that runs beside the test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import redis

from collinear.domain.query import DatasetQuery
from collinear.follow import Follower
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from collinear.settings import Settings
from collinear.store.feed import CatalogFeed
from collinear.store.keys import Keys
from tests.follow.shop import Shop
from tests.search.datasets import HEAP
from tests.waiting import wait_until

Following = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def shop(store: redis.Redis, keys: Keys) -> Shop:
    return Shop(store, keys)


@pytest.fixture
def feed(store: redis.Redis, keys: Keys) -> CatalogFeed:
    return CatalogFeed(store, keys)


@pytest.fixture
def reader(settings: Settings) -> IndexReader:
    return IndexReader(settings.index_dir)


@pytest.fixture
def following(feed: CatalogFeed, settings: Settings) -> Following:
    """Runs a follower while the context is open."""

    @contextmanager
    def run() -> Iterator[None]:
        stopping = threading.Event()
        with IndexWriter(settings.index_dir, heap_bytes=HEAP) as index:
            follower = Follower(feed, index, commit_seconds=0.05, stopping=stopping)
            failed: list[BaseException] = []

            def follow() -> None:
                try:
                    follower.run()
                except BaseException as error:
                    failed.append(error)

            thread = threading.Thread(target=follow)
            thread.start()
            try:
                yield
            finally:
                stopping.set()
                thread.join()
        assert not failed

    return run


def indexed(reader: IndexReader) -> list[str] | None:
    """The ids in the index, in order; None while there is no index."""
    if reader.state() is None:
        return None
    return list(reader.find(DatasetQuery(sort_by="id", limit=1000)).ids)


def wait_level(reader: IndexReader, shop: Shop, *, within: float = 10) -> None:
    """Wait until the index holds exactly what the catalog holds, and says so."""
    wait_until(
        lambda: (state := reader.state()) and state.serial == shop.newest() and state,
        "the index to be level",
        within=within,
    )
    assert indexed(reader) == shop.ids()[:1000]
    state = reader.state()
    assert state is not None
    assert state.documents == len(shop.datasets)
