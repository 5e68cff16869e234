"""The catalog as a follower sees it: changes, current documents, and the snapshot to begin with."""

import base64
import binascii
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import redis

from collinear.domain.change import BEGINNING, Change, Serial
from collinear.domain.errors import CatalogError, StoreUnavailable
from collinear.store.entries import to_change
from collinear.store.keys import Keys
from collinear.store.trouble import in_words

_PIECE = 4 * 2**20
"""Characters of the snapshot for one GETRANGE; a multiple of 4, as base64 is."""
_LINES = 4 * 2**20
"""Bytes of lines that are unpacked at a time."""
_CHUNK = 500
"""Documents for one HMGET: Redis is busy with it for less than a millisecond."""
_SCAN = 1000
_GZIP = 16 + zlib.MAX_WBITS


class SnapshotUnreadable(CatalogError):
    """The snapshot was swapped while it was read, or is damaged."""


class CatalogFeed:
    """
    What a follower needs; every method raises ``StoreUnavailable`` while Redis does not answer.

    A document is always the current one, not the one at the time of a change: putting it
    again is harmless, and a later change of the same dataset is on the stream anyway.
    """

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def epoch(self) -> str | None:
        """The epoch that serials are of; None while the store is empty."""
        with _talking():
            return _text(self._client.hget(self._keys.meta, "epoch"))

    def newest(self) -> str:
        """The position of the newest change."""
        with _talking():
            entries = cast("list[Any]", self._client.xrevrange(self._keys.changes, count=1))
        return entries[0][0].decode() if entries else BEGINNING

    def oldest(self) -> str | None:
        """The position of the oldest change that is kept; None where there is none."""
        with _talking():
            entries = cast("list[Any]", self._client.xrange(self._keys.changes, count=1))
        return entries[0][0].decode() if entries else None

    def snapshot_serial(self) -> Serial | None:
        """What the snapshot is true for; None where there is none."""
        with _talking():
            text = _text(self._client.hget(self._keys.meta, "snapshot_serial"))
        return Serial.parse(text) if text else None

    def holds(self, position: str) -> bool:
        """
        Whether every change after this position is still there.

        So it is while the position's own entry is; at the beginning, while nothing was trimmed.
        """
        with _talking():
            if position != BEGINNING:
                return bool(self._client.xrange(self._keys.changes, position, position, count=1))
            if not self._client.exists(self._keys.changes):
                return True
            stream = self._client.xinfo_stream(self._keys.changes)
            return bool(stream["entries-added"] == stream["length"])

    def renew_epoch(self, seen: str) -> None:
        """
        Give the store another epoch, if it still has the one that was seen.

        For a store that lost changes which somebody has read: serials that were handed out
        would not lead to the catalog any more.
        """
        with _talking(), self._client.pipeline() as pipe:
            while True:
                try:
                    pipe.watch(self._keys.meta, self._keys.changes)  # type: ignore[no-untyped-call]
                    if _text(pipe.hget(self._keys.meta, "epoch")) != seen:
                        return
                    entries = cast("list[Any]", pipe.xrevrange(self._keys.changes, count=1))
                    epoch = uuid.uuid4().hex[:12]
                    pipe.multi()
                    pipe.hset(self._keys.meta, "epoch", epoch)
                    if entries:
                        serial = Serial(epoch, entries[0][0].decode())
                        pipe.hset(self._keys.meta, "serial", str(serial))
                    pipe.execute()
                    return
                except redis.WatchError:
                    continue

    def changes(self, epoch: str, after: str, *, count: int, block_ms: int) -> list[Change]:
        """The next changes after a position, oldest first; empty when the wait was in vain."""
        with _talking():
            streams = cast(
                "list[Any]",
                self._client.xread({self._keys.changes: after}, count=count, block=block_ms),
            )
        return [
            to_change(
                epoch,
                position.decode(),
                {field.decode(): value.decode() for field, value in entry.items()},
            )
            for _, entries in streams or []
            for position, entry in entries
        ]

    def documents(self, hub_ids: Iterable[str]) -> dict[str, tuple[int, bytes] | None]:
        """The ordinal and the document of each dataset as it is now; None for one that is gone."""
        found: dict[str, tuple[int, bytes] | None] = {}
        wanted = list(dict.fromkeys(hub_ids))
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            found |= self._documents(chunk)
            # Renamed between the two reads, or really gone: look again
            lost = [hub_id for hub_id in chunk if found[hub_id] is None]
            found |= self._documents(lost)
        return found

    def _documents(self, hub_ids: Sequence[str]) -> dict[str, tuple[int, bytes] | None]:
        found: dict[str, tuple[int, bytes] | None] = dict.fromkeys(hub_ids)
        identities = {
            hub_id: identity
            for hub_id, identity in zip(hub_ids, self._identities(hub_ids), strict=True)
            if identity is not None
        }
        if not identities:
            return found
        with _talking():
            ids = [dataset_id for _, dataset_id in identities.values()]
            documents = cast(
                "list[bytes | None]",
                self._client.hmget(self._keys.documents, cast("list[str]", ids)),
            )
        for (hub_id, (ordinal, _)), document in zip(identities.items(), documents, strict=True):
            # Quotes inside a JSON text are escaped, so this can only match the field itself;
            # it does not where another dataset has the id by now.
            if document is not None and f'"hub_id":"{hub_id}"'.encode() in document:
                found[hub_id] = ordinal, document
        return found

    def ordinals(self, hub_ids: Sequence[str]) -> list[int | None]:
        """The ordinal of each dataset; None for one that is gone."""
        return [identity and identity[0] for identity in self._identities(hub_ids)]

    def _identities(self, hub_ids: Sequence[str]) -> list[tuple[int, bytes] | None]:
        if not hub_ids:
            return []
        with _talking():
            identities = cast(
                "list[bytes | None]", self._client.hmget(self._keys.identities, list(hub_ids))
            )
        parts = [None if text is None else text.partition(b" ") for text in identities]
        return [None if part is None else (int(part[0]), part[2]) for part in parts]

    def hub_ids(self) -> Iterator[list[str]]:
        """All datasets that are there from beginning to end, some at a time, perhaps twice."""
        cursor = 0
        while True:
            with _talking():
                cursor, some = cast(
                    "tuple[int, dict[bytes, bytes]]",
                    self._client.hscan(self._keys.identities, cursor, count=_SCAN),
                )
            yield [hub_id.decode() for hub_id in some]
            if cursor == 0:
                return

    def snapshot(self) -> Iterator[bytes]:
        """
        The documents of the snapshot in catalog order, in bounded memory.

        Raises:
            SnapshotUnreadable: It was swapped while it was read, or is damaged.
        """
        before = self.snapshot_serial()
        try:
            yield from _lines(self._unpacked())
        except (zlib.error, binascii.Error) as error:
            raise SnapshotUnreadable(f"The snapshot cannot be read: {error}.") from error
        if self.snapshot_serial() != before:
            raise SnapshotUnreadable("The snapshot was replaced while it was read.")

    def _unpacked(self) -> Iterator[bytes]:
        unpack = zlib.decompressobj(_GZIP)
        rest = b""
        for piece in self._pieces():
            text = rest + piece
            whole = len(text) - len(text) % 4
            rest = text[whole:]
            packed = base64.b64decode(text[:whole], validate=True)
            while packed and not unpack.eof:
                yield unpack.decompress(packed, _LINES)
                packed = unpack.unconsumed_tail
        if rest or not unpack.eof:
            raise zlib.error("it ends too early")

    def _pieces(self) -> Iterator[bytes]:
        part = 0
        while True:
            start = 0
            while True:
                with _talking():
                    piece = cast(
                        "bytes",
                        self._client.getrange(self._keys.snapshot(part), start, start + _PIECE - 1),
                    )
                if not piece:
                    break
                yield piece
                start += len(piece)
            if not start:
                return
            part += 1


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        yield from lines
    if rest:
        yield rest


def _text(value: Any) -> str | None:
    return None if not value else bytes(value).decode()


@contextmanager
def _talking() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise StoreUnavailable(in_words(error)) from error
