"""The catalog as the worker sees it as a whole."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import cast

import redis

from collinear.domain.dataset import Dataset, from_document
from collinear.domain.impact import ImpactPolicy
from collinear.store import clock
from collinear.store.claim import Claim
from collinear.store.documents import read
from collinear.store.guard import prepare_store
from collinear.store.keys import Keys
from collinear.store.marks import find_freshness, find_unseen
from collinear.store.snapshot import write_snapshot
from collinear.store.thresholds import Thresholds
from collinear.telemetry import get_logger

log = get_logger(__name__)

_ROWS = 500

_FRESHNESS_SECONDS = 300
"""How long the summary of the marks is good enough for: it takes a walk over all of them."""


class Catalog:
    """Counts, the snapshot, and walks over everything that is stored."""

    def __init__(self, client: redis.Redis, keys: Keys, policy: ImpactPolicy) -> None:
        self._client = client
        self._keys = keys
        self.thresholds = Thresholds(client, keys, policy)

    def prepare(self, endpoint: str) -> None:
        """Write what a new catalog begins with; leaves an old one as it is."""
        thresholds = self.thresholds.in_force()
        prepare_store(self._client, self._keys, endpoint=endpoint, thresholds=thresholds)

    def count(self) -> int:
        """How many datasets are stored."""
        return self._client.zcard(self._keys.ids)

    def warmed(self) -> bool:
        """Whether a complete run has ever ended."""
        return self._client.hget(self._keys.meta, "warmed") == b"true"

    def quarantined(self) -> bool:
        """Whether the Hub's answers looked wrong, and no complete run has succeeded since."""
        return bool(self._client.hget(self._keys.meta, "quarantine"))

    def newest_commit(self) -> int:
        """The latest moment (ms) at which a dataset was modified; 0 where none is known."""
        newest = cast(
            "list[tuple[bytes, float]]",
            self._client.zrange(self._keys.by("last_modified"), 0, 0, desc=True, withscores=True),
        )
        return max(int(newest[0][1]), 0) if newest and newest[0][1] > 0 else 0

    def commits_until(self) -> int | None:
        """The moment (ms) up to which all commits are known; None before the first run."""
        known = cast("bytes | None", self._client.hget(self._keys.meta, "commits_until"))
        return None if known is None else int(known)

    def now(self) -> int:
        """The store's own clock, in milliseconds."""
        return clock.now(self._client)

    def find_unseen(self, *, since: int) -> list[tuple[str, str]]:
        """The datasets that were last seen before the given second, as (hub_id, id)."""
        return find_unseen(self._client, self._keys, since=since)

    def freshness(self, *, renew: bool) -> dict[str, str]:
        """
        The field of ``meta`` that tells when the datasets were last seen, as of now.

        Empty where it is younger than some minutes and not to be renewed.
        """
        now = self.now() // 1000
        known = cast("bytes | None", self._client.hget(self._keys.meta, "freshness"))
        if known and not renew:
            # one that cannot be read is written anew
            with suppress(ValueError, TypeError, KeyError):
                if json.loads(known)["at"] > now - _FRESHNESS_SECONDS:
                    return {}
        seen = find_freshness(self._client, self._keys)
        return {"freshness": json.dumps({**seen._asdict(), "at": now}) if seen else ""}

    def write_snapshot(self, claim: Claim) -> str | None:
        """Write the snapshot; see ``write_snapshot``."""
        return write_snapshot(self._client, self._keys, claim)

    def holders(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """The datasets that have these ids, as (hub_id, id)."""
        if not ids:
            return []
        documents = cast("list[bytes | None]", self._client.hmget(self._keys.documents, ids))
        found = [known for document in documents if (known := read(document))]
        return [(document["hub_id"], document["id"]) for document in found]

    def datasets(self) -> Iterator[list[Dataset]]:
        """Every dataset, in catalog order, some hundreds at a time."""
        start = 0
        while ids := cast(
            "list[bytes]", self._client.zrange(self._keys.ids, start, start + _ROWS - 1)
        ):
            documents = cast("list[bytes | None]", self._client.hmget(self._keys.documents, ids))
            yield self.read_documents(document for document in documents if document)
            start += _ROWS

    def read_documents(self, documents: Iterable[bytes]) -> list[Dataset]:
        """The datasets that documents were made from; a damaged one waits for a full run."""
        found = []
        for document in documents:
            try:
                found.append(from_document(read(document) or {}))
            except (KeyError, TypeError, ValueError) as error:
                log.warning("document_damaged", document=document[:100], error=repr(error))
        return found
