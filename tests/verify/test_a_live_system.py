"""A verification beside writers, an indexer and snapshots never raises a false alarm."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from collinear.domain.dataset import Dataset
from collinear.domain.impact import ImpactPolicy
from collinear.follow import Follower
from collinear.search.index.writer import IndexWriter
from collinear.settings import Settings
from collinear.store.claim import Claim
from collinear.store.feed import CatalogFeed
from collinear.store.keys import Keys
from collinear.store.snapshot import write_snapshot
from collinear.store.writer import CatalogWriter
from tests.agreement import disagreements, verified
from tests.search.datasets import HEAP
from tests.store.stock import Stock, dataset

COUNT = 600


class Restless(threading.Thread):
    """Creates, edits, renames and removes datasets, and rewrites the snapshot, without a pause."""

    def __init__(self, client: redis.Redis, keys: Keys, claim: Claim) -> None:
        super().__init__()
        self._client, self._keys, self._claim = client, keys, claim
        self._chance = random.Random(5)
        self.stopping = threading.Event()
        self.chunks = 0
        self.failed: list[BaseException] = []

    def run(self) -> None:
        try:
            writer = CatalogWriter(self._client, self._keys, ImpactPolicy(), change_retention=3_000)
            while not self.stopping.is_set():
                writer.put(self._some(), self._claim)
                gone = self._chance.sample(range(COUNT), 5)
                writer.drop([(f"{place:024x}", "") for place in gone], self._claim)
                if self.chunks % 15 == 0:
                    write_snapshot(self._client, self._keys, self._claim)
                self.chunks += 1
        except BaseException as error:
            self.failed.append(error)

    def _some(self) -> list[Dataset]:
        chance = self._chance
        return [
            dataset(
                place,
                f"Org{chance.randrange(3)}/set-{place}",
                downloads=chance.randrange(200_000),
                created_at=(1_700_000_000 + chance.randrange(40)) * 1000,
            )
            for place in chance.sample(range(COUNT), 60)
        ]


@contextmanager
def following(store: redis.Redis, keys: Keys, settings: Settings) -> Iterator[None]:
    stopping = threading.Event()
    with IndexWriter(settings.index_dir, heap_bytes=HEAP) as index:
        feed = CatalogFeed(store, keys)
        follower = Follower(feed, index, commit_seconds=0.05, stopping=stopping)
        thread = threading.Thread(target=follower.run)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()


def test_no_false_alarm_beside_a_writer_and_an_indexer(
    store: redis.Redis, keys: Keys, settings: Settings
) -> None:
    """Trimmed changes, replaced snapshots, renames under way: looked at, and not reported."""
    stock = Stock(store, keys)
    run = stock.begin()
    claim = Claim(run.number, run.began)
    stock.writer.put([dataset(place, f"Org0/set-{place}") for place in range(COUNT)], claim)
    write_snapshot(store, keys, claim)
    restless = Restless(store, keys, claim)

    with following(store, keys, settings):
        restless.start()
        try:
            reports = [verified(store, keys, index_dir=settings.index_dir) for _ in range(5)]
        finally:
            restless.stopping.set()
            restless.join()
        last = verified(store, keys, index_dir=settings.index_dir)

    assert not restless.failed
    for report in [*reports, last]:
        assert disagreements(report) == {}
    assert restless.chunks > 20
    assert any("run goes on" in note for note in last.notes)
    assert last.checks[-1].looked_at == last.datasets > 0


def test_what_was_damaged_is_found_beside_a_writer_all_the_same(
    store: redis.Redis, keys: Keys, settings: Settings
) -> None:
    stock = Stock(store, keys)
    run = stock.begin()
    claim = Claim(run.number, run.began)
    stock.writer.put([dataset(place, f"Org0/set-{place}") for place in range(COUNT)], claim)
    bystander = dataset(COUNT + 1, "quiet/one")
    stock.writer.put([bystander], claim)
    write_snapshot(store, keys, claim)
    store.zadd(keys.by("likes"), {"quiet/one": 3})
    restless = Restless(store, keys, claim)
    restless.start()
    try:
        found = disagreements(verified(store, keys))
    finally:
        restless.stopping.set()
        restless.join()

    assert not restless.failed
    assert [example.subject for example in found["orders"]] == ["quiet/one"]
    assert found.keys() == {"orders"}
