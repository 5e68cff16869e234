"""What a follower can ask of the store."""

import threading

import pytest
import redis

from collinear.domain.change import BEGINNING, Op
from collinear.domain.errors import StoreUnavailable
from collinear.store.documents import parse
from collinear.store.feed import CatalogFeed, SnapshotUnreadable
from collinear.store.keys import Keys
from tests.follow.shop import Shop


def test_an_empty_store_says_so(store: redis.Redis, keys: Keys) -> None:
    """Nothing is there, and nothing was missed."""
    feed = CatalogFeed(store, keys)
    assert (feed.epoch(), feed.newest(), feed.oldest()) == (None, BEGINNING, None)
    assert feed.snapshot_serial() is None
    assert feed.holds(BEGINNING)
    assert not feed.holds("5-0")
    assert feed.changes("e", BEGINNING, count=5, block_ms=1) == []
    assert feed.documents([]) == {}
    assert list(feed.hub_ids()) == [[]]


def test_changes_come_in_order_and_once(shop: Shop, feed: CatalogFeed) -> None:
    """Each with its serial; the next read goes on after the last."""
    hub_id = shop.put(1, "a/one")
    shop.put(1, "a/new")
    first = feed.changes("first", BEGINNING, count=1, block_ms=1)
    rest = feed.changes("first", first[0].serial.position, count=10, block_ms=1)
    assert [(change.op, change.id, change.previous_id) for change in first + rest] == [
        (Op.CREATE, "a/one", None),
        (Op.MOVE, "a/new", "a/one"),
    ]
    assert {change.hub_id for change in first + rest} == {hub_id}
    assert rest[-1].serial == shop.newest()
    assert feed.holds(rest[-1].serial.position)
    shop.client.xtrim(shop.keys.changes, maxlen=1, approximate=False)
    assert not feed.holds(BEGINNING)
    assert not feed.holds(first[0].serial.position)
    assert feed.oldest() == feed.newest() == rest[-1].serial.position


def test_documents_are_those_of_now(shop: Shop, feed: CatalogFeed) -> None:
    """A dataset that is gone, or whose id another one has, has none."""
    one, two = shop.put(1, "a/one"), shop.put(2, "a/two")
    gone = shop.put(3, "a/gone")
    shop.drop(gone)
    found = feed.documents([one, gone, two, one, "f" * 24])
    assert {hub_id: row and row[0] for hub_id, row in found.items()} == {
        one: 1,
        gone: None,
        two: 2,
        "f" * 24: None,
    }
    assert feed.ordinals([two, gone]) == [2, None]
    shop.change_secretly(2, "a/one")  # now the document under the id of one is two's
    found = feed.documents([one, two])
    assert found[one] is None
    assert found[two] is not None
    assert parse(found[two][1])["hub_id"] == two


@pytest.mark.parametrize("part", [1, 3, 4, 997, 10**6])
def test_a_snapshot_is_read_however_it_is_cut(shop: Shop, feed: CatalogFeed, part: int) -> None:
    """One text over many keys, cut anywhere."""
    shop.fill(20 if part < 10 else 3_000)
    shop.put(1, "a/one", description="\ud800 half")
    shop.write_snapshot(part=part)
    assert feed.snapshot_serial() == shop.newest()
    lines = list(feed.snapshot())
    assert sorted(parse(line)["id"] for line in lines) == shop.ids()


def test_a_snapshot_that_is_swapped_while_it_is_read_is_noticed(
    shop: Shop, feed: CatalogFeed
) -> None:
    """Whether its text still fits together or not."""
    shop.fill(3_000)
    shop.write_snapshot()
    lines = feed.snapshot()
    next(lines)
    shop.put(1, "a/one")
    shop.write_snapshot()
    with pytest.raises(SnapshotUnreadable):
        list(lines)


def test_an_empty_snapshot_is_no_error(shop: Shop, feed: CatalogFeed) -> None:
    """A catalog without a dataset has a snapshot without a line."""
    shop.drop(shop.put(1, "a/one"))
    shop.write_snapshot()
    assert list(feed.snapshot()) == []


def test_a_missing_snapshot_is_unreadable(shop: Shop, feed: CatalogFeed) -> None:
    """Its serial is there, its text is not."""
    shop.client.hset(shop.keys.meta, "snapshot_serial", "first:1-0")
    with pytest.raises(SnapshotUnreadable):
        list(feed.snapshot())


def test_all_datasets_can_be_walked(shop: Shop, feed: CatalogFeed) -> None:
    """Each at least once."""
    shop.fill(2_500)
    assert {hub_id for some in feed.hub_ids() for hub_id in some} == set(shop.datasets)


def test_one_of_many_gives_the_store_another_epoch(shop: Shop, feed: CatalogFeed) -> None:
    """Followers that notice a loss at the same time agree on one new epoch."""
    shop.put(1, "a/one")
    threads = [threading.Thread(target=feed.renew_epoch, args=("first",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    epoch = feed.epoch()
    assert epoch not in {None, "first"}
    feed.renew_epoch("first")
    assert feed.epoch() == epoch
    serial = f"{epoch}:{shop.newest().position}"
    assert shop.client.hget(shop.keys.meta, "serial") == serial.encode()


def test_a_store_that_does_not_answer_is_unavailable(keys: Keys) -> None:
    """Every question ends in the same error."""
    with redis.Redis(port=1, protocol=2, retry=None) as client:
        feed = CatalogFeed(client, keys)
        for ask in (
            feed.epoch,
            feed.newest,
            feed.oldest,
            feed.snapshot_serial,
            lambda: feed.holds(BEGINNING),
            lambda: feed.renew_epoch("e"),
            lambda: feed.changes("e", BEGINNING, count=1, block_ms=1),
            lambda: feed.documents(["f"]),
            lambda: list(feed.hub_ids()),
            lambda: list(feed.snapshot()),
        ):
            with pytest.raises(StoreUnavailable):
                ask()
