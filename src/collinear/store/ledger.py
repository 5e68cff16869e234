"""What was announced and written down: changes, identities, snapshot and books, as they stand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import redis

from collinear.domain.change import BEGINNING
from collinear.domain.errors import CatalogError
from collinear.store.keys import Keys
from collinear.store.survey import talking

_SCAN = 1000
_ENTRIES = 1000


class ChangesTrimmed(CatalogError):
    """The changes after a position are not all there any more."""


class Entry(NamedTuple):
    """An entry of the stream as it stands there."""

    position: str
    fields: dict[bytes, bytes]


class Books(NamedTuple):
    """The few hashes that tell the state, and whether a worker works on the run."""

    meta: dict[str, str]
    run: dict[str, str]
    leased: bool
    serial_of_stream: str
    """The position of the newest entry; ``0-0`` where there is none."""


class Stream(NamedTuple):
    """What Redis tells of the stream of changes."""

    length: int
    added: int
    last_removed: str
    """The newest entry that was taken out by name; trimming leaves it at ``0-0``."""


class Ledger:
    """Reads only.  Every method raises ``StoreUnavailable`` while Redis does not answer."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    # The stream of changes

    def stream(self) -> Stream:
        """How long the stream is, and whether anything was taken out of it."""
        with talking():
            if not self._client.exists(self._keys.changes):
                return Stream(0, 0, BEGINNING)
            told = self._client.xinfo_stream(self._keys.changes)
        removed = told["max-deleted-entry-id"]
        return Stream(
            told["length"],
            told["entries-added"],
            removed.decode() if isinstance(removed, bytes) else str(removed),
        )

    def oldest(self) -> str | None:
        """The position of the oldest entry that is kept; None where there is none."""
        with talking():
            entries = cast("list[Any]", self._client.xrange(self._keys.changes, count=1))
        return _position(entries) if entries else None

    def changes(self, after: str, *, until: str = "+") -> Iterator[list[Entry]]:
        """
        The entries behind a position, oldest first, up to one or to the end, some at a time.

        Raises:
            ChangesTrimmed: The position, or one that was reached, is not there any more.
        """
        while True:
            held, entries = self._changes(after, until)
            if not held:
                raise ChangesTrimmed(f"The changes after {after} are not all there any more.")
            if not entries:
                return
            yield entries
            after = entries[-1].position

    def _changes(self, after: str, until: str) -> tuple[bool, list[Entry]]:
        key = self._keys.changes
        with talking():
            if not self._client.exists(key):
                return after == BEGINNING, []
            with self._client.pipeline(transaction=True) as pipe:
                if after == BEGINNING:
                    pipe.xinfo_stream(key)
                else:
                    pipe.xrange(key, after, after, count=1)
                pipe.xrange(key, f"({after}", until, count=_ENTRIES)
                known, entries = pipe.execute()
        held = known["entries-added"] == known["length"] if after == BEGINNING else bool(known)
        return held, [Entry(position.decode(), fields) for position, fields in entries]

    # The snapshot

    def part_sizes(self) -> list[int]:
        """Characters of each part of the snapshot."""
        sizes: list[int] = []
        with talking():
            while size := self._client.strlen(self._keys.snapshot(len(sizes))):
                sizes.append(size)
        return sizes

    def documents_now(self, ids: Sequence[str]) -> tuple[str, list[bytes | None]]:
        """The newest position, and the documents of these ids: all at one moment."""
        with talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.xrevrange(self._keys.changes, count=1)
            pipe.hmget(self._keys.documents, list(ids))
            newest, found = pipe.execute()
        return _position(newest), found

    # The books

    def books(self) -> Books:
        """The state of the catalog and of its run, all at one moment."""
        keys = self._keys
        with talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.hgetall(keys.meta)
            pipe.hgetall(keys.run)
            pipe.exists(keys.lease)
            pipe.xrevrange(keys.changes, count=1)
            meta, run, leased, newest = pipe.execute()
        return Books(_texts(meta), _texts(run), bool(leased), _position(newest))

    def page_map(self) -> list[bytes]:
        """The pages of the last complete walk, as they stand there."""
        with talking():
            return cast("list[bytes]", self._client.lrange(self._keys.page_map, 0, -1))

    def dead_letters(self) -> list[bytes]:
        """The rows that are set aside, as they stand there; at most the number that is kept."""
        with talking():
            kind = cast(bytes, self._client.type(self._keys.dead_letters))
            if kind == b"list":
                return cast("list[bytes]", self._client.lrange(self._keys.dead_letters, 0, -1))
            return cast("list[bytes]", self._client.hvals(self._keys.dead_letters))

    # Identities

    def identities(self) -> Iterator[dict[bytes, bytes]]:
        """hub_id -> ``ORDINAL ID``, some at a time, perhaps twice."""
        cursor = 0
        while True:
            with talking():
                cursor, some = cast(
                    "tuple[int, dict[bytes, bytes]]",
                    self._client.hscan(self._keys.identities, cursor, count=_SCAN),
                )
            yield some
            if cursor == 0:
                return

    def identities_now(self, hub_ids: Sequence[str]) -> tuple[str, int, list[bytes | None]]:
        """The newest position, how many identities there are, and these: all at one moment."""
        keys = self._keys
        with talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.xrevrange(keys.changes, count=1)
            pipe.hlen(keys.identities)
            if hub_ids:
                pipe.hmget(keys.identities, list(hub_ids))
            newest, count, *found = pipe.execute()
        return _position(newest), count, found[0] if found else []


def _position(entries: list[Any]) -> str:
    return entries[0][0].decode() if entries else BEGINNING


def _texts(stored: Mapping[bytes, bytes]) -> dict[str, str]:
    return {
        name.decode(errors="replace"): value.decode(errors="replace")
        for name, value in stored.items()
    }
