"""The datasets as somebody sees them who trusts nothing: raw, each step of one moment."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, NamedTuple, cast

import redis

from collinear.domain.errors import StoreUnavailable
from collinear.store.keys import ORDERS, Keys
from collinear.store.trouble import in_words

ROWS = 100
"""Datasets for one step: Redis is busy with them for two or three milliseconds."""
_SCAN = 1000


class Row(NamedTuple):
    """All that is stored under one id, as it was at one moment; None is "not there"."""

    id: bytes
    place: bytes | None
    document: bytes | None
    identity: bytes | None
    mark: bytes
    folded: bytes | None
    announced: bytes
    """
    The ``hub_id`` of the change that its mark leads to, or ``nowhere``; empty where there is no
    mark, or the change was trimmed.
    """
    scores: list[bytes | None]
    """One for each of ``ORDERS``."""


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
        names += [keys.last_changes, keys.changes]
        with talking():
            answer = self._script([*names, *(keys.by(field) for field in ORDERS)], list(arguments))
        ordinals, rows = cast("tuple[bytes | None, list[list[Any]]]", answer)
        return int(ordinals or 0), [Row(*row) for row in rows]

    def pick(self, ranks: Sequence[int]) -> list[bytes]:
        """The ids at these ranks of the catalog order, as far as there are any."""
        with talking(), self._client.pipeline(transaction=False) as pipe:
            for rank in ranks:
                pipe.zrange(self._keys.ids, rank, rank)
            return [found[0] for found in pipe.execute() if found]

    def counts(self) -> dict[str, int]:
        """How many each structure holds, all at one moment; ``total_items`` as meta says it."""
        keys = self._keys
        with talking(), self._client.pipeline(transaction=True) as pipe:
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
            with talking():
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
        with talking(), self._client.pipeline(transaction=True) as pipe:
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

    def folded(self) -> Iterator[dict[bytes, bytes]]:
        """An id in lower case -> JSON list of ids, some at a time, perhaps twice."""
        return self._pieces(self._keys.folded)

    def folded_now(
        self, lower: Sequence[bytes], ids: Sequence[bytes]
    ) -> tuple[list[bytes | None], list[bool]]:
        """Entries of ``folded``, and which of the ids are in the catalog: all at one moment."""
        with talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(self._keys.folded, cast("list[str]", list(lower)))
            if ids:
                pipe.zmscore(self._keys.ids, cast("list[str]", list(ids)))
            names, *there = pipe.execute()
        return names, [place is not None for place in there[0]] if there else []

    def present(self, ids: Sequence[bytes]) -> list[bool]:
        """Which of the ids are in the catalog."""
        if not ids:
            return []
        with talking():
            places = self._client.zmscore(self._keys.ids, cast("list[str]", list(ids)))
        return [place is not None for place in places]

    def renamed(self) -> Iterator[dict[bytes, bytes]]:
        """A former id -> hub_id, some at a time, perhaps twice."""
        return self._pieces(self._keys.renamed)

    def renamed_now(
        self, former: Sequence[bytes], hub_ids: Sequence[bytes]
    ) -> tuple[list[bytes | None], list[bytes | None]]:
        """Entries of ``renamed``, and identities: all at one moment."""
        with talking(), self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(self._keys.renamed, cast("list[str]", list(former)))
            pipe.hmget(self._keys.identities, cast("list[str]", list(hub_ids)))
            names, found = pipe.execute()
        return names, found

    def _pieces(self, key: str) -> Iterator[dict[bytes, bytes]]:
        cursor = 0
        while True:
            with talking():
                cursor, some = self._scan(key, cursor)
            yield some
            if cursor == 0:
                return

    def _scan(self, key: str, cursor: int) -> tuple[int, dict[bytes, bytes]]:
        return cast("tuple[int, dict[bytes, bytes]]", self._client.hscan(key, cursor, count=_SCAN))


@contextmanager
def talking() -> Iterator[None]:
    """Redis's own errors in words of the catalog."""
    try:
        yield
    except redis.RedisError as error:
        raise StoreUnavailable(in_words(error)) from error
