"""Who has left the Hub: the datasets that a complete run did not see."""

from array import array
from typing import cast

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


def _old_ordinals(client: redis.Redis, keys: Keys, since: int) -> set[int]:
    old: set[int] = set()
    start = 0
    while piece := cast(bytes, client.getrange(keys.seen, start * 4, (start + _ORDINALS) * 4 - 1)):
        marks = array("I", piece)
        if array("H", b"\x01\x00")[0] == 1:  # the marks are big-endian, this machine is not
            marks.byteswap()
        old.update(start + at for at, mark in enumerate(marks) if mark < since and mark != _GONE)
        start += _ORDINALS
    return old
