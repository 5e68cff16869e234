"""Full, page-wise and delta runs against a Hub over HTTP and a real Valkey."""

import json

import pytest
import redis

from collinear.domain.change import Op
from collinear.domain.errors import CursorRejected
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from tests.agreement import (
    assert_agreement,
    assert_at_rest,
    assert_snapshot,
    read_changes,
    stored_documents,
    stored_ids,
)
from tests.hubs import RunningHub
from tests.sync.conftest import Walker


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}/set-{n:03d}" for n in range(count)]


def listing_requests(hub: RunningHub) -> list[str]:
    asked = [line for line in hub.requests if "GET /api/datasets?" in line]
    return [line for line in asked if "__probe__" not in line]


def test_a_full_refresh_fills_every_structure(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Five datasets on pages of two: three requests, none per dataset, and all stores agree."""
    for name in names("acme", 5):
        hub.add(id=name, downloads=3, mainSize=10)

    summary = walker.run()

    assert summary["created"] == 5
    assert summary["pages"] == 3
    assert stored_ids(store, keys) == names("acme", 5)
    assert len(listing_requests(hub)) == 3
    assert_agreement(store, keys)
    assert_snapshot(store, keys)
    assert_at_rest(store, keys)
    assert store.hget(keys.meta, "warmed") == b"true"


def test_an_empty_hub_is_an_empty_catalog(walker: Walker, store: redis.Redis, keys: Keys) -> None:
    """Nothing on the Hub is no fault: the run succeeds and the catalog is warm."""
    summary = walker.run()

    assert summary["rows"] == 0
    assert_agreement(store, keys)
    assert_at_rest(store, keys)


def test_only_real_changes_are_written_and_announced(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """A second run over an unchanged Hub announces nothing; an edit names its fields."""
    for name in names("acme", 4):
        hub.add(id=name, downloads=3, likes=1)
    walker.run()
    before = store.xlen(keys.changes)

    again = walker.run()
    hub.edit("acme/set-002", downloads=20_000, likes=2)
    edited = walker.run()

    assert (again["unchanged"], again["updated"]) == (4, 0)
    assert (edited["unchanged"], edited["updated"]) == (3, 1)
    [change] = read_changes(store, keys)[before:]
    assert change.op is Op.UPDATE
    assert set(change.changed) == {"downloads", "likes", "impact_level", "impact_assessment"}
    assert_agreement(store, keys)
    assert_snapshot(store, keys)


def test_a_dataset_that_left_the_hub_leaves_the_catalog(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Only a complete run removes, and it announces what it removes."""
    for name in names("acme", 5):
        hub.add(id=name)
    walker.run()
    hub.delete("acme/set-001")
    hub.edit("acme/set-003", private=True)

    delta = walker.run(Kind.DELTA)
    full = walker.run()

    assert delta["deleted"] == 0
    assert full["deleted"] == 2
    assert stored_ids(store, keys) == ["acme/set-000", "acme/set-002", "acme/set-004"]
    assert {c.id for c in read_changes(store, keys) if c.op is Op.DELETE} == {
        "acme/set-001",
        "acme/set-003",
    }
    assert_agreement(store, keys)


def test_a_rename_is_a_move_and_keeps_the_place(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """The same _id under another id: one move, no delete, the same place in the order."""
    for name in names("acme", 3):
        hub.add(id=name, likes=1)
    walker.run()
    hub.rename("acme/set-001", "Other/Name")
    hub.edit("Other/Name", likes=7)

    summary = walker.run()

    assert (summary["moved"], summary["created"], summary["deleted"]) == (1, 0, 0)
    assert stored_ids(store, keys) == ["acme/set-000", "Other/Name", "acme/set-002"]
    change = read_changes(store, keys)[-1]
    assert (change.op, change.previous_id, change.changed) == (Op.MOVE, "acme/set-001", ("likes",))
    assert store.hexists(keys.renamed, "acme/set-001")
    assert_agreement(store, keys)


def test_an_id_that_was_made_anew_is_another_dataset(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Deleted and created again under the same id: a delete and a create."""
    first = hub.add(id="acme/again")
    walker.run()
    hub.delete("acme/again")
    second = hub.add(id="acme/again")

    walker.run()

    assert first["_id"] != second["_id"]
    assert [c.op for c in read_changes(store, keys)] == [Op.CREATE, Op.DELETE, Op.CREATE]
    assert stored_documents(store, keys)["acme/again"]["hub_id"] == second["_id"]
    assert_agreement(store, keys)


def test_names_that_change_hands_end_up_right(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Two datasets swap their ids between two runs: afterwards each has the other's."""
    for name in ("acme/one", "acme/two", "acme/three"):
        hub.add(id=name)
    walker.run()
    before = stored_documents(store, keys)
    hub.rename("acme/one", "acme/spare")
    hub.rename("acme/two", "acme/one")
    hub.rename("acme/spare", "acme/two")

    walker.run()

    after = stored_documents(store, keys)
    assert after["acme/one"]["hub_id"] == before["acme/two"]["hub_id"]
    assert after["acme/two"]["hub_id"] == before["acme/one"]["hub_id"]
    assert_agreement(store, keys)
    assert walker.run()["unchanged"] == 3


def test_a_page_wise_run_walks_the_page_map_and_its_growth(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Datasets that became public inside a page, and new ones behind the last, are all found."""
    for name in names("acme", 6):
        hub.add(id=name, private=name in {"acme/set-001", "acme/set-002", "acme/set-003"})
    walker.run()
    assert len(stored_ids(store, keys)) == 3
    for number in (1, 2, 3):
        hub.edit(f"acme/set-00{number}", private=False)
    for name in names("late", 3):
        hub.add(id=name)

    summary = walker.run(Kind.PAGES)

    assert summary["created"] == 6
    assert stored_ids(store, keys) == [*names("acme", 6), *names("late", 3)]
    assert_agreement(store, keys)
    assert_snapshot(store, keys)
    assert walker.run(Kind.PAGES)["unchanged"] == 9


def test_a_page_wise_run_without_a_page_map_is_a_full_one(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Somebody may ask for pages before the first walk."""
    hub.add(id="acme/one")

    assert walker.run(Kind.PAGES)["kind"] == "full"
    assert_at_rest(store, keys)


def test_a_cursor_that_the_hub_forgot_starts_the_walk_anew(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """A page map of another time fails its run, says so, and asks for a full refresh."""
    for name in names("acme", 5):
        hub.add(id=name)
    walker.run()
    broken = [json.dumps(["/api/datasets?cursor=broken", [0, "0"]])]
    store.delete(keys.page_map)
    store.rpush(keys.page_map, *broken)

    run = walker.sync.begin(walker.sync.runs.request(Request.new(Kind.PAGES)))
    assert run is not None
    with pytest.raises(CursorRejected):
        walker.sync.page(run.number, 0, on_next=lambda _: None)
    [wanted] = walker.sync.runs.waiting()

    assert wanted.kind is Kind.FULL
    assert b"walked anew" in (store.hget(keys.meta, "last_error") or b"")
    assert walker.run()["unchanged"] == 5
    assert store.hget(keys.meta, "last_error") == b""


def test_a_delta_sees_what_is_new_and_what_was_committed(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """New and edited datasets appear after a delta, which asks for no more than it needs."""
    for name in names("acme", 9):
        month = 6 if name.endswith("8") else 1
        hub.add(id=name, lastModified=f"2024-{month:02d}-01T00:00:00.000Z")
    walker.run()
    hub.clear_requests()
    hub.edit("acme/set-004", commit=True, description="now with words")
    hub.add(id="acme/new")

    summary = walker.run(Kind.DELTA)

    assert (summary["created"], summary["updated"]) == (1, 1)
    assert len(listing_requests(hub)) == 2
    assert stored_documents(store, keys)["acme/set-004"]["description"] == "now with words"
    assert_agreement(store, keys)
