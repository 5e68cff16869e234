"""A store is somebody's catalog, and stays it."""

import pytest
import redis

from collinear.domain.errors import WrongStore
from collinear.store.guard import check_store
from collinear.store.keys import Keys
from tests.store.stock import ENDPOINT, Stock, dataset

OTHER = "http://other.test"


def test_another_hubs_catalog_is_refused_unless_asked_for(store: redis.Redis, keys: Keys) -> None:
    """Two Hubs in one catalog would remove each other's datasets."""
    Stock(store, keys).put(dataset(1, "acme/one"))
    check_store(store, keys, endpoint=ENDPOINT)
    with pytest.raises(WrongStore, match=f"holds the catalog of {ENDPOINT}"):
        check_store(store, keys, endpoint=OTHER)
    check_store(store, keys, endpoint=OTHER, accept_endpoint=True)


def test_a_mistyped_hub_leaves_nothing_behind(store: redis.Redis, keys: Keys) -> None:
    """Nothing was loaded from it: the right address may follow, once nobody tries any more."""
    stock = Stock(store, keys)
    stock.begin()
    with pytest.raises(WrongStore):
        check_store(store, keys, endpoint=OTHER)
    store.delete(keys.lease)
    check_store(store, keys, endpoint=OTHER)


def test_a_user_who_may_not_do_all_is_refused(
    redis_url: str, store: redis.Redis, keys: Keys
) -> None:
    """It would fail in the middle of something else, over and over."""
    store.acl_setuser("reader", enabled=True, passwords=["+pw"], keys=["*"], categories=["+@read"])
    try:
        with (
            redis.Redis.from_url(redis_url, protocol=2, username="reader", password="pw") as few,
            pytest.raises(WrongStore, match="give it every command"),
        ):
            check_store(few, keys, endpoint=ENDPOINT)
    finally:
        store.acl_deluser("reader")
