"""Writes one document per dataset, one order per measure, and one stream of changes."""

from collections.abc import Iterable, Sequence
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
from collinear.store.documents import changed_fields, parse, to_bytes
from collinear.store.keys import ORDERS, Keys

UNKNOWN = "-inf"
"""The score of an unknown value: below every known one, and counted all the same."""


@dataclass(slots=True)
class Claim:
    """The right to store one page of one run; it ends when the page or the run is taken over."""

    number: int
    began: int
    page: str = ""
    token: str = ""
    written: int = 0
    """
    How many chunks were stored under it.  The store counts too: a chunk that it has forgotten
    over a restart, or got twice over a torn connection, ends the claim.
    """

    @property
    def held(self) -> str:
        """The claim as the books have it now; empty for one that is none of a page."""
        return self._after(0)

    @property
    def held_next(self) -> str:
        """The claim as the books will have it after the next chunk."""
        return self._after(1)

    def _after(self, chunks: int) -> str:
        return f"{self.token}:{self.written + chunks}" if self.token else ""


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


class _Known(NamedTuple):
    identity: bytes
    ordinal: int
    id: str
    document: bytes | None


class _Row(NamedTuple):
    op: Op
    fields: list[bytes | str | int | float]


class CatalogWriter:
    """Stores what the Hub shows; doing it twice changes nothing and announces nothing."""

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        policy: ImpactPolicy,
        *,
        change_retention: int = 2_000_000,
        chunk: int = 250,
    ) -> None:
        self._client = client
        self._keys = keys
        self._policy = policy
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
            *(keys.by(field) for field in ORDERS),
        ]

    def put(self, datasets: Iterable[Dataset], claim: Claim, *, seen: bool = True) -> Stored:
        """
        Store datasets, mark them as seen (unless told not to), and announce those that changed.

        A document, its orders and its announcement travel in one transaction: nobody ever
        sees a dataset that is ordered but not stored.

        Raises:
            RunFenced: The run is over or the page was taken over; nothing more was written.
        """
        stored = Stored()
        rest = iter(datasets)
        while chunk := list(islice(rest, self._chunk)):
            stored.add(self._put_chunk(chunk, claim, seen))
        return stored

    def drop(self, departed: Iterable[tuple[str, str]], claim: Claim) -> Stored:
        """Remove datasets, given as (hub_id, id as known), and announce it; raises as ``put``."""
        stored = Stored()
        rest = iter(departed)
        while chunk := list(islice(rest, self._chunk)):
            known = self._known([hub_id for hub_id, _ in chunk])
            rows = [
                _Row(Op.DELETE, _fields(Op.DELETE, hub_id, found.id, "", found.identity))
                for (hub_id, _), found in zip(chunk, known, strict=True)
                if found is not None
            ]
            if self._send(rows, [], claim) is None:
                rest = iter([*chunk, *rest])
                continue
            stored.deleted += len(rows)
        return stored

    def mark(self, hub_ids: Sequence[str], ids: Sequence[str], claim: Claim) -> None:
        """Mark datasets, named either way, as seen: their rows could not be read."""
        documents = cast(
            "list[bytes | None]", self._client.hmget(self._keys.documents, ids) if ids else []
        )
        named = [parse(document)["hub_id"] for document in documents if document]
        known = self._identities([*hub_ids, *named])
        ordinals = {int(identity.partition(b" ")[0]) for identity in known if identity}
        if ordinals:
            self._send([], _ranges(list(ordinals)), claim)

    def _put_chunk(self, chunk: list[Dataset], claim: Claim, seen: bool) -> Stored:
        stored = Stored()
        while True:
            outcome = self._try_chunk(chunk, claim, seen)
            if outcome is None:
                continue  # somebody wrote one of these in between: read again
            done, again = outcome
            stored.add(done)
            if not again:
                return stored
            chunk = [dataset for dataset in chunk if dataset.hub_id in again]

    def _try_chunk(
        self, chunk: list[Dataset], claim: Claim, seen: bool
    ) -> tuple[Stored, set[str]] | None:
        stored = Stored()
        rows: list[_Row] = []
        unchanged: list[int] = []
        updated: list[int] = []
        latest = {dataset.hub_id: dataset for dataset in chunk}  # a row sent twice counts once
        known = self._known(list(latest))
        for dataset, found in zip(latest.values(), known, strict=True):
            document = to_bytes(dataset.to_document(self._policy))
            if found is None:
                rows.append(self._create(dataset, document))
            elif found.document == document:
                unchanged.append(found.ordinal)
            else:
                rows.append(self._change(dataset, document, found))
                if found.id == dataset.id:
                    updated.append(found.ordinal)
        answer = self._send(rows, _ranges(unchanged + updated) if seen else [], claim)
        if answer is None:
            return None
        refused, again, same = answer
        stored.unchanged = len(unchanged) + len(same)
        stored.refused = tuple((hub_id, latest[hub_id].id) for hub_id in refused)
        skipped = again.union(refused, same)
        for row in rows:
            if row.fields[1] not in skipped:
                stored.created += row.op is Op.CREATE
                stored.updated += row.op is Op.UPDATE
                stored.moved += row.op is Op.MOVE
        return stored, again

    def _create(self, dataset: Dataset, document: bytes) -> _Row:
        fields = _fields(Op.CREATE, dataset.hub_id, dataset.id, "", b"", document)
        fields[7] = dataset.created_second
        fields[8:] = [_score(dataset, field) for field in ORDERS]
        return _Row(Op.CREATE, fields)

    def _change(self, dataset: Dataset, document: bytes, found: _Known) -> _Row:
        # A document that went missing is mended by writing all of it
        changed = changed_fields(found.document, document) if found.document else ("id",)
        moved = found.id != dataset.id
        op = Op.MOVE if moved else Op.UPDATE
        previous = found.id if moved else ""
        fields = _fields(op, dataset.hub_id, dataset.id, previous, found.identity, document)
        named = [name for name in changed if not (moved and name in {"id", "name", "author"})]
        fields[6] = ",".join(named)
        fields[7] = dataset.created_second
        everything = moved or not found.document
        fields[8:] = [
            _score(dataset, field) if everything or field in changed else "" for field in ORDERS
        ]
        return _Row(op, fields)

    def _known(self, hub_ids: Sequence[str]) -> list[_Known | None]:
        """What is stored of each dataset, as far as it is."""
        identities = self._identities(hub_ids)
        split = [identity.partition(b" ") if identity else None for identity in identities]
        names = [parts[2] for parts in split if parts]
        documents = iter(
            cast("list[bytes | None]", self._client.hmget(self._keys.documents, names))
            if names
            else []
        )
        return [
            _Known(identity, int(parts[0]), parts[2].decode(), next(documents))
            if identity and parts
            else None
            for identity, parts in zip(identities, split, strict=True)
        ]

    def _identities(self, hub_ids: Sequence[str]) -> list[bytes | None]:
        if not hub_ids:
            return []
        return cast("list[bytes | None]", self._client.hmget(self._keys.identities, hub_ids))

    def _send(
        self, rows: list[_Row], ranges: list[tuple[int, int]], claim: Claim
    ) -> tuple[list[str], set[str], set[str]] | None:
        """Apply a chunk: the hub_ids refused, to put again, and done already; None: conflict."""
        second, microsecond = self._client.time()
        arguments: list[bytes | str | int | float] = [
            claim.number,
            claim.page,
            claim.held,
            claim.held_next,
            moments.to_text(second * 1000 + microsecond // 1000),
            second,
            claim.began,
            self._retention,
            len(rows),
            len(ranges),
        ]
        for row in rows:
            arguments.extend(row.fields)
        for first, count in ranges:
            arguments += (first, count)
        answer = cast("list[object]", self._apply(self._script_keys, arguments))
        if answer[0] == b"fenced":
            raise RunFenced(f"run {claim.number} or its page {claim.page} is in other hands")
        if answer[0] == b"conflict":
            return None
        claim.written += 1
        refused, again, same = (
            [hub_id.decode() for hub_id in hub_ids]
            for hub_ids in cast("list[list[bytes]]", answer[1:4])
        )
        return refused, set(again), set(same)


def _fields(
    op: Op, hub_id: str, id_: str, previous: str, identity: bytes, document: bytes = b""
) -> list[bytes | str | int | float]:
    return [op.value, hub_id, id_, previous, identity, document, "", 0, *[""] * len(ORDERS)]


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
