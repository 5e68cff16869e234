"""Documents as typed columns.  Only this module knows pyarrow; who needs it not, imports it not."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import parquet

from collinear.domain import moments
from collinear.store import documents
from collinear.store.feed import SnapshotUnreadable

SERIAL = b"collinear.serial"
"""Where the file's own metadata name the serial that it is true for."""

_ROWS = 100_000
"""Of one row group: enough to be read fast, few enough to be held in memory."""
_GROUP_BYTES = 128 * 2**20
"""Of the lines of one row group, where texts are long."""
_LINES = 1_000
"""That become columns in one step: other threads wait for it some milliseconds."""
_STEP_BYTES = 8 * 2**20

_WORD = pa.dictionary(pa.int8(), pa.string())
_MOMENT = pa.timestamp("ms", tz="UTC")

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("hub_id", pa.string(), nullable=False),
        pa.field("author", pa.string()),
        pa.field("name", pa.string(), nullable=False),
        pa.field("description", pa.string()),
        pa.field("tags", pa.list_(pa.string()), nullable=False),
        pa.field("size_bytes", pa.int64()),
        pa.field("downloads", pa.int64()),
        pa.field("downloads_all_time", pa.int64()),
        pa.field("likes", pa.int64()),
        pa.field("trending_score", pa.float64()),
        pa.field("gated", _WORD, nullable=False),
        pa.field("private", pa.bool_(), nullable=False),
        pa.field("disabled", pa.bool_(), nullable=False),
        pa.field("sha", pa.string()),
        pa.field("created_at", _MOMENT),
        pa.field("last_modified", _MOMENT),
        pa.field("impact_level", _WORD, nullable=False),
        pa.field(
            "impact_assessment",
            pa.struct(
                [
                    pa.field("assessment_method", pa.string()),
                    pa.field(
                        "levels",
                        pa.struct(
                            [
                                pa.field("size_bytes", pa.string()),
                                pa.field("downloads", pa.string()),
                                pa.field("likes", pa.string()),
                            ]
                        ),
                    ),
                ]
            ),
            nullable=False,
        ),
    ]
)
"""A column for each field of a document, by its name."""


def write_columns(
    lines: Iterable[bytes], sink: io.RawIOBase, *, serial: str, rows: int = _ROWS
) -> int:
    """
    Write documents, a line each, as a Parquet file; how many there were.

    Memory stays at one row group.  The file is written from its beginning to its end, never back.

    Raises:
        SnapshotUnreadable: A line is no document.
    """
    schema = SCHEMA.with_metadata({SERIAL: serial.encode()})
    count = 0
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        group: list[Any] = []
        held = size = 0

        def write() -> None:
            writer.write_table(pa.Table.from_batches(group, schema), row_group_size=held)
            group.clear()

        for some in _steps(lines, min(rows, _LINES)):
            group.append(_batch(some, schema, before=count))
            held, size, count = held + len(some), size + sum(map(len, some)), count + len(some)
            if held >= rows or size >= _GROUP_BYTES:
                write()
                held = size = 0
        if group:
            write()
    pa.default_memory_pool().release_unused()
    return count


def _steps(lines: Iterable[bytes], count: int) -> Iterator[list[bytes]]:
    some: list[bytes] = []
    size = 0
    for line in lines:
        some.append(line)
        size += len(line)
        if len(some) >= count or size >= _STEP_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _batch(lines: Sequence[bytes], schema: Any, *, before: int) -> Any:
    try:
        read = [_document(line) for line in lines]
        columns = [_column(field, read) for field in schema]
        return pa.RecordBatch.from_arrays(columns, schema=schema)
    except (LookupError, TypeError, ValueError, ArithmeticError, pa.ArrowException) as error:
        place = f"lines {before + 1} to {before + len(lines)}"
        raise SnapshotUnreadable(
            f"The snapshot cannot be made columns: {place}: {error}"
        ) from error


def _column(field: Any, read: Sequence[dict[str, Any]]) -> Any:
    values = [document[field.name] for document in read]
    if field.name == "gated":
        values = [value or "false" for value in values]
    elif field.type == _MOMENT:
        values = [None if value is None else moments.parse(value) for value in values]
    elif field.type == pa.float64():
        values = [None if value is None else float(value) for value in values]
    if not field.nullable and None in values:
        raise ValueError(f"{field.name} is missing")
    return pa.array(values, field.type)


def _document(line: bytes) -> dict[str, Any]:
    document = documents.parse(line)
    # half a surrogate pair is no text; JSON can hold it as an escape, Parquet cannot
    return _whole(document) if b"\\ud" in line else document


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return value
