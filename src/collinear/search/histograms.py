"""Counting along a measure: how many datasets have so many bytes, downloads, or began in a month."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from collinear.domain import moments
from collinear.search import keys, schema


class Bucket(NamedTuple):
    """The datasets from a bound on and below the next; the outermost bounds may be open."""

    start: int | str | None
    """A number or a day, included."""
    end: int | str | None
    """A number or a day, not included."""
    count: int


class Histogram(NamedTuple):
    """Buckets from the first to the last with anything in it, none left out between them."""

    buckets: tuple[Bucket, ...]
    unknown: int
    """Datasets whose value is not known."""


_FIRST_YEAR, _YEARS = 2010, 34
"""The months that are told from each other; sort keys hold moments from 2010 to 2044."""

_DECADES = tuple([10**power for power in range(19)])
_SIZES = (0, 1, *_DECADES[3:])
"""Nothing, less than a kilobyte, and then by powers of ten."""
_COUNTS = (0, *_DECADES)


class Scale(NamedTuple):
    """A column of the index, and the bounds that its numbers are counted between."""

    column: str
    bounds: tuple[int, ...]
    """Where buckets begin, as the column has it; the last one has no end."""
    names: tuple[int | str | None, ...]
    """The same as people read it."""


def _months() -> list[str]:
    return [
        f"{_FIRST_YEAR + month // 12}-{month % 12 + 1:02}-01" for month in range(12 * _YEARS + 1)
    ]


def _by_month(field: str) -> Scale:
    days = _months()
    begin = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in days]
    milliseconds = [int(moment.timestamp() * 1000) for moment in begin]
    bounds = [keys.key(keys.moment_value(moment), 0) for moment in milliseconds]
    # What is older shares the first key with the first moment: that bucket is open below
    return Scale(schema.by(field), tuple(bounds), (None, *days[1:]))


SCALES = {
    "size_bytes": Scale("size_bytes", _SIZES, _SIZES),
    "downloads": Scale("downloads", _COUNTS, _COUNTS),
    "likes": Scale("likes", _COUNTS, _COUNTS),
    "created_at": _by_month("created_at"),
    "last_modified": _by_month("last_modified"),
}
"""What there are histograms of."""
