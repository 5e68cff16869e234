"""Reading what the writer stored: windows of every order, one dataset, the state."""

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import orjson
import pytest
import redis
import redis.asyncio
from hypothesis import HealthCheck, given, settings, strategies

from collinear.domain.dataset import Dataset
from collinear.domain.errors import DatasetMoved, DatasetNotFound, StoreUnavailable
from collinear.domain.query import SortField, SortOrder
from collinear.store.keys import Keys
from collinear.store.reader import CatalogReader, Place, Window
from collinear.store.run_records import Kind
from collinear.store.state import StateReader
from tests.store.stock import Stock, dataset

pytestmark = pytest.mark.anyio

PLAIN = [field for field in SortField if field is not SortField.RELEVANCE]


@pytest.fixture
def stock(store: redis.Redis, keys: Keys) -> Stock:
    return Stock(store, keys)


@pytest.fixture
async def reader(redis_url: str, keys: Keys) -> AsyncIterator[CatalogReader]:
    async with open_reader(redis_url, keys) as reader:
        yield reader


@pytest.fixture
async def state(redis_url: str, keys: Keys) -> AsyncIterator[StateReader]:
    async with redis.asyncio.Redis.from_url(redis_url, protocol=2) as client:
        yield StateReader(client, keys, share=0.5)


@asynccontextmanager
async def open_reader(redis_url: str, keys: Keys) -> AsyncIterator[CatalogReader]:
    async with redis.asyncio.Redis.from_url(redis_url, protocol=2) as client:
        yield CatalogReader(client, keys)


def ids(window: Window) -> list[str]:
    return [orjson.loads(document)["id"] for document in window.documents]


def brute_force(
    datasets: Sequence[Dataset], field: SortField | None, order: SortOrder
) -> list[str]:
    """The order as the contract words it: by value, unknown last, ties by id."""
    if field is None:
        ordered = sorted(datasets, key=lambda d: (d.created_second, d.hub_id))
        return [d.id for d in (ordered if order is SortOrder.ASC else ordered[::-1])]
    upwards = order is SortOrder.ASC

    def value(d: Dataset) -> float:
        found = 0 if field is SortField.ID else getattr(d, field.value)
        return -math.inf if found is None else found

    by_id = sorted(datasets, key=lambda d: d.id.encode(), reverse=not upwards)
    known = sorted((d for d in by_id if value(d) > -math.inf), key=value, reverse=not upwards)
    return [d.id for d in known] + [d.id for d in by_id if value(d) == -math.inf]


_names = strategies.text("aAbB-é/😀\x00 ", min_size=1, max_size=4)
_values = strategies.none() | strategies.integers(0, 3) | strategies.just(2**52 + 1)
_catalogs = strategies.lists(
    strategies.tuples(_names, _values, _values, strategies.none() | strategies.integers(0, 5)),
    max_size=14,
    unique_by=lambda row: row[0],
)


@given(
    rows=_catalogs,
    field=strategies.sampled_from([None, *PLAIN]),
    order=strategies.sampled_from(SortOrder),
    limit=strategies.integers(1, 5),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_by_cursor_by_offset_and_by_hand_lead_through_the_same_list(
    stock: Stock,
    redis_url: str,
    keys: Keys,
    rows: list[tuple[str, int | None, int | None, int | None]],
    field: SortField | None,
    order: SortOrder,
    limit: int,
) -> None:
    """Every stored order, in both directions, with unknown values, ties and odd names."""
    datasets = [
        Dataset(
            hub_id=f"{n:024x}",
            id=name,
            downloads=downloads,
            likes=likes,
            size_bytes=likes,
            trending_score=None if downloads is None else downloads / 2,
            created_at=None if created is None else 1000 * created,
            last_modified=None if created is None else 10**12 + created,
        )
        for n, (name, downloads, likes, created) in enumerate(rows)
    ]
    stock.fill(datasets)

    async def walk() -> None:
        async with open_reader(redis_url, keys) as reader:
            by_cursor: list[str] = []
            after: Place | None = None
            while True:
                window = await reader.window(field, order, limit=limit, after=after)
                assert window.total == len(datasets)
                by_cursor += ids(window)
                after = window.last
                if after is None:
                    break
            by_offset: list[str] = []
            for offset in range(0, len(datasets) + limit, limit):
                by_offset += ids(await reader.window(field, order, limit=limit, offset=offset))
            assert by_cursor == by_offset == brute_force(datasets, field, order)

    anyio.run(walk)


@pytest.mark.parametrize("order", SortOrder)
@pytest.mark.parametrize("field", [None, *PLAIN])
async def test_a_place_stays_when_its_dataset_leaves_or_moves(
    stock: Stock, reader: CatalogReader, field: SortField | None, order: SortOrder
) -> None:
    """The next page begins where it would have, whatever became of the last one's end."""
    known = [dataset(n, f"org/{n:02d}", downloads=n // 2, likes=n) for n in range(8)]
    unknown = [dataset(n, f"org/{n:02d}", created_at=None) for n in range(8, 12)]
    stock.put(*known, *unknown)
    everything = ids(await reader.window(field, order, limit=100))

    for size in range(1, 12):
        first = await reader.window(field, order, limit=size)
        end = next(d for d in (*known, *unknown) if d.id == everything[size - 1])
        stock.drop(end)
        rest = await reader.window(field, order, limit=100, after=first.last)
        assert ids(rest) == everything[size:]
        stock.put(end)
        everything = ids(await reader.window(field, order, limit=100))


async def test_a_dataset_that_gained_a_value_does_not_shift_the_place(
    stock: Stock, reader: CatalogReader
) -> None:
    """A page ends at org/2, which then becomes the most downloaded: the walk goes on behind it."""
    stock.put(*(dataset(n, f"org/{n}", downloads=n) for n in range(5)))
    first = await reader.window(SortField.DOWNLOADS, SortOrder.ASC, limit=3)
    stock.put(dataset(2, "org/2", downloads=1000))

    rest = await reader.window(SortField.DOWNLOADS, SortOrder.ASC, limit=10, after=first.last)

    assert ids(rest) == ["org/3", "org/4", "org/2"]


async def test_a_dataset_is_found_exactly_then_in_any_case_the_oldest_first(
    stock: Stock, reader: CatalogReader
) -> None:
    """Ids that differ only in case are distinct datasets."""
    stock.put(
        dataset(2, "Org/Name"), dataset(1, "ORG/name"), dataset(3, "org/name"), dataset(4, "a/B")
    )

    assert (await reader.get("Org/Name")).id == "Org/Name"
    assert (await reader.get("org/name")).id == "org/name"
    assert (await reader.get("oRG/NAME")).id == "ORG/name"
    assert (await reader.get("A/b")).id == "a/B"
    assert await reader.known("A/B")
    assert not await reader.known("a/c")
    with pytest.raises(DatasetNotFound):
        await reader.get("a/c")


async def test_a_former_id_leads_to_the_new_one(stock: Stock, reader: CatalogReader) -> None:
    """Until another dataset takes the former id."""
    stock.put(dataset(1, "org/old"))
    stock.put(dataset(1, "org/new"))

    with pytest.raises(DatasetMoved) as moved:
        await reader.get("org/old")
    assert moved.value.new_id == "org/new"

    stock.put(dataset(2, "org/old"))
    assert (await reader.get("org/old")).id == "org/old"
    stock.drop(dataset(2, "org/old"), dataset(1, "org/new"))
    with pytest.raises(DatasetNotFound):
        await reader.get("org/old")


async def test_ranks_share_ties_and_leave_the_unknown_out(
    stock: Stock, reader: CatalogReader
) -> None:
    """Ten, five, five, one and an unknown: the fives are both second of four."""
    values = [10, 5, 5, 1, None]
    stock.put(*(dataset(n, f"org/{n}", downloads=v, likes=0) for n, v in enumerate(values)))

    five = await reader.standing(await reader.get("org/2"))
    unknown = await reader.standing(await reader.get("org/4"))

    assert five.ranks["downloads"] == (2, 25.0, 4)
    assert five.ranks["likes"] == (1, 0.0, 5)
    assert five.ranks["size_bytes"] is None
    assert unknown.ranks["downloads"] is None
    assert five.last_seen is not None


async def test_the_lag_is_the_age_of_the_oldest_change_that_is_missing(
    stock: Stock, state: StateReader
) -> None:
    """Nothing missing is no lag; an index of another epoch lacks everything."""
    stock.put(dataset(1, "org/1"))
    applied = stock.serial
    assert await state.lag(applied) == 0
    stock.put(dataset(2, "org/2"))
    assert 0 <= await state.lag(applied) < 10
    assert await state.lag(applied._replace(epoch="another", position="9999999999999-0")) > 0


async def test_refreshing_ends_with_the_lease_of_a_dead_worker(
    stock: Stock, reader: CatalogReader, state: StateReader
) -> None:
    """The record says refreshing; nobody works on it: it is not refreshing."""
    assert (await reader.version()).warming_up
    stock.begin(Kind.FULL)
    stock.put(dataset(1, "org/1"))
    running = await state.status()
    assert running.version.refreshing
    assert running.progress is not None
    assert running.progress.kind == "full"

    stock.client.delete(stock.keys.lease)
    lost = await state.status()
    assert not lost.version.refreshing
    assert lost.progress is None
    assert lost.total_items == 1

    stock.end()
    assert not (await reader.version()).warming_up


async def test_a_store_that_is_gone_is_an_error_of_ours(keys: Keys) -> None:
    """No caller sees an error of the client library."""
    async with open_reader("redis://127.0.0.1:1/0?socket_connect_timeout=1", keys) as reader:
        with pytest.raises(StoreUnavailable):
            await reader.version()
