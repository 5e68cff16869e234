"""What changed last: eight bytes for each dataset lead to an entry of the stream."""

from collections.abc import AsyncIterator

import pytest
import redis
import redis.asyncio

from collinear.domain.change import Change, Op
from collinear.store.changes import ChangesReader
from collinear.store.keys import Keys
from collinear.store.reader import CatalogReader
from tests.store.stock import Stock, dataset

pytestmark = pytest.mark.anyio


@pytest.fixture
def stock(store: redis.Redis, keys: Keys) -> Stock:
    return Stock(store, keys)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.Redis.from_url(redis_url, protocol=2) as client:
        yield client


@pytest.fixture
def reader(client: redis.asyncio.Redis, keys: Keys) -> CatalogReader:
    return CatalogReader(client, keys)


async def last(reader: CatalogReader, id_: str) -> Change | None:
    return (await reader.standing(await reader.get(id_))).last_change


async def known(reader: CatalogReader, id_: str) -> Change:
    change = await last(reader, id_)
    assert change is not None
    return change


async def test_each_change_of_a_dataset_is_its_last_one_for_a_while(
    stock: Stock, reader: CatalogReader
) -> None:
    """Created, edited, renamed: always the newest, and being seen again is none."""
    stock.put(dataset(1, "acme/one"), dataset(2, "acme/two"), dataset(3, "acme/three"))
    created = await known(reader, "acme/two")
    assert (created.op, created.changed, created.id) == (Op.CREATE, (), "acme/two")

    stock.put(dataset(2, "acme/two", likes=5, downloads=7))
    updated = await known(reader, "acme/two")
    assert updated.op is Op.UPDATE
    assert {"likes", "downloads"} <= set(updated.changed)
    assert updated.serial.order > created.serial.order
    assert updated.serial == stock.serial

    stock.put(dataset(2, "beta/two", author="beta", likes=5, downloads=7))
    moved = await known(reader, "beta/two")
    assert (moved.op, moved.previous_id, moved.id) == (Op.MOVE, "acme/two", "beta/two")

    stock.put(dataset(2, "beta/two", author="beta", likes=5, downloads=7))
    assert await last(reader, "beta/two") == moved
    assert (await known(reader, "acme/one")).op is Op.CREATE


async def test_it_is_the_change_that_the_stream_tells(
    stock: Stock, reader: CatalogReader, client: redis.asyncio.Redis, keys: Keys
) -> None:
    """For hundreds that were stored in one step, the newest entry of each."""
    stock.put(*(dataset(place, f"acme/set-{place:03}") for place in range(300)))
    stock.put(*(dataset(place, f"acme/set-{place:03}", likes=1) for place in range(0, 300, 3)))
    told = await ChangesReader(client, keys).read(None, limit=1000)

    newest = {change.id: change for change in told.changes}
    assert len(newest) == 300
    for id_, change in newest.items():
        assert await last(reader, id_) == change


async def test_a_change_that_is_not_kept_any_more_is_unknown(
    stock: Stock, reader: CatalogReader, keys: Keys
) -> None:
    """Trimmed away, or never marked by an earlier version: null until something changes."""
    stock.put(dataset(1, "acme/one"), dataset(2, "acme/two"))
    stock.put(dataset(2, "acme/two", likes=1))
    stock.client.xtrim(keys.changes, maxlen=1, approximate=False)
    assert await last(reader, "acme/one") is None
    assert (await known(reader, "acme/two")).op is Op.UPDATE

    stock.client.delete(keys.last_changes)
    assert await last(reader, "acme/two") is None
    stock.put(dataset(2, "acme/two", likes=2))
    assert (await known(reader, "acme/two")).changed[-1:] != ()
    assert await last(reader, "acme/one") is None


async def test_a_new_epoch_keeps_what_is_still_there(
    stock: Stock, reader: CatalogReader, keys: Keys
) -> None:
    """A restored store has its stream and its marks of the same moment."""
    stock.put(dataset(1, "acme/one"))
    stock.client.hset(keys.meta, "epoch", "restored")
    assert (await known(reader, "acme/one")).serial.epoch == "restored"


async def test_a_dataset_that_takes_the_id_of_another_has_its_own_change(
    stock: Stock, reader: CatalogReader, keys: Keys
) -> None:
    """Marks go by identity, not by name; the one that left leaves none behind."""
    stock.put(dataset(1, "acme/one"))
    stock.put(dataset(1, "acme/old"), dataset(2, "acme/one"))
    assert (await known(reader, "acme/old")).op is Op.MOVE
    assert (await known(reader, "acme/one")).op is Op.CREATE
    assert (await known(reader, "acme/one")).hub_id == dataset(2, "acme/one").hub_id

    stock.drop(dataset(1, "acme/old"))
    assert stock.client.getrange(keys.last_changes, 0, 7) == bytes(8)


async def test_a_position_that_needs_more_room_is_not_marked(
    stock: Stock, reader: CatalogReader, keys: Keys
) -> None:
    """After a clock went back the numbers of one millisecond may grow beyond two bytes."""
    stock.put(dataset(1, "acme/one"))
    ahead = 2**47
    entry = {"op": "x", "id": "x", "hub_id": "x", "previous_id": "", "changed": "", "at": "x"}
    stock.client.xadd(keys.changes, entry, id=f"{ahead}-65534")
    stock.put(dataset(1, "acme/one", likes=1))
    assert (await known(reader, "acme/one")).serial.position == f"{ahead}-65535"
    stock.put(dataset(1, "acme/one", likes=2))
    assert await last(reader, "acme/one") is None


async def test_a_mark_that_leads_to_anothers_change_is_not_believed(
    stock: Stock, reader: CatalogReader, keys: Keys
) -> None:
    """Whoever damaged it."""
    stock.put(dataset(1, "acme/one"), dataset(2, "acme/two"))
    two = stock.client.getrange(keys.last_changes, 8, 15)
    stock.client.setrange(keys.last_changes, 0, two)
    assert await last(reader, "acme/one") is None
