"""When each dataset was last seen, and the fingerprints that make an unchanged page cheap."""

import json

import redis

from collinear.store.keys import Keys
from collinear.store.run_records import Kind
from tests.agreement import assert_agreement, stored_documents
from tests.hubs import RunningHub
from tests.sync.conftest import Walker, fill


def test_a_page_wise_run_mends_nothing_and_a_full_one_does(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """A fingerprint says that the row is the same; a full run looks at the document as well."""
    ids = fill(hub, 4)
    walker.run()
    store.hset(keys.documents, ids[1], "{}")
    store.hset(keys.documents, ids[2], "no JSON")
    store.hdel(keys.documents, ids[3])

    assert walker.run(Kind.PAGES)["unchanged"] == 4
    healed = walker.run(Kind.FULL)

    assert (healed["unchanged"], healed["updated"]) == (1, 3)
    assert_agreement(store, keys)
    assert stored_documents(store, keys)[ids[2]]["downloads"] == 2


def test_a_lost_fingerprint_costs_a_look_and_nothing_else(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Nothing is written or announced, and the next run has it again."""
    fill(hub, 4)
    walker.run()
    prints = store.get(keys.fingerprints)
    position = store.hget(keys.meta, "serial")
    store.delete(keys.fingerprints)

    summary = walker.run(Kind.PAGES)

    assert (summary["unchanged"], summary["updated"]) == (4, 0)
    assert store.get(keys.fingerprints) == prints
    assert store.hget(keys.meta, "serial") == position
    assert_agreement(store, keys)


def test_a_changed_row_has_another_fingerprint(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Renamed, edited, gone and created again: page-wise runs see it all."""
    ids = fill(hub, 5)
    walker.run()
    hub.edit(ids[0], likes=3)
    hub.rename(ids[1], "acme/other")
    hub.delete(ids[2])
    hub.add(id=ids[2])

    summary = walker.run(Kind.PAGES)

    assert (summary["updated"], summary["moved"], summary["unchanged"]) == (1, 1, 2)
    assert (summary["created"], summary["deleted"]) == (1, 1)
    assert walker.run(Kind.PAGES)["unchanged"] == 5
    assert_agreement(store, keys)


def test_the_catalog_knows_how_fresh_it_is(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Every run says up to when half, nearly all and all of the datasets were last seen."""
    fill(hub, 3)
    walker.run()
    began = walker.sync.runs.current()
    assert began is not None
    fresh = json.loads(store.hget(keys.meta, "freshness") or b"{}")
    assert began.began <= fresh["oldest"] <= fresh["p99"] <= fresh["p50"]

    # an hour ago, by the mark of the first
    store.setrange(keys.seen, 0, (fresh["oldest"] - 3600).to_bytes(4, "big"))
    store.hset(keys.meta, "freshness", json.dumps({**fresh, "at": fresh["at"] - 1000}))
    walker.run(Kind.DELTA)
    aged = json.loads(store.hget(keys.meta, "freshness") or b"{}")
    assert aged["p50"] >= fresh["p50"]
    walker.run(Kind.PAGES)
    renewed = json.loads(store.hget(keys.meta, "freshness") or b"{}")
    assert renewed["oldest"] >= fresh["oldest"]


def test_an_empty_catalog_is_neither_fresh_nor_stale(
    walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """There is nothing that could have been seen."""
    walker.run()
    assert store.hget(keys.meta, "freshness") == b""
