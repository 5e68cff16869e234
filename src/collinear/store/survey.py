"""The catalog as somebody sees it who trusts nothing: raw, in small steps, each of one moment."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, NamedTuple, cast

import redis

from collinear.domain.change import BEGINNING
from collinear.domain.errors import CatalogError, StoreUnavailable
from collinear.store.keys import ORDERS, Keys
from collinear.store.trouble import in_words

ROWS = 200
"""Datasets for one step: Redis is busy with them for two or three milliseconds."""
_SCAN = 1000
_ENTRIES = 1000


class ChangesTrimmed(CatalogError):
    """The changes after a position are not all there any more."""


class Row(NamedTuple):
    """All that is stored under one id, as it was at one moment; None is "not there"."""

    id: bytes
    place: bytes | None
    document: bytes | None
    identity: bytes | None
    mark: bytes
    folded: bytes | None
    scores: list[bytes | None]
    """One for each of ``ORDERS``."""


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


class Survey:
    """Reads only.  Every method raises ``StoreUnavailable`` while Redis does not answer."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.register_script(
            files("collinear.store").joinpath("survey.lua").read_bytes()
        )

    # Datasets

    def rows(self, *, limit: int = ROWS) -> Iterator[tuple[int, list[Row]]]:
        """
        Every dataset in catalog order, as (ordinals given out, rows).

        Each piece begins with the last row of the one before, read again if it is still there,
        so that neighbours can always be compared as they were at one moment.
        """
        score, member = b"", b""
        while True:
            ordinals, rows = self._rows("window", limit, score, member)
            yield ordinals, rows
            if len(rows) < limit:
                return
            score, member = rows[-1].place or b"", rows[-1].id

    def named(self, ids: Sequence[bytes]) -> tuple[int, list[Row]]:
        """The rows of these ids; one that is not there has neither place nor document."""
        return self._rows("named", *ids)

    def _rows(self, *arguments: bytes | str | int) -> tuple[int, list[Row]]:
        keys = self._keys
        names = [keys.ids, keys.documents, keys.identities, keys.seen, keys.folded, keys.meta]
        with _talking():
            answer = self._script([*names, *(keys.by(field) for field in ORDERS)], list(arguments))
        ordinals, rows = cast("tuple[bytes | None, list[list[Any]]]", answer)
        return int(ordinals or 0), [Row(*row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many each structure holds, all at one moment; ``total_items`` as meta says it."""
        keys = self._keys
        with _talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.hget(keys.meta, "total_items")
            pipe.zcard(keys.ids)
            pipe.hlen(keys.documents)
            pipe.hlen(keys.identities)
            for field in ORDERS:
                pipe.zcard(keys.by(field))
            said, *counted = pipe.execute()
        names = ["total_items", "ids", "documents", "identities", *(f"by:{f}" for f in ORDERS)]
        return dict(zip(names, [int(said or 0), *counted], strict=True))

    def surplus(self, name: str) -> Iterator[bytes]:
        """
        The ids that a structure of ``counts`` holds and the catalog order does not.

        Looked at twice, the second time both at one moment: what a writer does meanwhile is none.
        """
        for members in self._members(name):
            some = self._not_in_ids(name, members)
            if some:
                yield from self._not_in_ids(name, some)

    def _members(self, name: str) -> Iterator[list[bytes]]:
        cursor = 0
        while True:
            with _talking():
                if name.startswith("by:"):
                    cursor, pairs = cast(
                        "tuple[int, list[tuple[bytes, float]]]",
                        self._client.zscan(self._keys.by(name[3:]), cursor, count=_SCAN),
                    )
                    found = [member for member, _ in pairs]
                else:
                    cursor, some = self._scan(self._keys.documents, cursor)
                    found = list(some)
            yield found
            if cursor == 0:
                return

    def _not_in_ids(self, name: str, members: Sequence[bytes]) -> list[bytes]:
        if not members:
            return []
        keys, asked = self._keys, cast("list[str]", list(members))
        with _talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.zmscore(keys.ids, asked)
            if name.startswith("by:"):
                pipe.zmscore(keys.by(name[3:]), asked)
            else:
                pipe.hmget(keys.documents, asked)
            places, held = pipe.execute()
        return [
            member
            for member, place, there in zip(members, places, held, strict=True)
            if place is None and there is not None
        ]

    # Names

    def identities(self) -> Iterator[dict[bytes, bytes]]:
        """hub_id -> ``ORDINAL ID``, some at a time, perhaps twice."""
        return self._pieces(self._keys.identities)

    def identities_now(self, hub_ids: Sequence[str]) -> tuple[str, int, list[bytes | None]]:
        """The newest position, how many identities there are, and these: all at one moment."""
        keys = self._keys
        with _talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.xrevrange(keys.changes, count=1)
            pipe.hlen(keys.identities)
            if hub_ids:
                pipe.hmget(keys.identities, list(hub_ids))
            newest, count, *found = pipe.execute()
        return _position(newest), count, found[0] if found else []

    def folded(self) -> Iterator[dict[bytes, bytes]]:
        """An id in lower case -> JSON list of ids, some at a time, perhaps twice."""
        return self._pieces(self._keys.folded)

    def folded_now(
        self, lower: Sequence[bytes], ids: Sequence[bytes]
    ) -> tuple[list[bytes | None], list[bool]]:
        """Entries of ``folded``, and which of the ids are in the catalog: all at one moment."""
        with _talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(self._keys.folded, cast("list[str]", list(lower)))
            if ids:
                pipe.zmscore(self._keys.ids, cast("list[str]", list(ids)))
            names, *there = pipe.execute()
        return names, [place is not None for place in there[0]] if there else []

    def present(self, ids: Sequence[bytes]) -> list[bool]:
        """Which of the ids are in the catalog."""
        if not ids:
            return []
        with _talking():
            places = self._client.zmscore(self._keys.ids, cast("list[str]", list(ids)))
        return [place is not None for place in places]

    def renamed(self) -> Iterator[dict[bytes, bytes]]:
        """A former id -> hub_id, some at a time, perhaps twice."""
        return self._pieces(self._keys.renamed)

    def renamed_now(
        self, former: Sequence[bytes], hub_ids: Sequence[bytes]
    ) -> tuple[list[bytes | None], list[bytes | None]]:
        """Entries of ``renamed``, and identities: all at one moment."""
        with _talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(self._keys.renamed, cast("list[str]", list(former)))
            pipe.hmget(self._keys.identities, cast("list[str]", list(hub_ids)))
            names, found = pipe.execute()
        return names, found

    def _pieces(self, key: str) -> Iterator[dict[bytes, bytes]]:
        cursor = 0
        while True:
            with _talking():
                cursor, some = self._scan(key, cursor)
            yield some
            if cursor == 0:
                return

    def _scan(self, key: str, cursor: int) -> tuple[int, dict[bytes, bytes]]:
        return cast("tuple[int, dict[bytes, bytes]]", self._client.hscan(key, cursor, count=_SCAN))

    # The stream of changes

    def stream(self) -> Stream:
        """How long the stream is, and whether anything was taken out of it."""
        with _talking():
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
        with _talking():
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
        with _talking():
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
        with _talking():
            while size := self._client.strlen(self._keys.snapshot(len(sizes))):
                sizes.append(size)
        return sizes

    def documents_now(self, ids: Sequence[str]) -> tuple[str, list[bytes | None]]:
        """The newest position, and the documents of these ids: all at one moment."""
        with _talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.xrevrange(self._keys.changes, count=1)
            pipe.hmget(self._keys.documents, list(ids))
            newest, found = pipe.execute()
        return _position(newest), found

    # The books

    def books(self) -> Books:
        """The state of the catalog and of its run, all at one moment."""
        keys = self._keys
        with _talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.hgetall(keys.meta)
            pipe.hgetall(keys.run)
            pipe.exists(keys.lease)
            pipe.xrevrange(keys.changes, count=1)
            meta, run, leased, newest = pipe.execute()
        return Books(_texts(meta), _texts(run), bool(leased), _position(newest))

    def page_map(self) -> list[bytes]:
        """The pages of the last complete walk, as they stand there."""
        with _talking():
            return cast("list[bytes]", self._client.lrange(self._keys.page_map, 0, -1))

    def dead_letters(self) -> list[bytes]:
        """The rows that are set aside, as they stand there; at most the number that is kept."""
        with _talking():
            kind = cast(bytes, self._client.type(self._keys.dead_letters))
            if kind == b"list":
                return cast("list[bytes]", self._client.lrange(self._keys.dead_letters, 0, -1))
            return cast("list[bytes]", self._client.hvals(self._keys.dead_letters))

    def pick(self, ranks: Sequence[int]) -> list[bytes]:
        """The ids at these ranks of the catalog order, as far as there are any."""
        with _talking(), self._client.pipeline(transaction=False) as pipe:
            for rank in ranks:
                pipe.zrange(self._keys.ids, rank, rank)
            return [found[0] for found in pipe.execute() if found]


def _position(entries: list[Any]) -> str:
    return entries[0][0].decode() if entries else BEGINNING


def _texts(stored: Mapping[bytes, bytes]) -> dict[str, str]:
    return {
        name.decode(errors="replace"): value.decode(errors="replace")
        for name, value in stored.items()
    }


@contextmanager
def _talking() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise StoreUnavailable(in_words(error)) from error
