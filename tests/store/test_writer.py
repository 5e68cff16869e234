"""The writer: order within a second, ids that clash, and writers that race."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from collinear.domain.dataset import Dataset
from collinear.domain.errors import RunFenced
from collinear.domain.impact import ImpactPolicy
from collinear.store.claim import Claim
from collinear.store.keys import Keys
from collinear.store.writer import CatalogWriter, Stored
from tests.agreement import assert_agreement, stored_documents, stored_ids

SECOND = 1_700_000_000


def dataset(number: int, *, id_: str | None = None, second: int = SECOND, **facts: int) -> Dataset:
    return Dataset(
        hub_id=f"{second:08x}{number:016x}",
        id=id_ or f"Org/set-{number}",
        created_at=second * 1000,
        **facts,  # type: ignore[arg-type]
    )


def in_run(store: redis.Redis, keys: Keys, number: int = 1, began: int = 1) -> Claim:
    store.hset(keys.run, mapping={"number": number})
    store.hsetnx(keys.meta, "epoch", "e")
    return Claim(number, began)


@pytest.fixture
def writer(store: redis.Redis, keys: Keys) -> CatalogWriter:
    return CatalogWriter(store, keys, ImpactPolicy(), chunk=3)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(range(9)), st.integers(1, 4))
def test_datasets_of_one_second_are_ordered_by_hub_id(
    store: redis.Redis, keys: Keys, writer: CatalogWriter, order: Sequence[int], seconds: int
) -> None:
    """In whatever order they arrive: the catalog order is (created second, hub_id)."""
    store.delete("none", *store.scan_iter(match=_pattern(keys)))
    claim = in_run(store, keys)

    for number in order:
        writer.put([dataset(number, second=SECOND + number % seconds)], claim)

    assert_agreement(store, keys)


def test_two_writers_that_race_store_each_dataset_once(store: redis.Redis, keys: Keys) -> None:
    """The same page in two hands at once: one create for each dataset, and one order."""
    claim = in_run(store, keys)
    page = [dataset(number, second=SECOND + number // 7) for number in range(300)]

    def put(seed: int) -> Stored:
        mine = page.copy()
        random.Random(seed).shuffle(mine)
        return CatalogWriter(store, keys, ImpactPolicy(), chunk=20).put(mine, claim)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(put, range(4)))

    assert sum(outcome.created for outcome in outcomes) == 300
    assert sum(outcome.unchanged for outcome in outcomes) == 900
    assert_agreement(store, keys)


def test_two_writers_that_race_announce_a_change_once(store: redis.Redis, keys: Keys) -> None:
    """Both have read what was there before: the second finds that it is done."""
    claim = in_run(store, keys)
    CatalogWriter(store, keys, ImpactPolicy()).put([dataset(n) for n in range(300)], claim)
    before = store.xlen(keys.changes)

    def put(_: int) -> Stored:
        liked = [dataset(number, likes=5) for number in range(300)]
        return CatalogWriter(store, keys, ImpactPolicy(), chunk=20).put(liked, claim)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(put, range(4)))

    assert store.xlen(keys.changes) - before == 300
    assert sum(outcome.updated for outcome in outcomes) == 300
    assert sum(outcome.unchanged for outcome in outcomes) == 900
    assert_agreement(store, keys)


def test_two_rows_of_one_walk_with_the_same_id(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """The first one stays, the second is refused, and the next walk changes nothing."""
    rows = [dataset(1, id_="org/same"), dataset(2, id_="org/same"), dataset(3)]

    first = writer.put(rows, in_run(store, keys, began=1))
    second = writer.put(rows, in_run(store, keys, number=2, began=2_000_000_000))

    assert (first.created, first.refused) == (2, ((rows[1].hub_id, "org/same"),))
    assert (second.unchanged, second.created, second.refused) == (2, 0, first.refused)
    assert stored_documents(store, keys)["org/same"]["hub_id"] == rows[0].hub_id
    assert_agreement(store, keys)


def test_a_row_that_comes_twice_counts_once(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """The later of the two is kept."""
    stored = writer.put([dataset(1, likes=1), dataset(1, likes=2)], in_run(store, keys))

    assert stored.created == 1
    assert stored_documents(store, keys)["Org/set-1"]["likes"] == 2


def test_ids_that_differ_only_in_case_are_distinct(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """Both are stored, and both are found by their folded name."""
    claim = in_run(store, keys)
    writer.put([dataset(1, id_="org/Same"), dataset(2, id_="Org/same")], claim)
    assert_agreement(store, keys)

    writer.drop([(dataset(1).hub_id, "org/Same")], claim)

    assert stored_ids(store, keys) == ["Org/same"]
    assert_agreement(store, keys)


def test_a_date_of_creation_that_changes_changes_the_place(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """The order follows what the Hub says now."""
    claim = in_run(store, keys)
    writer.put([dataset(1), dataset(2)], claim)
    moved = Dataset(hub_id=dataset(1).hub_id, id="Org/set-1", created_at=(SECOND + 9) * 1000)

    writer.put([moved], claim)

    assert stored_ids(store, keys) == ["Org/set-2", "Org/set-1"]
    assert_agreement(store, keys)


@pytest.mark.parametrize(
    "claim", [Claim(1, 1), Claim(2, 1, "0", "not mine")], ids=["old run", "page taken over"]
)
def test_a_claim_that_is_over_writes_nothing(
    store: redis.Redis, keys: Keys, writer: CatalogWriter, claim: Claim
) -> None:
    """Fencing: a worker that was away too long finds the door closed."""
    in_run(store, keys, number=2)

    with pytest.raises(RunFenced):
        writer.put([dataset(1)], claim)

    assert not store.exists(keys.documents)


def test_nothing_is_lost_when_a_document_goes_missing(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """Somebody deleted a field of the hash by hand: the next walk mends it."""
    claim = in_run(store, keys)
    writer.put([dataset(1), dataset(2)], claim)
    store.hdel(keys.documents, "Org/set-1")

    writer.put([dataset(1), dataset(2)], claim)

    assert_agreement(store, keys)


def test_a_document_that_is_missing_stops_nobody_of_its_second(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """The order of a second is found by the documents in it, as far as they are there."""
    claim = in_run(store, keys)
    writer.put([dataset(1), dataset(3)], claim)
    store.hdel(keys.documents, "Org/set-3")

    writer.put([dataset(2)], claim)
    writer.put([dataset(n) for n in (1, 2, 3)], claim)

    assert set(stored_ids(store, keys)) == {"Org/set-1", "Org/set-2", "Org/set-3"}


def test_a_newcomer_that_is_refused_uses_up_no_number(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """It comes again in every run, for ever; numbers and marks must not grow with it."""
    for number in range(1, 6):
        rows = [dataset(1, id_="org/same"), dataset(2, id_="org/same")]
        writer.put(rows, in_run(store, keys, number=number, began=2_000_000_000 + number))
    writer.put([dataset(3)], in_run(store, keys, number=9))

    assert store.hget(keys.identities, dataset(3).hub_id) == b"1 Org/set-3"
    assert store.strlen(keys.seen) == 8
    assert_agreement(store, keys)


def test_a_rename_with_another_date_of_creation(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """The place follows the date, the identity stays."""
    claim = in_run(store, keys)
    writer.put([dataset(1), dataset(2)], claim)
    moved = Dataset(hub_id=dataset(1).hub_id, id="Org/new", created_at=(SECOND + 9) * 1000)

    assert writer.put([moved], claim).moved == 1

    assert stored_ids(store, keys) == ["Org/set-2", "Org/new"]
    assert_agreement(store, keys)


def test_a_chunk_that_redis_forgot_or_got_twice_ends_the_claim(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """A claim counts its chunks, and so does Redis: after a restart the two may disagree."""
    in_run(store, keys)
    store.hset(keys.run_claims, "0", "mine:0")
    claim = Claim(1, 1, "0", "mine")
    writer.put([dataset(n) for n in range(4)], claim)
    assert store.hget(keys.run_claims, "0") == b"mine:2"
    again = Claim(1, 1, "0", "mine", written=1)
    store.hset(keys.run_claims, "0", "mine:1")

    with pytest.raises(RunFenced):
        writer.put([dataset(9)], claim)

    writer.put([dataset(8)], again)
    assert_agreement(store, keys)


def test_dates_out_of_nowhere_have_a_place_in_the_order(
    store: redis.Redis, keys: Keys, writer: CatalogWriter
) -> None:
    """Scores are exact to the year 2106; what is dated later comes last, by hub_id."""
    far = [
        Dataset(hub_id=f"{number:024x}", id=f"Org/{9 - number}", created_at=253_402_300_000_000)
        for number in range(4)
    ]

    writer.put([*far, dataset(1)], in_run(store, keys))

    assert stored_ids(store, keys) == ["Org/set-1", "Org/9", "Org/8", "Org/7", "Org/6"]
    assert_agreement(store, keys)


def _pattern(keys: Keys) -> str:
    return keys.prefix.replace("{", "[{]") + "*"
