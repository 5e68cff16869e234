"""Thousands of datasets of the very same second: the catalog order among them is by hub_id."""

from itertools import chain
from random import Random

import pytest
import redis

from collinear.domain.dataset import Dataset
from collinear.store.claim import Claim
from collinear.store.keys import Keys
from tests.agreement import assert_agreement, stored_ids
from tests.store.stock import Stock, dataset

SECOND = 1_646_263_744_000


def of_the_second(place: int) -> Dataset:
    return dataset(place, f"acme/set-{place:05d}", created_at=SECOND)


def slowest_script(store: redis.Redis) -> float:
    """Seconds."""
    entries = store.slowlog_get(10_000)
    scripts = [one["duration"] for one in entries if one["command"].startswith(b"EVALSHA")]
    return max(scripts, default=0) / 1e6


@pytest.mark.parametrize("order", ["ascending", "descending", "shuffled pages", "shuffled"])
def test_they_find_their_places_in_whatever_order_they_come(
    order: str, store: redis.Redis, keys: Keys
) -> None:
    """Before this was so, a page between others held up everybody for seconds."""
    pages = [[of_the_second(2 * n) for n in range(at, at + 250)] for at in range(0, 4000, 250)]
    if order == "descending":
        pages = [page[::-1] for page in pages[::-1]]
    elif order == "shuffled pages":
        Random(1).shuffle(pages)
    elif order == "shuffled":
        rows = list(chain.from_iterable(pages))
        Random(2).shuffle(rows)
        pages = [rows[at : at + 250] for at in range(0, 4000, 250)]
    stock = Stock(store, keys)
    run = stock.begin()
    store.config_set("slowlog-log-slower-than", 100_000)
    store.slowlog_reset()

    for page in pages:
        stock.writer.put(page, Claim(run.number, run.began))
    others = [of_the_second(2 * n + 1) for n in range(0, 4000, 40)]
    for one in others:
        stock.writer.put([one], Claim(run.number, run.began))

    assert slowest_script(store) < 1
    expected = sorted([*chain.from_iterable(pages), *others], key=lambda one: one.hub_id)
    assert stored_ids(store, keys) == [one.id for one in expected]
    assert_agreement(store, keys)


def test_there_is_room_where_it_was_used_up(store: redis.Redis, keys: Keys) -> None:
    """Each comes right before the one before it, or right behind the first of all."""
    stock = Stock(store, keys)
    run = stock.begin()
    places = [5000, *range(4999, 4900, -1), *range(1, 100), *range(4800, 4700, -1), 9000]

    for place in places:
        stock.writer.put([of_the_second(place)], Claim(run.number, run.began))

    assert stored_ids(store, keys) == [of_the_second(place).id for place in sorted(places)]
    assert_agreement(store, keys)
