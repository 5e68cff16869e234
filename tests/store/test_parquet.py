"""The Parquet file: the snapshot's own documents, typed, in an order that both have."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow.parquet as pq
import pytest
import redis

from collinear.domain import errors, moments
from collinear.domain.dataset import Dataset
from collinear.domain.impact import ImpactPolicy
from collinear.store import documents
from collinear.store.claim import Claim
from collinear.store.feed import SnapshotUnreadable
from collinear.store.keys import Keys
from collinear.store.parquet.columns import SCHEMA, SERIAL, write_columns
from collinear.store.parquet.copy import ParquetCopy
from collinear.store.snapshot import write_snapshot
from tests.agreement import read_snapshot
from tests.store.stock import Stock, dataset

STRANGE = [
    dataset(0, "org/plain", tags=("license:mit", "language:en"), likes=3, sha="c3c2", gated="auto"),
    dataset(1, "nameless"),
    dataset(2, "org/数据-é-🤗", description='"quotes"\n, lines \u2028 and \x00', tags=("",)),
    dataset(3, "org/huge", size_bytes=2**63 - 1, downloads=-(2**63) + 1, likes=0),
    dataset(4, "org/point", trending_score=1.5, last_modified=1_763_791_200_123, gated="manual"),
    dataset(5, "org/old", created_at=0, private=False, disabled=True, downloads_all_time=2**53 + 1),
    dataset(6, "org/late", created_at=moments.LAST, last_modified=None, author=None),
    dataset(7, "org/word", description="", tags=tuple(f"t{n}" for n in range(500))),
]

Write = Callable[..., str]


@pytest.fixture
def stock(store: redis.Redis, keys: Keys) -> Stock:
    return Stock(store, keys)


@pytest.fixture
def snapshot(store: redis.Redis, keys: Keys, stock: Stock) -> Write:
    """``snapshot(datasets...)``: they are stored, and the snapshot is written; its serial."""

    def write(*datasets: Dataset) -> str:
        stock.put(*datasets)
        run = stock.runs.current()
        assert run is not None
        serial = write_snapshot(store, keys, Claim(run.number, 0))
        assert serial is not None
        return serial

    return write


@pytest.fixture
def copy(store: redis.Redis, keys: Keys) -> ParquetCopy:
    return ParquetCopy(store, keys, Event())


def stored(store: redis.Redis, keys: Keys) -> bytes:
    found, part = b"", 0
    while piece := store.get(keys.parquet(part)):
        found, part = found + piece, part + 1
    return found


def rows_of(file: bytes) -> list[dict[str, Any]]:
    return list(pq.read_table(io.BytesIO(file)).to_pylist())


def as_row(document: dict[str, Any]) -> dict[str, Any]:
    """A document as the file has it: moments are moments, and all of ``gated`` is text."""
    row = {**document, "gated": document["gated"] or "false"}
    for field in ("created_at", "last_modified"):
        if document[field] is not None:
            row[field] = datetime.fromisoformat(document[field])
            assert row[field].tzinfo == UTC
    return row


def test_each_row_is_a_line_of_the_snapshot(
    store: redis.Redis, keys: Keys, snapshot: Write, copy: ParquetCopy
) -> None:
    """Value by value and in the same order: strange names, unknowns, the largest numbers."""
    serial = snapshot(*STRANGE)

    written = copy.write(part_bytes=5_000, piece_bytes=700)

    file = stored(store, keys)
    assert written is not None
    assert written == (serial, len(STRANGE), len(file))
    assert rows_of(file) == [as_row(line) for line in read_snapshot(store, keys)]
    assert store.exists(keys.parquet(1)), "more than one part"
    assert store.hget(keys.meta, "parquet_serial") == serial.encode()
    assert pq.read_schema(io.BytesIO(file)).metadata[SERIAL] == serial.encode()


def test_every_field_of_a_document_has_a_column() -> None:
    """In the document's own order."""
    document = dataset(1, "org/1").to_document(ImpactPolicy())

    assert SCHEMA.names == list(document)
    assessment = SCHEMA.field("impact_assessment").type
    assert [field.name for field in assessment] == list(document["impact_assessment"])


def test_row_groups_are_bounded(tmp_path: Path) -> None:
    """A reader takes as much at a time as it wants, and the writer holds as much."""
    path = tmp_path / "t.parquet"
    lines = [
        documents.to_bytes(dataset(n, f"org/{n}").to_document(ImpactPolicy())) for n in range(2_500)
    ]
    with path.open("wb", buffering=0) as file:
        assert write_columns(lines, file, serial="e:1-0", rows=1_000) == 2_500

    metadata = pq.read_metadata(path)
    sizes = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
    assert sizes == [1_000, 1_000, 500]
    assert pq.read_table(path)["id"].to_pylist() == [f"org/{n}" for n in range(2_500)]


def test_half_a_surrogate_pair_becomes_a_question_mark(tmp_path: Path) -> None:
    """JSON keeps it as an escape, Parquet holds text only; whole pairs beside it stay."""
    document = dataset(1, "org/1", description="a \ud83d b 🤗 \\ud", tags=("x\udc00",))
    path = tmp_path / "t.parquet"
    with path.open("wb", buffering=0) as file:
        write_columns([documents.to_bytes(document.to_document(ImpactPolicy()))], file, serial="")

    [row] = pq.read_table(path).to_pylist()
    assert row["description"] == "a \N{REPLACEMENT CHARACTER} b 🤗 \\ud"
    assert row["tags"] == ["x\N{REPLACEMENT CHARACTER}"]


@pytest.mark.parametrize(
    ("field", "value"), [("downloads", "many"), ("id", None), ("likes", 2**63), ("tags", {})]
)
def test_a_line_that_is_no_document_is_told(tmp_path: Path, field: str, value: Any) -> None:
    """Somebody has written into the store: the error says where in the snapshot."""
    document = dataset(1, "org/1").to_document(ImpactPolicy())
    lines = [json.dumps(document).encode(), json.dumps({**document, field: value}).encode()]

    with (
        (tmp_path / "t").open("wb", buffering=0) as file,
        pytest.raises(SnapshotUnreadable) as told,
    ):
        write_columns(lines, file, serial="")

    assert "lines 1 to 2" in str(told.value)


def test_it_is_asked_for_once_for_each_snapshot(
    store: redis.Redis, keys: Keys, snapshot: Write, copy: ParquetCopy
) -> None:
    """Not before there is a snapshot, not while somebody is at it, not when it is level."""
    before = copy.ask()
    snapshot(STRANGE[0])
    asked, twice = copy.ask(), copy.ask()
    copy.write()
    level, nothing = copy.ask(), copy.write()
    snapshot(STRANGE[1])
    behind = copy.ask()
    store.delete(keys.parquet_writer)
    lost = copy.ask()

    assert (before, asked, twice, level, behind, lost) == (False, True, False, False, True, True)
    assert nothing is None


def test_one_writes_at_a_time(
    store: redis.Redis, keys: Keys, snapshot: Write, copy: ParquetCopy
) -> None:
    """Whoever comes second leaves it, and asks again when the first gives no sign of life."""
    serial = snapshot(*STRANGE)
    store.hset(keys.parquet_writer, "token", "somebody")
    store.pexpire(keys.parquet_writer, 30_000)

    assert copy.write() is None
    assert not copy.ask()
    store.delete(keys.parquet_writer)  # as its expiry does
    assert copy.ask()
    written = copy.write()

    assert written is not None
    assert written.serial == serial
    assert not store.exists(keys.parquet_writer)


def test_what_a_killed_writer_left_is_overwritten(
    store: redis.Redis, keys: Keys, snapshot: Write, copy: ParquetCopy
) -> None:
    """Its pieces may be more and longer than those of the next one."""
    snapshot(*STRANGE)
    store.set(f"{keys.parquet()}:unfinished", b"x" * 100_000)
    store.set(f"{keys.parquet()}:unfinished:1", b"x" * 100_000)
    store.set(keys.parquet(), b"old" * 1000)
    store.set(keys.parquet(1), b"old" * 1000)

    copy.write()

    assert len(rows_of(stored(store, keys))) == len(STRANGE)
    assert not store.keys(f"{keys.parquet().replace('{', '[{]')}:*")


def test_a_newer_snapshot_ends_the_work(
    store: redis.Redis, keys: Keys, snapshot: Write, copy: ParquetCopy
) -> None:
    """Nothing is swapped in, the old file stays, and the new one can be asked for at once."""
    first = snapshot(STRANGE[0])
    copy.write()
    old = stored(store, keys)
    snapshot(*STRANGE)

    class Meanwhile(Event):
        """Asked for each line whether to stop."""

        def is_set(self) -> bool:
            store.hset(keys.meta, "snapshot_serial", f"{first}9")
            return False

    with pytest.raises(errors.RunFenced):
        ParquetCopy(store, keys, Meanwhile()).write()

    assert stored(store, keys) == old
    assert store.hget(keys.meta, "parquet_serial") == first.encode()
    assert copy.ask()


def test_a_worker_that_is_told_to_stop_hands_it_back(
    store: redis.Redis, keys: Keys, snapshot: Write
) -> None:
    """At once, whatever is left to do; the next worker is asked right away."""
    snapshot(*STRANGE)
    stopping = Event()
    stopping.set()
    copy = ParquetCopy(store, keys, stopping)

    with pytest.raises(errors.HandedBack):
        copy.write(piece_bytes=3)

    assert copy.ask()
    assert not stored(store, keys)
    assert not store.exists(f"{keys.parquet()}:unfinished")


def test_after_a_failure_there_is_a_pause(
    store: redis.Redis, keys: Keys, snapshot: Write, copy: ParquetCopy
) -> None:
    """What cannot be written now is not tried every few seconds, and takes no memory meanwhile."""
    snapshot(*STRANGE)
    store.set(keys.snapshot(), b"no base64")

    with pytest.raises(SnapshotUnreadable):
        copy.write()

    assert not copy.ask()
    assert 100_000 < store.pttl(keys.parquet_writer) <= 300_000
    assert not store.exists(f"{keys.parquet()}:unfinished")


def test_who_wants_none_has_none(
    store: redis.Redis, keys: Keys, snapshot: Write, copy: ParquetCopy
) -> None:
    """Turned off, it is taken out of Redis."""
    snapshot(*STRANGE)
    copy.write(part_bytes=3_000, piece_bytes=1_000)
    off = ParquetCopy(store, keys, Event(), wanted=False)

    assert not off.ask()
    assert off.write() is None

    assert not store.keys(f"{keys.parquet().replace('{', '[{]')}*")
    assert not store.hexists(keys.meta, "parquet_serial")
