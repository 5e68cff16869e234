"""Reads the catalog: windows of an order, documents, one dataset's standing."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple, cast

import orjson
import redis.asyncio

from collinear.domain import moments
from collinear.domain.change import Change
from collinear.domain.errors import DatasetMoved, DatasetNotFound
from collinear.domain.query import SortField, SortOrder
from collinear.store import documents
from collinear.store.answering import answering
from collinear.store.convoy import Convoy
from collinear.store.entries import read_entry
from collinear.store.keys import Keys
from collinear.store.status import Version, to_texts
from collinear.store.trips import Script, Trips

RANKED = ("downloads", "likes", "size_bytes")
"""The measures that a dataset is ranked by."""


_MOST_AT_ONCE = 1_000
"""Documents that are read in one step, where several ask: others wait for it."""


class Place(NamedTuple):
    """A place in an order: it stays where it is when the dataset that stood there leaves."""

    score: str
    member: bytes


class _Asked(NamedTuple):
    """A window, as its script is told of it."""

    key: str
    """Of the order."""
    direction: str
    limit: int
    offset: int
    score: str = ""
    member: bytes = b""
    """With the score: the place to go on behind, instead of the offset."""


@dataclass(frozen=True, slots=True)
class Window:
    """Some datasets in a row of one order, read in one step."""

    documents: list[bytes]
    total: int
    last: Place | None
    """Where to go on; None at the end."""
    version: Version


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of some ids, in their order; ids that are gone are left out."""

    documents: list[bytes]
    catalog_size: int
    version: Version


@dataclass(frozen=True, slots=True)
class Found:
    """A dataset that was looked up."""

    id: str
    document: bytes
    version: Version


class Rank(NamedTuple):
    """Where a dataset stands by one measure among the datasets whose value is known."""

    rank: int
    """1 for the highest; equal values share it."""
    percentile: float
    """The share of datasets with a lower value, 0 to 100."""
    of: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A dataset among the others; a rank is None where the value is unknown."""

    ranks: dict[str, Rank | None]
    last_seen: str | None
    last_change: Change | None
    """None where it is not kept any more, or was made by a version that did not mark it."""


class CatalogReader:
    """
    Reads what the worker stored; every method is one or two round trips.

    Raises:
        StoreUnavailable: From every method, where Redis does not answer or refuses.
    """

    def __init__(self, client: redis.asyncio.Redis, keys: Keys) -> None:
        self.newest = ""
        """The newest change that any answer has told of; empty before the first."""
        self._client = client
        self._keys = keys
        self._trips = Trips(client)
        self._windows: Convoy[_Asked, Window] = Convoy(
            self._read_windows, weigh=lambda asked: asked.limit, most=_MOST_AT_ONCE
        )
        script = files("collinear.store").joinpath
        self._window = client.register_script(script("window.lua").read_bytes())
        self._version = Script(client, script("version.lua").read_bytes())
        self._standing = client.register_script(script("standing.lua").read_bytes())

    async def version(self) -> Version:
        """What an answer that is made now would be true for."""
        version, _ = await self.version_and_mark()
        return version

    async def version_and_mark(self) -> tuple[Version, str]:
        """
        As ``version``, and a mark that changes whenever a run stores something.

        With it go marks of when its datasets were last seen, which are no change.
        """
        keys = [self._keys.meta, self._keys.lease, self._keys.run]
        meta, leased, mark = await self._trips.run(self._version, keys, Version.FIELDS)
        return self._version_of(meta, leased), mark.decode()

    async def window(
        self,
        field: SortField | None,
        order: SortOrder,
        *,
        limit: int,
        offset: int = 0,
        after: Place | None = None,
    ) -> Window:
        """
        A window of one order; the field None is the catalog order.

        With ``after`` it begins strictly behind that place, whether a dataset still stands
        there or not, and ``offset`` is not looked at.  The cost does not grow with the depth.
        """
        key = self._keys.by(field) if field else self._keys.ids
        async with answering():
            asked = _Asked(key, order.value, limit, offset, *(after or ()))
            return await self._windows.ask(asked)

    async def _read_windows(self, asked: Sequence[_Asked]) -> list[Window]:
        """Several windows, all true for the same state."""
        keys = self._keys
        orders = [window.key for window in asked]
        places: list[Any] = [part for _, *place in asked for part in place]
        async with answering():
            meta, leased, *found = await self._window(
                keys=[keys.documents, keys.meta, keys.lease, *orders],
                args=[len(Version.FIELDS), *Version.FIELDS, *places],
            )
        version = self._version_of(meta, leased)
        return [_window(version, *parts) for parts in found]

    async def documents(self, ids: Sequence[str]) -> Documents:
        """The documents of these ids, and the state they are true for."""
        async with answering(), self._client.pipeline() as pipe:
            pipe.hmget(self._keys.meta, Version.FIELDS)
            pipe.exists(self._keys.lease)
            pipe.zcard(self._keys.ids)
            if ids:
                pipe.hmget(self._keys.documents, ids)
            meta, leased, size, *found = await pipe.execute()
        return Documents(
            documents=[document for document in (found[0] if ids else []) if document],
            catalog_size=size,
            version=self._version_of(meta, leased),
        )

    async def get(self, dataset_id: str) -> Found:
        """
        The dataset with this id: exactly, else ignoring case (the oldest of several).

        Raises:
            DatasetMoved: No dataset is called so, but one was.
            DatasetNotFound: None is and none was.
        """
        name = _encoded(dataset_id)
        lower = name.lower()
        async with answering():
            async with self._client.pipeline() as pipe:
                pipe.hmget(self._keys.documents, [name, lower])
                pipe.hget(self._keys.folded, lower)
                pipe.hmget(self._keys.renamed, [name, lower])
                pipe.hmget(self._keys.meta, Version.FIELDS)
                pipe.exists(self._keys.lease)
                (exact, folded), others, former, meta, leased = await pipe.execute()
            version = self._version_of(meta, leased)
            if exact is None:
                names = [*_names(others), *([lower] if folded else [])]
                name = await self._oldest(names) or b""
                if not name and (hub_id := former[0] or former[1]):
                    await self._follow(dataset_id, hub_id)
                exact = await self._client.hget(self._keys.documents, name) if name else None
        if exact is None:
            raise DatasetNotFound(dataset_id)
        return Found(name.decode(), exact, version)

    async def known(self, dataset_id: str) -> bool:
        """Whether a dataset is called so now, ignoring case."""
        name = _encoded(dataset_id).lower()
        async with answering(), self._client.pipeline(transaction=False) as pipe:
            pipe.hexists(self._keys.documents, name)
            pipe.hexists(self._keys.folded, name)
            return any(await pipe.execute())

    async def standing(self, found: Found) -> Standing:
        """Where a dataset stands by downloads, likes and size, last seen and last changed."""
        hub_id = documents.parse(found.document)["hub_id"]
        keys = self._keys
        about = [keys.identities, keys.seen, keys.last_changes, keys.changes, keys.meta]
        async with answering():
            seen, epoch, entry, *places = await self._standing(
                keys=[*about, *(keys.by(field) for field in RANKED)],
                args=[_encoded(found.id), hub_id],
            )
        return Standing(
            ranks={
                field: _rank(place) if place else None
                for field, place in zip(RANKED, places, strict=True)
            },
            last_seen=_moment(seen),
            last_change=read_entry(epoch.decode(), entry) if entry else None,
        )

    async def meta(self) -> tuple[dict[str, str], Version]:
        """The raw meta record."""
        async with answering(), self._client.pipeline() as pipe:
            pipe.hgetall(self._keys.meta)
            pipe.exists(self._keys.lease)
            meta, leased = await pipe.execute()
        version = self._version_of([meta.get(n.encode()) for n in Version.FIELDS], leased)
        return to_texts(meta), version

    def _version_of(self, meta: list[bytes | None], leased: int) -> Version:
        version = Version.of(meta, leased=bool(leased))
        self.newest = version.serial
        return version

    async def _oldest(self, names: list[bytes]) -> bytes | None:
        if len(names) < 2:
            return names[0] if names else None
        scores = await self._client.zmscore(self._keys.ids, cast("list[str]", names))
        aged = [(s, name) for s, name in zip(scores, names, strict=True) if s is not None]
        return min(aged)[1] if aged else None

    async def _follow(self, dataset_id: str, hub_id: bytes) -> None:
        identity = cast("bytes", await self._client.hget(self._keys.identities, hub_id) or b"")
        new_id = identity.partition(b" ")[2].decode()
        if new_id and new_id != dataset_id:
            raise DatasetMoved(dataset_id, new_id)


def _window(version: Version, total: int, found: list[bytes | None], last: list[bytes]) -> Window:
    return Window(
        documents=[document for document in found if document is not None],
        total=total,
        last=Place(last[0].decode(), last[1]) if last else None,
        version=version,
    )


def _encoded(dataset_id: str) -> bytes:
    return dataset_id.encode("utf-8", "surrogatepass")


def _names(folded: bytes | None) -> list[bytes]:
    return [name.encode() for name in orjson.loads(folded)] if folded else []


def _rank(place: list[int]) -> Rank:
    above, below, known = place
    return Rank(rank=above + 1, percentile=round(100 * below / known, 2), of=known)


def _moment(mark: bytes) -> str | None:
    second = int.from_bytes(mark, "big")
    if second in (0, 2**32 - 1):
        return None
    return moments.to_text(second * 1000)
