"""Puts datasets into a store by hand, in the layout that `docs/redis.md` describes."""

import base64
import gzip
from dataclasses import replace
from typing import Any

import redis

from collinear.domain.change import Op, Serial
from collinear.domain.dataset import Dataset
from collinear.domain.impact import ImpactPolicy
from collinear.store.documents import to_bytes
from collinear.store.keys import Keys
from tests.search.datasets import dataset


class Shop:
    """A catalog that changes when told to."""

    def __init__(self, client: redis.Redis, keys: Keys, *, epoch: str = "first") -> None:
        self.client = client
        self.keys = keys
        self.epoch = epoch
        self.datasets: dict[str, Dataset] = {}
        client.hset(keys.meta, "epoch", epoch)

    def put(self, ordinal: int, dataset_id: str, **fields: Any) -> str:
        """Create a dataset, or change or rename the one with this ordinal; its hub_id."""
        new = dataset(ordinal, dataset_id, **fields)
        old = self.datasets.get(new.hub_id)
        if old is None:
            op, previous = Op.CREATE, ""
        else:
            op = Op.UPDATE if old.id == new.id else Op.MOVE
            previous = old.id if op is Op.MOVE else ""
            self.client.hdel(self.keys.documents, old.id)
        self._store(ordinal, new)
        self._announce(op, new, previous)
        return new.hub_id

    def drop(self, hub_id: str) -> None:
        """Delete a dataset."""
        old = self.datasets.pop(hub_id)
        self.client.hdel(self.keys.documents, old.id)
        self.client.hdel(self.keys.identities, hub_id)
        self._announce(Op.DELETE, old, "")

    def put_back(self, some: Dataset, *, ordinal: int) -> None:
        """Create one that has been there before: under another ordinal."""
        self._store(ordinal, some)
        self._announce(Op.CREATE, some, "")

    def fill(self, count: int, *, start: int = 1000, author: str = "many") -> None:
        """Create many datasets at once."""
        with self.client.pipeline(transaction=False) as pipe:
            for ordinal in range(start, start + count):
                new = dataset(ordinal, f"{author}/d{ordinal}", downloads=ordinal)
                self._store(ordinal, new, pipe)
                self._announce(Op.CREATE, new, "", pipe)
            pipe.execute()

    def change_secretly(self, ordinal: int, dataset_id: str, **fields: Any) -> None:
        """Change a document without a word on the stream."""
        new = dataset(ordinal, dataset_id, **fields)
        self._store(ordinal, replace(new))

    def write_snapshot(self, *, part: int = 1000, serial: str | None = None) -> None:
        """The snapshot of what is there now, its text cut after so many characters."""
        ordered = sorted(
            self.datasets.values(), key=lambda some: (some.created_second, some.hub_id)
        )
        lines = b"".join(to_bytes(some.to_document(ImpactPolicy())) + b"\n" for some in ordered)
        text = base64.b64encode(gzip.compress(lines))
        for number, start in enumerate(range(0, len(text), part)):
            self.client.set(self.keys.snapshot(number), text[start : start + part])
        self.client.hset(self.keys.meta, "snapshot_serial", serial or str(self.newest()))

    def newest(self) -> Serial:
        """The serial of the newest change."""
        [(position, _)] = self.client.xrevrange(self.keys.changes, count=1)
        return Serial(self.epoch, position.decode())

    def ids(self) -> list[str]:
        """The ids of all datasets, in order."""
        return sorted(some.id for some in self.datasets.values())

    def _store(self, ordinal: int, new: Dataset, pipe: Any = None) -> None:
        where = pipe or self.client
        self.datasets[new.hub_id] = new
        document = to_bytes(new.to_document(ImpactPolicy()))
        where.hset(self.keys.documents, new.id, document)
        where.hset(self.keys.identities, new.hub_id, f"{ordinal} {new.id}")

    def _announce(self, op: Op, some: Dataset, previous: str, pipe: Any = None) -> None:
        entry = {"op": str(op), "id": some.id, "hub_id": some.hub_id, "previous_id": previous}
        entry |= {"changed": "", "at": "2026-01-01T00:00:00.000Z"}
        (pipe or self.client).xadd(self.keys.changes, entry)
