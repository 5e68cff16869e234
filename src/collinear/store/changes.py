"""Reads the stream of changes for those who follow it over HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import redis.asyncio
from anyio import to_thread

from collinear.domain.change import BEGINNING, Change, Serial
from collinear.domain.errors import PositionGone
from collinear.store.answering import answering
from collinear.store.entries import read_entry
from collinear.store.keys import Keys
from collinear.store.status import Version
from collinear.store.trips import Script, Trips

_MOST_BYTES = 16 * 2**20
"""Documents that go with one answer; the change that would exceed it begins the next one."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some changes in a row, true at one moment."""

    changes: list[Change]
    documents: dict[str, bytes] | None
    """By hub_id, as they are now, without those that are gone; None where nobody asked."""
    next: Serial | None
    """Where to go on; the newest change at the end, and None while there is no catalog."""
    newest: Serial | None
    version: Version


class ChangesReader:
    """
    Stretches of the stream; no change between two of them is ever left out.

    Raises:
        StoreUnavailable: From every method, where Redis does not answer or refuses.
    """

    def __init__(self, client: redis.asyncio.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._trips = Trips(client)  # who waits for the same change asks for it together
        script = files("collinear.store").joinpath
        self._read = Script(client, script("changes.lua").read_bytes())
        self._version = Script(client, script("version.lua").read_bytes())

    async def version(self) -> tuple[Version, str]:
        """What a stretch that is read now would be true for, and the epoch."""
        keys = [self._keys.meta, self._keys.lease, self._keys.run]
        (*meta, epoch), leased, _ = await self._trips.run(
            self._version, keys, [*Version.FIELDS, "epoch"]
        )
        return Version.of(meta, leased=bool(leased)), (epoch or b"").decode()

    async def newest(self) -> Serial:
        """The newest change; where nobody has begun a catalog, the beginning of no epoch."""
        stretch = await self.read(None, limit=1)
        return stretch.newest or Serial("", BEGINNING)

    async def wait(self, after: Serial, seconds: float) -> None:
        """
        Come back as soon as there is a change behind this position, or when the time is over.

        It holds a connection meanwhile, and does not see that the epoch has changed.
        """
        async with answering(unhurried=True):
            await self._client.xread(
                {self._keys.changes: after.position}, count=1, block=int(seconds * 1000)
            )

    async def read(self, since: Serial | None, *, limit: int, documents: bool = False) -> Stretch:
        """
        The next changes after ``since``, oldest first; from the oldest that is kept without it.

        Raises:
            PositionGone: Changes after that position are missing, or nobody can know.
        """
        keys = self._keys
        trouble, epoch, newest, entries, found, meta, leased = await self._trips.run(
            self._read,
            [keys.changes, keys.meta, keys.lease, keys.identities, keys.documents],
            [*(since or ("", "")), limit, _MOST_BYTES if documents else "", *Version.FIELDS],
        )
        version = Version.of(meta, leased=bool(leased))
        if trouble and since is not None:
            other = trouble == b"epoch"
            raise PositionGone(str(since), other_epoch=other, as_of=version.serial)
        epoch = epoch.decode()
        # A thousand of them take milliseconds: others are answered meanwhile
        changes = await to_thread.run_sync(_to_changes, epoch, entries)
        there = Serial(epoch, since.position if since else BEGINNING)
        return Stretch(
            changes=changes,
            documents=_by_hub_id(found) if documents else None,
            next=(changes[-1].serial if changes else there) if epoch else None,
            newest=Serial(epoch, newest.decode()) if epoch else None,
            version=version,
        )


def _to_changes(epoch: str, entries: Sequence[Any]) -> list[Change]:
    return [read_entry(epoch, entry) for entry in entries]


def _by_hub_id(found: Sequence[Any]) -> dict[str, bytes]:
    pairs = zip(found[::2], found[1::2], strict=True)
    return {_text(hub_id): document for hub_id, document in pairs if document is not None}


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogatepass")
