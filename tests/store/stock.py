"""A catalog for a test, stored by the real writer as a real run would store it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import redis

from collinear.domain.change import BEGINNING, Serial
from collinear.domain.dataset import Dataset
from collinear.domain.impact import ImpactPolicy
from collinear.search.index.writer import IndexWriter
from collinear.store.catalog import Catalog
from collinear.store.claim import Claim
from collinear.store.documents import parse
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, PageOutcome, Request, Run
from collinear.store.runs import FINISH, Runs
from collinear.store.writer import CatalogWriter

ENDPOINT = "http://hub.test"


def dataset(place: int, id_: str, **fields: Any) -> Dataset:
    """The ``place``-th dataset of the Hub, created a second after the one before."""
    fields.setdefault("created_at", 1_700_000_000_000 + 1000 * place)
    fields.setdefault("author", id_.partition("/")[0] if "/" in id_ else None)
    return Dataset(hub_id=f"{place:024x}", id=id_, **fields)


class Stock:
    """Puts datasets into the store, and into an index if asked."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self.client = client
        self.keys = keys
        policy = ImpactPolicy()
        self.writer = CatalogWriter(client, keys, policy)
        self.runs = Runs(client, keys, lease_seconds=30)
        Catalog(client, keys, policy).prepare(ENDPOINT)
        self.run: Run | None = None

    def begin(self, kind: Kind = Kind.FULL) -> Run:
        """Let a run go on."""
        self.run = self.runs.begin(self.runs.request(Request.new(kind)))
        assert self.run is not None
        return self.run

    def put(self, *datasets: Dataset) -> None:
        """Store datasets in a run that ends with it, unless one goes on."""
        alone = self.run is None
        run = self.run or self.begin(Kind.DELTA)
        self.writer.put(datasets, Claim(run.number, run.began))
        if alone:
            self.end()

    def drop(self, *departed: Dataset) -> None:
        """Datasets leave the Hub."""
        run = self.begin(Kind.DELTA)
        gone = [(dataset.hub_id, dataset.id) for dataset in departed]
        self.writer.drop(gone, Claim(run.number, run.began))
        self.end()

    def end(self) -> None:
        """The run succeeds: the catalog is warm."""
        assert self.run is not None
        page = self.runs.claim(self.run.number, 0)
        assert page is not None
        assert self.runs.done(page[1], PageOutcome(0, (), end=True, counts={}))
        claimed = self.runs.claim(self.run.number, FINISH)
        assert claimed is not None
        self.runs.finish(claimed[1], meta={"warmed": "true"}, page_map=[])
        self.run = None

    def fill(self, datasets: Iterable[Dataset]) -> None:
        """Forget everything and store these."""
        for key in self.client.scan_iter(match=self.keys.prefix.replace("{", "[{]") + "*"):
            self.client.delete(key)
        Catalog(self.client, self.keys, ImpactPolicy()).prepare(ENDPOINT)
        self.put(*datasets)

    @property
    def serial(self) -> Serial:
        """The newest change."""
        serial = self.client.hget(self.keys.meta, "serial")
        epoch = self.client.hget(self.keys.meta, "epoch")
        assert epoch is not None
        return Serial.parse(serial.decode()) if serial else Serial(epoch.decode(), BEGINNING)

    def index(self, directory: Path) -> None:
        """Build the search index of what is stored now."""
        identities = self.client.hgetall(self.keys.identities)
        rows = [
            (int(ordinal), parse(self.client.hget(self.keys.documents, id_) or b"{}"))
            for ordinal, _, id_ in (value.partition(b" ") for value in identities.values())
        ]
        with IndexWriter(directory, heap_bytes=16 * 2**20) as writer:
            writer.rebuild()
            writer.put(rows)
            writer.commit(self.serial)
            writer.publish()
