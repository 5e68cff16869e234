"""Writes one document per dataset, one order per measure, and one stream of changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice
from typing import NamedTuple, cast

import redis

from collinear.domain import moments
from collinear.domain.change import Op
from collinear.domain.dataset import Dataset
from collinear.domain.errors import RunFenced
from collinear.domain.impact import ImpactPolicy
from collinear.store import clock
from collinear.store.claim import Claim
from collinear.store.compare import NO_FINGERPRINT, Compared, Comparer, Known
from collinear.store.documents import read
from collinear.store.keys import ORDERS, Keys

UNKNOWN = "-inf"
"""The score of an unknown value: below every known one, and counted all the same."""

_ROWS = 1000
"""Datasets that are compared at a time."""

CHUNK = 250
"""Datasets that one script stores while nobody reads much yet: readers may wait 20 ms for it."""

CALM_CHUNK = 50
"""Datasets that one script stores beside readers: they hardly notice."""


@dataclass(slots=True)
class Stored:
    """What became of some datasets."""

    created: int = 0
    updated: int = 0
    moved: int = 0
    deleted: int = 0
    unchanged: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    """Datasets, as (hub_id, id), whose id another dataset of the same run holds."""
    deferred: tuple[Compared, ...] = ()
    """Datasets whose id is held by one that the run has not seen yet."""

    @property
    def changed(self) -> int:
        """How many changes were announced."""
        return self.created + self.updated + self.moved + self.deleted

    def add(self, other: "Stored") -> None:
        """Count the outcome of another chunk in."""
        self.created += other.created
        self.updated += other.updated
        self.moved += other.moved
        self.deleted += other.deleted
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.deferred += other.deferred


class _Row(NamedTuple):
    op: Op
    fields: list[bytes | str | int | float]


class _Answer(NamedTuple):
    """What the script did not do: hub_ids."""

    refused: list[str]
    again: list[str]
    same: list[str]
    deferred: list[str]


class CatalogWriter:
    """Stores what the Hub shows; doing it twice changes nothing and announces nothing."""

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        policy: ImpactPolicy,
        *,
        change_retention: int = 2_000_000,
        chunk: int = CHUNK,
    ) -> None:
        self._client = client
        self._keys = keys
        self._comparer = Comparer(client, keys, policy)
        self.compare = self._comparer.compare
        self.find_unchanged = self._comparer.find_unchanged
        self.known = self._comparer.known
        self._retention = change_retention
        self._chunk = chunk
        self._apply = client.register_script(
            files("collinear.store").joinpath("apply.lua").read_bytes()
        )
        self._script_keys = [
            keys.run,
            keys.run_claims,
            keys.meta,
            keys.ids,
            keys.documents,
            keys.identities,
            keys.folded,
            keys.renamed,
            keys.seen,
            keys.changes,
            keys.fingerprints,
            keys.last_changes,
            *(keys.by(field) for field in ORDERS),
        ]

    def put(
        self, datasets: Iterable[Dataset], claim: Claim, *, seen: bool = True, evict: bool = True
    ) -> Stored:
        """Compare datasets with what is stored, and write them; see ``write``."""
        stored = Stored()
        rest = iter(datasets)
        while rows := list(islice(rest, _ROWS)):
            stored.add(self.write(self.compare(rows), claim, seen=seen, evict=evict))
        return stored

    def write(
        self,
        compared: Sequence[Compared],
        claim: Claim,
        *,
        seen: bool = True,
        evict: bool = True,
        chunk: int | None = None,
    ) -> Stored:
        """
        Store datasets, mark them as seen (unless told not to), and announce those that changed.

        A document, its orders and its announcement travel in one transaction: nobody ever
        sees a dataset that is ordered but not stored.

        Args:
            compared: The datasets, beside what is stored of them.
            claim: The right to do so.
            seen: Whether they were seen on the Hub just now.
            evict: Whether a dataset that the run has not seen leaves, where one of these has
                its id now; otherwise that one is deferred.
            chunk: Datasets in one transaction.

        Raises:
            RunFenced: The run is over or the page was taken over; nothing more was written.
        """
        stored = Stored()
        chunk = chunk or self._chunk
        # in the catalog's order, whatever the Hub's is: new ones then find their places at once
        ordered = sorted(compared, key=lambda one: one.dataset.hub_id)
        for start in range(0, len(ordered), chunk):
            stored.add(self._write_chunk(ordered[start : start + chunk], claim, seen, evict))
        return stored

    def touch(self, ordinals: Iterable[int], claim: Claim) -> None:
        """Mark datasets as seen, and nothing else; raises as ``write``."""
        ranges = _ranges(list(ordinals))
        if ranges:
            self._send([], ranges, [], claim)

    def drop(self, departed: Iterable[tuple[str, str]], claim: Claim) -> Stored:
        """Remove datasets, given as (hub_id, id as known), and announce it; raises as ``put``."""
        stored = Stored()
        rest = iter(departed)
        while chunk := list(islice(rest, self._chunk)):
            known = self._comparer.known([hub_id for hub_id, _ in chunk])
            rows = [
                _Row(Op.DELETE, _fields(Op.DELETE, hub_id, found.id, "", found.identity))
                for (hub_id, _), found in zip(chunk, known, strict=True)
                if found is not None
            ]
            if self._send(rows, [], [], claim) is None:
                rest = iter([*chunk, *rest])
                continue
            stored.deleted += len(rows)
        return stored

    def mark(self, hub_ids: Sequence[str], ids: Sequence[str], claim: Claim) -> None:
        """Mark datasets, named either way, as seen: their rows could not be read."""
        documents = cast(
            "list[bytes | None]", self._client.hmget(self._keys.documents, ids) if ids else []
        )
        named = [found["hub_id"] for document in documents if (found := read(document))]
        known = self._comparer.identities([*hub_ids, *named])
        self.touch({int(identity.partition(b" ")[0]) for identity in known if identity}, claim)

    def _write_chunk(self, chunk: list[Compared], claim: Claim, seen: bool, evict: bool) -> Stored:
        stored = Stored()
        while True:
            outcome = self._try_chunk(chunk, claim, seen, evict)
            if outcome is not None:
                done, again = outcome
                stored.add(done)
                chunk = [one for one in chunk if one.dataset.hub_id in again]
            if not chunk or (outcome is not None and not outcome[1]):
                return stored
            # somebody wrote one of these in between: read again
            prints = {one.dataset.hub_id: one.fingerprint for one in chunk}
            chunk = self.compare([one.dataset for one in chunk], prints)

    def _try_chunk(
        self, chunk: list[Compared], claim: Claim, seen: bool, evict: bool
    ) -> tuple[Stored, set[str]] | None:
        rows: list[_Row] = []
        marked: list[int] = []
        prints: dict[int, bytes] = {}
        unchanged = 0
        for one in chunk:
            if one.known is None:
                rows.append(_create(one))
                continue
            if one.unchanged:
                unchanged += 1
                if one.fingerprint != NO_FINGERPRINT:
                    prints[one.known.ordinal] = one.fingerprint
            else:
                rows.append(_change(one))
            if one.unchanged or one.known.id == one.dataset.id:
                marked.append(one.known.ordinal)
        answer = self._send(
            rows, _ranges(marked) if seen else [], _joined(prints), claim, evict=evict
        )
        if answer is None:
            return None
        by_hub_id = {one.dataset.hub_id: one for one in chunk}
        stored = Stored(
            unchanged=unchanged + len(answer.same),
            refused=tuple((hub_id, by_hub_id[hub_id].dataset.id) for hub_id in answer.refused),
            deferred=tuple(by_hub_id[hub_id] for hub_id in answer.deferred),
        )
        skipped = {hub_id for names in answer for hub_id in names}
        for row in rows:
            if row.fields[1] not in skipped:
                stored.created += row.op is Op.CREATE
                stored.updated += row.op is Op.UPDATE
                stored.moved += row.op is Op.MOVE
        return stored, set(answer.again)

    def _send(
        self,
        rows: list[_Row],
        ranges: list[tuple[int, int]],
        prints: list[tuple[int, bytes]],
        claim: Claim,
        *,
        evict: bool = True,
    ) -> _Answer | None:
        """Apply a chunk; None: conflict, nothing was written."""
        now = clock.now(self._client)
        arguments: list[bytes | str | int | float] = [
            claim.number,
            claim.page,
            claim.held,
            claim.held_next,
            moments.to_text(now),
            now // 1000,
            claim.began,
            self._retention,
            "1" if evict else "",
            len(rows),
            len(ranges),
            len(prints),
        ]
        for row in rows:
            arguments.extend(row.fields)
        for first, count in ranges:
            arguments += (first, count)
        for first, piece in prints:
            arguments += (first, piece)
        answer = cast("list[object]", self._apply(self._script_keys, arguments))
        if answer[0] == b"fenced":
            raise RunFenced(f"run {claim.number} or its page {claim.page} is in other hands")
        if answer[0] == b"conflict":
            return None
        claim.written += 1
        return _Answer(
            *(
                [hub_id.decode() for hub_id in hub_ids]
                for hub_ids in cast("list[list[bytes]]", answer[1:])
            )
        )


def _create(one: Compared) -> _Row:
    dataset = one.dataset
    fields = _fields(Op.CREATE, dataset.hub_id, dataset.id, "", b"", one.document)
    fields[7:9] = [dataset.created_second, one.fingerprint]
    fields[9:] = [_score(dataset, field) for field in ORDERS]
    return _Row(Op.CREATE, fields)


def _change(one: Compared) -> _Row:
    dataset, known = one.dataset, cast("Known", one.known)
    moved = known.id != dataset.id
    op = Op.MOVE if moved else Op.UPDATE
    previous = known.id if moved else ""
    fields = _fields(op, dataset.hub_id, dataset.id, previous, known.identity, one.document)
    named = [name for name in one.changed if not (moved and name in {"id", "name", "author"})]
    fields[6:9] = [",".join(named), dataset.created_second, one.fingerprint]
    everything = moved or one.before is None
    fields[9:] = [
        _score(dataset, field) if everything or field in one.changed else "" for field in ORDERS
    ]
    return _Row(op, fields)


def _fields(
    op: Op, hub_id: str, id_: str, previous: str, identity: bytes, document: bytes = b""
) -> list[bytes | str | int | float]:
    head: list[bytes | str | int | float] = [op.value, hub_id, id_, previous, identity, document]
    return [*head, "", 0, NO_FINGERPRINT, *[""] * len(ORDERS)]


def _score(dataset: Dataset, field: str) -> float | str:
    if field == "id":
        return 0
    value: float | None = getattr(dataset, field)
    return UNKNOWN if value is None else value


def _ranges(ordinals: list[int]) -> list[tuple[int, int]]:
    """Ordinals as (first, count) of neighbours: a page of old datasets is one or a few."""
    ranges: list[tuple[int, int]] = []
    for ordinal in sorted(ordinals):
        if ranges and ordinal == ranges[-1][0] + ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], ranges[-1][1] + 1)
        else:
            ranges.append((ordinal, 1))
    return ranges


def _joined(prints: Mapping[int, bytes]) -> list[tuple[int, bytes]]:
    """Fingerprints of neighbours in one piece: (first ordinal, piece)."""
    return [
        (first, b"".join(prints[ordinal] for ordinal in range(first, first + count)))
        for first, count in _ranges(list(prints))
    ]
