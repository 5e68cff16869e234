"""Whether everything that is stored of a catalog agrees: the one check after every scenario."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any, cast

import redis

from collinear.domain.change import Op
from collinear.domain.dataset import Dataset, from_document
from collinear.domain.impact import ImpactPolicy
from collinear.store.entries import to_change
from collinear.store.feed import CatalogFeed
from collinear.store.keys import ORDERS, Keys
from collinear.store.ledger import Ledger
from collinear.store.run_records import Kind
from collinear.store.runs import Runs
from collinear.store.survey import Survey
from collinear.verify.report import Example, Report
from collinear.verify.verification import Verification


def stored_documents(store: redis.Redis, keys: Keys) -> dict[str, dict[str, Any]]:
    """Every document, by id."""
    found = cast("dict[bytes, bytes]", store.hgetall(keys.documents))
    return {id_.decode(): json.loads(document) for id_, document in found.items()}


def stored_ids(store: redis.Redis, keys: Keys) -> list[str]:
    """Every id, in catalog order."""
    return [id_.decode() for id_ in cast("list[bytes]", store.zrange(keys.ids, 0, -1))]


def read_changes(store: redis.Redis, keys: Keys) -> list[Any]:
    """Every change that is kept, oldest first."""
    entries = cast("list[tuple[bytes, dict[bytes, bytes]]]", store.xrange(keys.changes))
    return [
        to_change(
            "epoch",
            position.decode(),
            {name.decode(): value.decode() for name, value in entry.items()},
        )
        for position, entry in entries
    ]


def read_snapshot(store: redis.Redis, keys: Keys) -> list[dict[str, Any]]:
    """The catalog as bulk readers get it."""
    text, part = b"", 0
    while piece := cast("bytes | None", store.get(keys.snapshot(part))):
        text, part = text + piece, part + 1
    lines = gzip.decompress(base64.b64decode(text)).splitlines()
    return [json.loads(line) for line in lines]


def verified(
    store: redis.Redis, keys: Keys, *, index_dir: Path | None = None, patience: float = 5
) -> Report:
    """What `collinear verify` finds."""
    return Verification(
        Survey(store, keys),
        Ledger(store, keys),
        CatalogFeed(store, keys),
        policy=ImpactPolicy(),
        index_dir=index_dir,
        patience=patience,
    ).run()


def disagreements(report: Report) -> dict[str, list[Example]]:
    """The checks that found something, with their examples."""
    return {check.name: check.examples for check in report.checks if check.problems}


def assert_agreement(store: redis.Redis, keys: Keys) -> None:
    """What `collinear verify` looks at agrees, and so it does by a second, simpler reckoning."""
    found = disagreements(verified(store, keys))
    assert not found, found
    _assert_agreement(store, keys)


def _assert_agreement(store: redis.Redis, keys: Keys) -> None:
    """Ids, orders, documents, identities, folded names, marks and the replay of changes agree."""
    documents = stored_documents(store, keys)
    datasets = {id_: from_document(document) for id_, document in documents.items()}
    assert all(id_ == dataset.id for id_, dataset in datasets.items())

    in_order = sorted(datasets.values(), key=lambda one: (one.created_second, one.hub_id))
    assert stored_ids(store, keys) == [one.id for one in in_order]
    for field in ORDERS:
        scores = dict(
            cast("list[tuple[bytes, float]]", store.zrange(keys.by(field), 0, -1, withscores=True))
        )
        assert scores == {one.id.encode(): _score(one, field) for one in in_order}, field

    identities = cast("dict[bytes, bytes]", store.hgetall(keys.identities))
    ordinals = [int(identity.split(b" ", 1)[0]) for identity in identities.values()]
    assert len(set(ordinals)) == len(ordinals)
    assert {
        hub_id.decode(): identity.split(b" ", 1)[1].decode()
        for hub_id, identity in identities.items()
    } == {one.hub_id: one.id for one in in_order}

    folded = cast("dict[bytes, bytes]", store.hgetall(keys.folded))
    found = {(lower.decode(), id_) for lower, ids in folded.items() for id_ in json.loads(ids)}
    assert found == {(_lower(id_), id_) for id_ in datasets if _lower(id_) != id_}

    meta = cast("dict[bytes, bytes]", store.hgetall(keys.meta))
    assert int(meta[b"total_items"]) == len(documents)
    _assert_replay(store, keys, set(documents), meta)


def assert_snapshot(store: redis.Redis, keys: Keys) -> None:
    """The snapshot is the catalog, in order, and true for the newest change."""
    documents = stored_documents(store, keys)
    assert read_snapshot(store, keys) == [documents[id_] for id_ in stored_ids(store, keys)]
    meta = cast("dict[bytes, bytes]", store.hgetall(keys.meta))
    assert meta.get(b"snapshot_serial", b"") == meta.get(b"serial", b"")


def assert_at_rest(store: redis.Redis, keys: Keys) -> None:
    """No run goes on, and nothing of one is left."""
    run = Runs(store, keys, lease_seconds=1).current()
    assert run is not None
    assert not run.state.going_on
    assert store.hget(keys.meta, "refreshing") == b"false"
    for key in (keys.lease, keys.run_pages, keys.run_claims, keys.run_done):
        assert not store.exists(key), key
    assert not any(Kind(kind.decode()) for kind in store.hkeys(keys.requests))


def _assert_replay(store: redis.Redis, keys: Keys, ids: set[str], meta: dict[bytes, bytes]) -> None:
    held: dict[str, str] = {}
    changes = read_changes(store, keys)
    for change in changes:
        if change.op is Op.CREATE:
            assert change.hub_id not in held
            held[change.hub_id] = change.id
        elif change.op is Op.MOVE:
            assert held[change.hub_id] == change.previous_id
            held[change.hub_id] = change.id
        elif change.op is Op.UPDATE:
            assert held[change.hub_id] == change.id
            assert change.changed
        else:
            assert held.pop(change.hub_id) == change.id
    assert set(held.values()) == ids
    assert sorted(held.values()) == sorted(ids)
    if changes:
        epoch, _, position = meta[b"serial"].decode().partition(":")
        assert epoch == meta[b"epoch"].decode()
        assert position == changes[-1].serial.position


def _score(dataset: Dataset, field: str) -> float:
    if field == "id":
        return 0.0
    value = getattr(dataset, field)
    return float("-inf") if value is None else float(value)


def _lower(text: str) -> str:
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)
