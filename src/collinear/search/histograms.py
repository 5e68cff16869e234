"""Counting along a measure: how many datasets have so many bytes, or were created in a month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from collinear.search import keys, schema

_FIRST_YEAR, _LAST_YEAR = 2010, 2044
"""The years that sort keys tell from each other; what is beyond is in the outermost buckets."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The datasets from one bound on and below the next: numbers, or days at midnight, UTC."""

    start: int | str | None
    """Included; None where there is no lower bound."""
    end: int | str | None
    """Not included; None where there is no upper bound."""
    count: int


class Histogram(NamedTuple):
    """Buckets from the first to the last that holds something; those between may be empty."""

    buckets: tuple[Bucket, ...]
    unknown: int
    """Datasets whose value is not known."""


class Scale(NamedTuple):
    """A column of numbers, and where its buckets begin; the last one has no end."""

    column: str
    bounds: tuple[int, ...]
    """As the column has them."""
    names: tuple[int | str | None, ...]
    """As people read them."""


def aggregation(scale: Scale) -> dict[str, Any]:
    """What to ask the index for; the answer is for ``to_histogram``."""
    ends = (*scale.bounds[1:], None)
    # The index reads bounds as floating point: all of these are short enough to be exact
    ranges = [
        {"key": str(place), "from": float(start)} | ({} if end is None else {"to": float(end)})
        for place, (start, end) in enumerate(zip(scale.bounds, ends, strict=True))
    ]
    return {"range": {"field": scale.column, "ranges": ranges}}


def to_histogram(scale: Scale, answer: Mapping[str, Any], total: int) -> Histogram:
    """The histogram of ``total`` datasets."""
    counts = [0] * len(scale.bounds)
    for bucket in answer["buckets"]:
        if bucket["key"].isdecimal():  # else it is what lies outside, which is nothing
            counts[int(bucket["key"])] = bucket["doc_count"]
    buckets = [
        Bucket(start, end, count)
        for (start, end), count in zip(pairwise((*scale.names, None)), counts, strict=True)
    ]
    filled = [place for place, count in enumerate(counts) if count]
    shown = buckets[filled[0] : filled[-1] + 1] if filled else []
    return Histogram(tuple(shown), total - sum(counts))


def _by_month(field: str) -> Scale:
    months = [
        datetime(year, month, 1, tzinfo=UTC)
        for year in range(_FIRST_YEAR, _LAST_YEAR)
        for month in range(1, 13)
    ]
    values = [keys.moment_value(int(month.timestamp()) * 1000) for month in months]
    bounds = tuple([keys.key(value, 0) for value in values])
    # All that is older shares the least key with the first moment of the first month
    return Scale(schema.by(field), bounds, (None, *[f"{month:%Y-%m-%d}" for month in months[1:]]))


def _by_count(field: str, bounds: tuple[int, ...]) -> Scale:
    return Scale(
        schema.by(field), tuple([keys.key(keys.count_value(bound), 0) for bound in bounds]), bounds
    )


_POWERS = tuple([10**power for power in range(19)])
_COUNTS = (0, *_POWERS)
_SIZES = (0, 1, *_POWERS[3:])
"""Nothing, less than a kilobyte, and on by powers of ten."""

SCALES = {
    "size_bytes": _by_count("size_bytes", _SIZES),
    "downloads": _by_count("downloads", _COUNTS),
    "likes": _by_count("likes", _COUNTS),
    "created_at": _by_month("created_at"),
    "last_modified": _by_month("last_modified"),
}
"""What there are histograms of."""
