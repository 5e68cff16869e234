"""The changes, and what they lead to: from the beginning, or from the snapshot."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

from collinear.domain.change import BEGINNING, Serial
from collinear.domain.dataset import from_document
from collinear.store.documents import parse
from collinear.store.feed import CatalogFeed, SnapshotUnreadable
from collinear.store.ledger import Books, ChangesTrimmed, Ledger
from collinear.store.parts import PART_BYTES
from collinear.verify.replay import Malformed, Replay, hub_id_of, key_of, read_entry
from collinear.verify.report import Tally, Tell

T = TypeVar("T")

_ATTEMPTS = 3
"""So often a snapshot may be replaced, or a stream trimmed, while it is read."""
_SUSPECTS = 10_000
"""More need no second look to know that something is wrong."""
_CHUNK = 500


def check_changes(ledger: Ledger, epoch: str, tell: Tell) -> list[Tally]:
    """
    Every entry is a change that can be; all of them lead to the catalog.

    Where the beginning was trimmed away, what is kept leads to as much as it tells of.
    """
    for attempt in range(_ATTEMPTS):
        changes, replayed = Tally("changes"), Tally("replay")
        stream = ledger.stream()
        if stream.last_removed != BEGINNING:
            changes.found(stream.last_removed, "was taken out of the stream by name")
        whole = stream.added == stream.length
        replay = Replay(complete=whole)
        if not whole:
            replay.position = ledger.oldest() or BEGINNING
            replayed.note(f"the first {stream.added - stream.length:,} changes are trimmed away")
        try:
            for count in _advance(ledger, replay, epoch, "+", changes, replayed):
                tell("changes", count, stream.length)
            _lead_to_catalog(ledger, replay, epoch, changes, replayed)
        except ChangesTrimmed:
            if attempt + 1 == _ATTEMPTS:
                replayed.note("not looked at to the end: the stream is trimmed while it is read")
                break
            continue
        break
    return [changes, replayed]


def check_snapshot(
    ledger: Ledger, feed: CatalogFeed, books: Books, epoch: str, tell: Tell
) -> Tally:
    """The snapshot can be read, and with the changes after it leads to the catalog."""
    tally = Tally("snapshot")
    for _ in range(_ATTEMPTS):
        tally = Tally("snapshot")
        before = ledger.books().meta.get("snapshot_serial")
        try:
            _check_snapshot(ledger, feed, books, epoch, before, tally, tell)
        except SnapshotUnreadable as error:
            tally.found("snapshot", str(error))
        except ChangesTrimmed:
            tally.found("snapshot", f"is true for {before}; the changes after it are not all kept")
        except ValueError as error:
            tally.found("snapshot", f"has a serial that is none: {error}")
        if ledger.books().meta.get("snapshot_serial") == before:
            return tally
    if tally.problems:
        tally = Tally("snapshot", notes=["not looked at: it is replaced again and again"])
    return tally


def _check_snapshot(
    ledger: Ledger,
    feed: CatalogFeed,
    books: Books,
    epoch: str,
    before: str | None,
    tally: Tally,
    tell: Tell,
) -> None:
    sizes = ledger.part_sizes()
    if not sizes:
        if before is not None or books.meta.get("warmed") == "true":
            tally.found("snapshot", "is not there")
        else:
            tally.note("there is none before the first complete run")
        return
    for part, size in enumerate(sizes):
        if size > PART_BYTES:
            tally.found(f"part {part}", f"has {size:,} characters, more than {PART_BYTES:,}")
    serial = Serial.parse(before) if before else Serial(epoch, BEGINNING)
    follows = serial.epoch == epoch
    if not follows:
        tally.note("is of an earlier epoch: the next full refresh writes another")
    replay = Replay(complete=True)
    replay.position = serial.position
    touched: set[int] = set()
    if follows:  # known beforehand, so that what was changed since needs no second look
        for entries in ledger.changes(serial.position):
            for entry in entries:
                touched.add(_key(entry.fields.get(b"hub_id", b"")))
    suspects = _compare(ledger, feed, replay, touched, tally, tell)
    if not follows:
        return
    unheard = Tally("changes")  # what is wrong with an entry is said by the check of changes
    for _ in _advance(ledger, replay, epoch, "+", unheard, tally, touched):
        pass
    _lead_to_catalog(ledger, replay, epoch, unheard, tally)
    for some in _chunks(list(suspects.items())):
        position, documents = ledger.documents_now([id_ for id_, _ in some])
        for _ in _advance(ledger, replay, epoch, position, unheard, tally, touched):
            pass
        for (id_, (key, line)), document in zip(some, documents, strict=True):
            if key not in touched and hash(document) != line:
                tally.found(id_, "is not in the snapshot as its document is, and nothing changed")


def _compare(
    ledger: Ledger,
    feed: CatalogFeed,
    replay: Replay,
    touched: set[int],
    tally: Tally,
    tell: Tell,
) -> dict[str, tuple[int, int]]:
    """Read the snapshot into the replay; the datasets that differ now, as id -> (key, line)."""
    suspects: dict[str, tuple[int, int]] = {}
    before = (-1, "")
    lines = feed.snapshot()
    while chunk := list(islice(lines, _CHUNK)):
        known: list[tuple[str, int, bytes]] = []
        for line in chunk:
            tally.looked_at += 1
            try:
                dataset = from_document(parse(line))
                id_, hub_id = dataset.id, dataset.hub_id
                key = key_of(hub_id)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                tally.found(f"line {tally.looked_at}", f"cannot be read: {error!r}")
                continue
            if not replay.begin_with(hub_id, id_):
                tally.found(id_, "is in the snapshot twice")
            known.append((id_, key, line))
            here = dataset.created_second, hub_id
            if here <= before:
                tally.found(id_, "is in the snapshot behind a dataset that comes after it")
            before = here
        _, documents = ledger.documents_now([id_ for id_, _, _ in known]) if known else ("", [])
        for (id_, key, line), stored in zip(known, documents, strict=True):
            if stored != line and key not in touched and len(suspects) < _SUSPECTS:
                suspects[id_] = key, hash(line)
        tell("snapshot", tally.looked_at, None)
    return suspects


def _advance(
    ledger: Ledger,
    replay: Replay,
    epoch: str,
    until: str,
    changes: Tally,
    replayed: Tally,
    touched: set[int] | None = None,
) -> Iterator[int]:
    """Replay what follows; yields how many changes were looked at so far."""
    for entries in ledger.changes(replay.position, until=until):
        for entry in entries:
            changes.looked_at += 1
            try:
                change = read_entry(epoch, entry)
            except Malformed as error:
                changes.found(entry.position, str(error))
                replay.position = entry.position
                continue
            if touched is not None:
                touched.add(key_of(change.hub_id))
            replayed.looked_at += 1
            wrong = replay.apply(change)
            if wrong is not None:
                replayed.found(entry.position, f"{wrong}: {change.id!r} ({change.hub_id})")
        yield changes.looked_at


def _lead_to_catalog(
    ledger: Ledger, replay: Replay, epoch: str, changes: Tally, replayed: Tally
) -> None:
    """
    Compare where the changes lead with the identities as they are.

    What differs is looked at again: identities and newest change of one moment, and the replay
    brought to exactly that change.  So it does not matter who writes meanwhile.
    """

    def look_again(hub_ids: Sequence[str]) -> tuple[int, list[bytes | None]]:
        position, count, found = ledger.identities_now(hub_ids)
        for _ in _advance(ledger, replay, epoch, position, changes, replayed):
            pass
        return count, found

    suspects: dict[str, None] = {}
    for piece in ledger.identities():
        for name, text in piece.items():
            if not _agrees(replay, name.decode(errors="replace"), text):
                suspects[name.decode(errors="replace")] = None
        if len(suspects) > _SUSPECTS:
            break
    for some in _chunks(list(suspects)):
        _, found = look_again(some)
        for hub_id, stored in zip(some, found, strict=True):
            if not _agrees(replay, hub_id, stored):
                _tell_stray(replayed, hub_id, stored)
    if not replay.complete:
        return
    count, _ = look_again([])
    if count == len(replay):
        return
    for keys in _chunks(list(replay)):
        hub_ids = [hub_id_of(key) for key in keys]
        _, found = look_again(hub_ids)
        for hub_id, stored in zip(hub_ids, found, strict=True):
            if stored is None and not replay.agrees(hub_id, None):
                replayed.found(hub_id, "is there by the changes, and not in the catalog")


def _agrees(replay: Replay, hub_id: str, identity: bytes | None) -> bool:
    id_ = None if identity is None else identity.partition(b" ")[2].decode(errors="replace")
    try:
        return replay.agrees(hub_id, id_)
    except ValueError:
        return False


def _tell_stray(replayed: Tally, hub_id: str, identity: bytes | None) -> None:
    if identity is None:
        replayed.found(hub_id, "is there by the changes, and not in the catalog")
    else:
        id_ = identity.partition(b" ")[2].decode(errors="backslashreplace")
        replayed.found(hub_id, f"is {id_!r} in the catalog, and not by the changes")


def _key(hub_id: bytes) -> int:
    try:
        return key_of(hub_id.decode())
    except ValueError:
        return -1


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
