"""The snapshot: every document, in order, in parts that join up."""

import random

import pytest
import redis

from collinear.domain.dataset import Dataset
from collinear.domain.impact import ImpactPolicy
from collinear.store import snapshot
from collinear.store.keys import Keys
from collinear.store.writer import CatalogWriter, Claim
from tests.agreement import assert_snapshot, read_snapshot

CLAIM = Claim(1, 1)


def fill(store: redis.Redis, keys: Keys, count: int) -> None:
    store.hset(keys.run, mapping={"number": 1})
    store.hsetnx(keys.meta, "epoch", "e")
    CatalogWriter(store, keys, ImpactPolicy()).put(
        (
            Dataset(hub_id=f"{n:024x}", id=f"org/{n}", description=f"数据 {random.random()} " * 3)
            for n in range(count)
        ),
        CLAIM,
    )


def test_every_document_in_catalog_order(store: redis.Redis, keys: Keys) -> None:
    fill(store, keys, 2_500)

    serial = snapshot.write_snapshot(store, keys, CLAIM)

    assert serial is not None
    assert_snapshot(store, keys)


def test_an_empty_catalog_has_an_empty_snapshot(store: redis.Redis, keys: Keys) -> None:
    store.hset(keys.run, mapping={"number": 1})

    assert snapshot.write_snapshot(store, keys, CLAIM) is None

    assert read_snapshot(store, keys) == []


@pytest.mark.parametrize("piece", [3, 300])
def test_a_large_one_goes_on_in_further_parts(store: redis.Redis, keys: Keys, piece: int) -> None:
    """Cut anywhere: readers join the text and decode it as one; old parts do not linger."""
    fill(store, keys, 600)

    snapshot.write_snapshot(store, keys, CLAIM, part_bytes=1_000, piece_bytes=piece)
    many = store.exists(keys.snapshot(1))
    assert_snapshot(store, keys)
    fill(store, keys, 601)
    snapshot.write_snapshot(store, keys, CLAIM)

    assert many
    assert not store.exists(keys.snapshot(1))
    assert_snapshot(store, keys)
