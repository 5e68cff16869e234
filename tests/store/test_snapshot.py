"""The snapshot: every document, in order, in parts that join up."""

import random
from typing import Any

import pytest
import redis

from collinear.domain.dataset import Dataset
from collinear.domain.errors import RunFenced
from collinear.domain.impact import ImpactPolicy
from collinear.store import snapshot
from collinear.store.claim import Claim
from collinear.store.keys import Keys
from collinear.store.writer import CatalogWriter
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


def test_a_piece_that_redis_forgot_is_noticed(store: redis.Redis, keys: Keys) -> None:
    """Redis restarts in the middle and has lost a second: nothing is swapped in."""
    fill(store, keys, 600)
    snapshot.write_snapshot(store, keys, CLAIM)
    before = read_snapshot(store, keys)
    fill(store, keys, 601)
    unfinished = f"{keys.snapshot()}:unfinished"

    class Forgetful(redis.Redis):
        def execute_command(self, *args: Any, **options: Any) -> Any:
            if store.strlen(unfinished) > 3_000:
                store.set(unfinished, "")
            return super().execute_command(*args, **options)

    url = store.connection_pool.connection_kwargs
    with (
        Forgetful(host=url["host"], port=url["port"], protocol=2) as forgetful,
        pytest.raises(RunFenced),
    ):
        snapshot.write_snapshot(forgetful, keys, CLAIM, piece_bytes=300)

    assert read_snapshot(store, keys) == before


def test_whoever_has_lost_the_claim_writes_no_snapshot(store: redis.Redis, keys: Keys) -> None:
    """Two that end the same run would mix their pieces, or bring back an old catalog."""
    fill(store, keys, 3)
    store.hset(keys.run_claims, "finish", "other:0")

    with pytest.raises(RunFenced):
        snapshot.write_snapshot(store, keys, Claim(1, 1, "finish", "mine"))

    assert not store.exists(keys.snapshot())
