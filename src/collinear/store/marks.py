"""When each dataset was last seen on the Hub: four bytes each."""

import sys
from array import array
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, cast

import redis

from collinear.store.keys import Keys

_GONE = 2**32 - 1
"""The mark of an ordinal whose dataset has been removed."""

_ORDINALS = 250_000


def find_unseen(client: redis.Redis, keys: Keys, *, since: int) -> list[tuple[str, str]]:
    """
    The datasets that were last seen before the given second, as (hub_id, id).

    The marks are 4 bytes a dataset; the identities are walked only if a mark is old.
    """
    old = _old_ordinals(client, keys, since)
    if not old:
        return []
    unseen = []
    for hub_id, identity in client.hscan_iter(keys.identities, count=1000):
        ordinal, _, dataset_id = cast(bytes, identity).partition(b" ")
        if int(ordinal) in old:
            unseen.append((cast(bytes, hub_id).decode(), dataset_id.decode()))
    return sorted(unseen)


class Freshness(NamedTuple):
    """Seconds since 1970 at or after which half, 99 % and all of the datasets were last seen."""

    p50: int
    p99: int
    oldest: int


def find_freshness(client: redis.Redis, keys: Keys) -> Freshness | None:
    """When the datasets were last seen; None for an empty catalog."""
    seen: Counter[int] = Counter()
    for _, marks in _marks(client, keys):
        seen.update(marks)
    seen.pop(_GONE, None)
    total = seen.total()
    if not total:
        return None
    newest_first = sorted(seen.items(), reverse=True)

    def seen_by(share: float) -> int:
        count = 0
        for second, datasets in newest_first:
            count += datasets
            if count >= share * total:
                return second
        return newest_first[-1][0]

    return Freshness(seen_by(0.5), seen_by(0.99), newest_first[-1][0])


def _old_ordinals(client: redis.Redis, keys: Keys, since: int) -> set[int]:
    return {
        start + at
        for start, marks in _marks(client, keys)
        for at, mark in enumerate(marks)
        if mark < since and mark != _GONE
    }


def _marks(client: redis.Redis, keys: Keys) -> Iterator[tuple[int, "array[int]"]]:
    """The marks, some at a time, each piece with the ordinal of its first."""
    start = 0
    while piece := cast(bytes, client.getrange(keys.seen, start * 4, (start + _ORDINALS) * 4 - 1)):
        marks = array("I", piece)
        if sys.byteorder == "little":  # the marks are big-endian
            marks.byteswap()
        yield start, marks
        start += _ORDINALS
