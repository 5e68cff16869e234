"""Every document comes out of the Parquet file as it went in, whatever it holds."""

import gzip
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collinear.domain import moments
from collinear.domain.dataset import Dataset
from collinear.domain.impact import ImpactPolicy
from collinear.hub.wire import FIELDS, translate
from collinear.store import documents
from collinear.store.parquet.columns import write_columns

REAL_ROWS = Path(__file__).parents[3] / "shared" / "hub" / "rows.jsonl.gz"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
COUNTS = st.none() | st.integers(-(2**63) + 1, 2**63 - 1)
MOMENTS = st.none() | st.integers(moments.FIRST, moments.LAST)
DATASETS = st.builds(
    Dataset,
    hub_id=st.integers(0, 2**96 - 1).map("{:024x}".format),
    id=TEXTS.filter(bool),
    author=st.none() | TEXTS,
    description=st.none() | TEXTS,
    tags=st.lists(TEXTS, max_size=5).map(tuple),
    size_bytes=COUNTS,
    downloads=COUNTS,
    downloads_all_time=COUNTS,
    likes=COUNTS,
    trending_score=st.none() | st.integers(-(2**53), 2**53) | st.floats(-(2**63), 2**63),
    gated=st.sampled_from([False, "auto", "manual"]),
    private=st.booleans(),
    disabled=st.booleans(),
    sha=st.none() | TEXTS,
    created_at=MOMENTS,
    last_modified=MOMENTS,
)


class File(io.BytesIO):
    """A file in memory that can still be read when its writer has closed it."""

    def close(self) -> None:
        """Stay."""


def assert_same(datasets: Sequence[Dataset], *, rows: int = 100_000) -> None:
    file = File()
    lines = [documents.to_bytes(one.to_document(ImpactPolicy())) for one in datasets]
    assert write_columns(lines, file, serial="e:1-0", rows=rows) == len(lines)  # type: ignore[arg-type]
    table = pq.read_table(file)
    read = (row for batch in table.to_batches(1_000) for row in batch.to_pylist())
    for number, line, row in zip(count(), lines, read, strict=False):
        assert row == as_row(documents.parse(line)), number
    assert table.num_rows == len(lines)


def as_row(document: dict[str, Any]) -> dict[str, Any]:
    row = {**document, "gated": document["gated"] or "false"}
    for field in ("created_at", "last_modified"):
        if document[field] is not None:
            milliseconds = moments.parse(document[field])
            assert milliseconds is not None
            row[field] = EPOCH + timedelta(milliseconds=milliseconds)
    return row


@given(st.lists(DATASETS, max_size=12))
@settings(max_examples=100, deadline=None)
def test_whatever_a_dataset_can_hold(datasets: list[Dataset]) -> None:
    """Any text, any number that a count can be, any moment, and nothing at all."""
    assert_same(datasets, rows=5)


@pytest.mark.skipif(not REAL_ROWS.exists(), reason="the real rows are not beside this checkout")
def test_every_real_row() -> None:
    with gzip.open(REAL_ROWS, "rt") as lines:
        rows = [{**json.loads(line), "_id": f"{number:024x}"} for number, line in enumerate(lines)]
    asked = dict.fromkeys(("_id", "id", *FIELDS))

    assert_same(translate([{k: v for k, v in row.items() if k in asked} for row in rows]).datasets)
