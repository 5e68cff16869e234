"""Store -> index: build the search index, and keep it level with the catalog."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from threading import Event
from typing import Any, NamedTuple

from collinear.domain.change import BEGINNING, Change, Op, Serial
from collinear.domain.errors import CatalogError
from collinear.search.index.writer import IndexWriter
from collinear.store.documents import parse
from collinear.store.feed import CatalogFeed, SnapshotUnreadable
from collinear.telemetry import get_logger

log = get_logger(__name__)

MOST_CHANGES = 20_000
"""Changes for one commit: more would wait too long to be seen, and take memory."""
_READ = 2_000
"""Changes for one read; as many as that at once mean that we are far behind."""
_BULK_SECONDS = 5.0
"""Seconds of changes for one commit while far behind: commits cost more than they show."""
MOST_DEAD = 20_000
"""Replaced documents that an index may drag along in any case, before it is built again."""
_IDLE_SECONDS = 0.5
_LONGEST_READ = 2.0
"""Seconds that Redis may let us wait: well below the client's own patience."""
_ROWS = 1_000


Row = tuple[int, bytes]
"""An ordinal and a stored document."""

_HUB_ID = b'"hub_id":"'
"""Quotes inside a JSON text are escaped, so this can only be the field itself."""


class LoadFailed(CatalogError):
    """A part of the index could not be written."""


class _Batch(NamedTuple):
    """Changes for one commit, and whether they were the newest."""

    changes: list[Change]
    reaches_head: bool


class Follower:
    """
    Keeps an index level with a store.

    The index says itself what position of the stream it is true for, so there is nothing to
    remember here: a follower that was killed goes on where the last commit was.
    """

    def __init__(
        self,
        feed: CatalogFeed,
        index: IndexWriter,
        *,
        commit_seconds: float,
        stopping: Event,
        most_dead: int = MOST_DEAD,
        load: "Callable[[IndexWriter, Iterable[Row]], int] | None" = None,
    ) -> None:
        """``load`` puts many rows into an empty index, where there is a quicker way."""
        self._load = load or put_rows
        self._feed = feed
        self._index = index
        self._commit_seconds = commit_seconds
        self._stopping = stopping
        self._most_dead = most_dead

    def run(self) -> None:
        """
        Follow until told to stop; what is in hand is then committed.

        Raises:
            StoreUnavailable: Redis does not answer; the index is as it was at the last commit.
        """
        while not self._stopping.is_set():
            if (self._can_go_on() and not self._is_worn()) or self._rebuild():
                self._follow()
            else:
                self._stopping.wait(_IDLE_SECONDS)

    def _can_go_on(self) -> bool:
        """Whether all changes after what the index is true for can still be read."""
        serial = self._index.serial
        if serial is None or self._feed.epoch() != serial.epoch:
            return False
        return self._feed.holds(serial.position)

    def _is_worn(self) -> bool:
        """
        Whether half as many replaced documents as living ones take room, and time in searches.

        Segments of one size are merged, eight at a time; the large ones of a first load have
        no equals for weeks, and would keep what was replaced in them.
        """
        wear = self._index.wear()
        return wear.dead > max(self._most_dead, wear.living // 2)

    def _follow(self) -> None:
        while (before := self._index.serial) and not self._stopping.is_set():
            batch = self._collect(before)
            # Looked at after reading: had anything been trimmed until then, this would be gone
            if not self._can_go_on():
                return
            if batch.changes:
                self._apply(batch)
            if batch.reaches_head or self._index.is_first:
                self._index.publish()
            if batch.reaches_head and batch.changes and self._is_worn():
                return

    def _collect(self, after: Serial) -> _Batch:
        """The changes of the next commit."""
        changes = self._read(after, _IDLE_SECONDS)
        behind = at_once = len(changes)
        deadline = time.monotonic() + (_BULK_SECONDS if behind == _READ else self._commit_seconds)
        while 0 < len(changes) < MOST_CHANGES and not self._stopping.is_set():
            if behind == _READ and at_once < _READ:
                break  # caught up: no reason to wait for more
            left = deadline - time.monotonic()
            if left <= 0:
                break
            some = self._read(changes[-1].serial, left)
            at_once = len(some)
            changes += some
        return _Batch(changes, at_once < _READ)

    def _read(self, after: Serial, seconds: float) -> list[Change]:
        block_ms = max(1, int(min(seconds, _LONGEST_READ) * 1000))
        return self._feed.changes(after.epoch, after.position, count=_READ, block_ms=block_ms)

    def _apply(self, batch: _Batch) -> None:
        began = time.monotonic()
        last = batch.changes[-1].serial
        now = self._feed.documents(change.hub_id for change in batch.changes)
        # Who left and came back has another ordinal, and must leave under the first one
        left = {change.hub_id for change in batch.changes if change.op is Op.DELETE}
        self._index.drop(hub_id for hub_id, row in now.items() if row is None or hub_id in left)
        documents = self._index.put(_parsed(row for row in now.values() if row is not None))
        self._index.commit(last)
        tell = log.info if len(batch.changes) >= _READ else log.debug
        tell(
            "changes_indexed",
            changes=len(batch.changes),
            documents=documents,
            seconds=_since(began),
            lag_seconds=round(time.time() - last.order[0] / 1000, 3),
            serial=str(last),
        )

    def _rebuild(self) -> bool:
        """Begin a new index; False while there is nothing to build it from."""
        epoch = self._feed.epoch()
        if epoch is None:
            return False
        if self._store_went_back(epoch):
            log.warning("store_lost_changes", serial=str(self._index.serial))
            self._feed.renew_epoch(epoch)
            return False
        began = time.monotonic()
        # Who follows changes that are long over replaces much, and were worn again
        is_worn, snapshot = self._is_worn(), self._feed.snapshot_serial()
        self._index.rebuild()
        if is_worn:
            documents = self._load_documents(epoch)
        elif snapshot and snapshot.epoch == epoch and self._feed.holds(snapshot.position):
            log.info("index_rebuild_started", source="snapshot", serial=str(snapshot))
            documents = self._load_snapshot(snapshot)
        elif self._feed.holds(BEGINNING):
            log.info("index_rebuild_started", source="changes")
            documents = 0
            self._index.commit(Serial(epoch, BEGINNING))
        else:
            documents = self._load_documents(epoch)
        if self._index.serial is None:
            return False
        log.info(
            "index_rebuilt",
            documents=documents,
            seconds=_since(began),
            serial=str(self._index.serial),
        )
        return True

    def _store_went_back(self, epoch: str) -> bool:
        """Whether the store forgot changes that the index has seen, and has not said so."""
        serial = self._index.serial
        if serial is None or serial.epoch != epoch or self._feed.holds(serial.position):
            return False
        oldest = self._feed.oldest()
        was_trimmed = oldest is not None and serial.order < Serial(epoch, oldest).order
        return not was_trimmed

    def _load_snapshot(self, serial: Serial) -> int:
        try:
            documents = self._load(self._index, self._snapshot_rows())
        except LoadFailed as error:
            log.warning("load_failed", error=str(error))
            self._index.rebuild()
            return self._load_documents(serial.epoch)
        except SnapshotUnreadable as error:
            log.warning("snapshot_unreadable", error=str(error))
            if self._feed.snapshot_serial() != serial:
                return 0  # there is another one by now: begin again
            self._index.rebuild()
            return self._load_documents(serial.epoch)
        if not self._stopping.is_set():
            self._index.commit(serial)
        return documents

    def _snapshot_rows(self) -> Iterator[Row]:
        """The rows of the snapshot, without those whose dataset is gone by now."""
        lines = self._feed.snapshot()
        while (chunk := list(islice(lines, _ROWS))) and not self._stopping.is_set():
            ordinals = self._feed.ordinals([_hub_id(line) for line in chunk])
            for ordinal, line in zip(ordinals, chunk, strict=True):
                if ordinal is not None:
                    yield ordinal, line

    def _load_documents(self, epoch: str) -> int:
        """Begin from what is stored now, whatever the changes were that led to it."""
        serial = Serial(epoch, self._feed.newest())
        log.info("index_rebuild_started", source="documents", serial=str(serial))
        documents = 0
        for hub_ids in self._feed.hub_ids():
            if self._stopping.is_set():
                return documents
            rows = self._feed.documents(hub_ids).values()
            documents += self._index.put(_parsed(row for row in rows if row is not None))
        self._index.commit(serial)
        return documents


def put_rows(index: IndexWriter, rows: Iterable[Row]) -> int:
    """Put rows of which none is in the index yet; returns how many could be read."""
    return index.put(_parsed(rows), fresh=True)


def _hub_id(document: bytes) -> str:
    start = document.find(_HUB_ID) + len(_HUB_ID)
    return document[start : document.find(b'"', start)].decode(errors="replace")


def _parsed(rows: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for ordinal, document in rows:
        try:
            yield ordinal, parse(document)
        except (TypeError, ValueError) as error:
            log.warning("document_unreadable", start=repr(document[:100]), error=str(error))


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
