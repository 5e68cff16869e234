"""The store tells how the first load goes, and what becomes of later refreshes."""

import json

import redis

from collinear.local import events
from collinear.local.watch import NOTHING_YET, CatalogWatch, Glance, news
from collinear.store.keys import Keys

LOADED = Glance(warmed=True, total=20_000, run_id="a", kind="full", state="succeeded")


def test_the_first_load_from_the_store(store: redis.Redis, keys: Keys, redis_url: str) -> None:
    """An empty store is no news; then the rows grow; then the catalog is ready."""
    watch = CatalogWatch(redis_url, keys)
    assert watch.look() == []

    run = {"run_id": "a", "kind": "full", "state": "running", "rows": 3000}
    store.hset(keys.run, mapping=run)
    assert watch.look() == [events.Loading(3000)]

    store.hset(keys.run, mapping={"state": "succeeded"})
    store.hset(keys.meta, mapping={"warmed": "true", "total_items": 20_000})
    assert watch.look() == [events.Ready(20_000)]
    assert watch.look() == []
    watch.close()


def test_trouble_is_told_once_and_when_it_is_over(
    store: redis.Redis, keys: Keys, redis_url: str
) -> None:
    """What cache-status shows as last_error stands in the terminal too."""
    watch = CatalogWatch(redis_url, keys)
    error = json.dumps({"at": "2026-01-01T00:00:00.000Z", "message": "The Hub does not answer."})
    store.hset(keys.meta, "last_error", error)
    assert watch.look() == [events.Trouble("The Hub does not answer.")]
    assert watch.look() == []
    store.hset(keys.meta, "last_error", "")
    assert watch.look() == [events.TroubleOver()]
    watch.close()


def test_a_store_that_does_not_answer_is_no_news(keys: Keys) -> None:
    """The supervisor goes on and tells that the server died anyway."""
    watch = CatalogWatch("redis://127.0.0.1:1/0", keys)
    assert watch.look() == []
    watch.close()


def test_a_catalog_that_was_there_is_ready_at_once() -> None:
    """After a restart there is no first load."""
    assert list(news(NOTHING_YET, LOADED)) == [events.Ready(20_000)]


def test_a_later_run_is_told_when_it_ends() -> None:
    """Not while it goes on."""
    going = Glance(warmed=True, total=20_000, run_id="b", kind="pages", state="running", rows=9)
    done = Glance(warmed=True, total=20_001, run_id="b", kind="pages", state="succeeded", rows=99)
    assert list(news(LOADED, going)) == []
    assert list(news(going, done)) == [events.RunFinished("pages", 99, 20_001)]
    assert list(news(done, done)) == []


def test_a_run_is_told_although_the_next_has_begun() -> None:
    """The next one may be quicker than our eyes; deltas come every minute and are no news."""
    pages = Glance(warmed=True, total=20_000, run_id="b", kind="pages", state="finishing", rows=9)
    delta = Glance(warmed=True, total=20_001, run_id="c", kind="delta", state="running", rows=1)
    over = Glance(warmed=True, total=20_001, run_id="c", kind="delta", state="succeeded", rows=1)
    assert list(news(pages, delta)) == [events.RunFinished("pages", 9, 20_001)]
    assert list(news(delta, over)) == []


def test_held_removals_are_told_once() -> None:
    """With how many of how many would go."""
    held = Glance(warmed=True, run_id="b", state="failed", held=(900, 20_000))
    assert list(news(LOADED, held)) == [events.RemovalsHeld(900, 20_000)]
    assert list(news(held, held)) == []


def test_odd_values_do_no_harm() -> None:
    """A store of another version may hold anything."""
    odd = Glance.of({b"held_removals": b"?", b"last_error": b"[1]"}, {b"rows": b"many"})
    assert odd == NOTHING_YET
