"""What the Hub shows beside what is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import redis

from collinear.domain.dataset import Dataset
from collinear.domain.impact import ImpactPolicy
from collinear.store.documents import changed_fields, parse, to_bytes
from collinear.store.keys import Keys
from collinear.store.thresholds import Thresholds

FINGERPRINT = 8
"""Bytes of the digest of a row."""

NO_FINGERPRINT = bytes(FINGERPRINT)
"""Of a document that came from no row that is known: it is always compared."""

_GAP = 32
"""Fingerprints that are read in vain rather than with a command of their own."""


class Known(NamedTuple):
    """What is stored of a dataset; no document where somebody deleted it."""

    identity: bytes
    ordinal: int
    id: str
    document: bytes | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A dataset as the Hub shows it, and what is stored of it."""

    dataset: Dataset
    document: bytes
    """The document that is to be stored."""
    known: Known | None
    before: Mapping[str, Any] | None
    """The stored document, where it differs and can be read."""
    changed: tuple[str, ...]
    """The names of the fields that differ."""
    fingerprint: bytes

    @property
    def unchanged(self) -> bool:
        """Whether the very same document is stored."""
        return self.known is not None and self.known.document == self.document


class Comparer:
    """Reads what is stored of a page of datasets, in a few commands."""

    def __init__(self, client: redis.Redis, keys: Keys, policy: ImpactPolicy) -> None:
        self._client = client
        self._keys = keys
        self._thresholds = Thresholds(client, keys, policy)

    def compare(
        self, datasets: Iterable[Dataset], fingerprints: Mapping[str, bytes] | None = None
    ) -> list[Compared]:
        """Each dataset once, beside what is stored of it; fingerprints go by hub_id."""
        latest = {dataset.hub_id: dataset for dataset in datasets}  # a row sent twice counts once
        prints = fingerprints or {}
        policy = self._thresholds.policy()
        return [
            self._compared(
                dataset,
                to_bytes(dataset.to_document(policy)),
                known,
                prints.get(dataset.hub_id, NO_FINGERPRINT),
            )
            for dataset, known in zip(latest.values(), self.known(list(latest)), strict=True)
        ]

    def _compared(
        self, dataset: Dataset, document: bytes, known: Known | None, fingerprint: bytes
    ) -> Compared:
        if known is None or known.document == document:
            return Compared(dataset, document, known, None, (), fingerprint)
        try:
            before = parse(known.document or b"")
        except (ValueError, TypeError):
            before = None  # one that went missing, or is no document at all, is written whole
        changed = changed_fields(before or {}, parse(document))
        return Compared(dataset, document, known, before, changed, fingerprint)

    def known(self, hub_ids: Sequence[str]) -> list[Known | None]:
        """What is stored of each dataset, as far as it is."""
        identities = self.identities(hub_ids)
        split = [identity.partition(b" ") if identity else None for identity in identities]
        names = [parts[2] for parts in split if parts]
        documents = iter(
            cast("list[bytes | None]", self._client.hmget(self._keys.documents, names))
            if names
            else []
        )
        return [
            Known(identity, int(parts[0]), parts[2].decode(), next(documents))
            if identity and parts
            else None
            for identity, parts in zip(identities, split, strict=True)
        ]

    def identities(self, hub_ids: Sequence[str]) -> list[bytes | None]:
        """``ORDINAL ID`` of each dataset; None for one that is not stored."""
        if not hub_ids:
            return []
        return cast("list[bytes | None]", self._client.hmget(self._keys.identities, hub_ids))

    def find_unchanged(self, rows: Mapping[str, tuple[str, bytes]]) -> dict[str, int]:
        """
        The ordinals, by hub_id, of the datasets whose document came from the very same row.

        ``rows`` gives the id and the fingerprint by hub_id.  Documents are not looked at.
        """
        ordinals: dict[str, int] = {}
        for (hub_id, (id_, _)), identity in zip(
            rows.items(), self.identities(list(rows)), strict=True
        ):
            if identity is not None:
                ordinal, _, name = identity.partition(b" ")
                if name == id_.encode():
                    ordinals[hub_id] = int(ordinal)
        stored = self._fingerprints(ordinals.values())
        return {
            hub_id: ordinal
            for hub_id, ordinal in ordinals.items()
            if stored.get(ordinal) == rows[hub_id][1]
        }

    def _fingerprints(self, ordinals: Iterable[int]) -> dict[int, bytes]:
        spans: list[tuple[int, int]] = []
        for ordinal in sorted(ordinals):
            if spans and ordinal - spans[-1][1] <= _GAP:
                spans[-1] = (spans[-1][0], ordinal)
            else:
                spans.append((ordinal, ordinal))
        with self._client.pipeline(transaction=False) as pipe:
            for first, last in spans:
                pipe.getrange(
                    self._keys.fingerprints, first * FINGERPRINT, (last + 1) * FINGERPRINT - 1
                )
            pieces = cast("list[bytes]", pipe.execute())
        return {
            first + at // FINGERPRINT: piece[at : at + FINGERPRINT]
            for (first, _), piece in zip(spans, pieces, strict=True)
            for at in range(0, len(piece), FINGERPRINT)
        }
