"""Finding what one would not have asked for: suggestions while typing, and similar datasets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import anyio
from anyio import to_thread

from collinear.browse.basis import Basis
from collinear.domain.errors import IndexNotReady
from collinear.search.reader import IndexReader
from collinear.search.suggestions import similar
from collinear.search.suggestions.suggesting import Suggester, Suggestions
from collinear.store import documents
from collinear.store.reader import CatalogReader, Found
from collinear.store.status import Version
from collinear.telemetry.families import SEARCH_SECONDS
from collinear.telemetry.scope import step

_COMPARED = 200
"""Characters by which descriptions are compared."""
_TELLING = 40
"""Characters from which on a description is one's own."""
_NO_LETTERS = re.compile(r"[\W\d_]+")


@dataclass(frozen=True, slots=True)
class Similar:
    """Documents like another one, those most alike first."""

    documents: list[bytes]
    shared_tags: list[list[str]]
    """For each document the tags that both have."""
    basis: Basis


class Discovery:
    """Suggests and compares; what it finds is looked up in the store again."""

    def __init__(self, reader: CatalogReader, index: IndexReader, *, searches: int = 2) -> None:
        """``searches`` is how many questions of a kind are answered at a time."""
        self._reader = reader
        self._index = index
        self._suggester = Suggester(index)
        self._suggesting = anyio.CapacityLimiter(searches)
        self._comparing = anyio.CapacityLimiter(searches)

    def prepare(self) -> None:
        """Let the first to ask for suggestions not wait for what they are made from."""
        self._suggester.prepare()

    async def suggest(self, text: str, limit: int) -> Suggestions:
        """
        What begins as typed, at most ``limit`` of each kind.

        Raises:
            IndexNotReady: There is no index yet for this catalog.
            StoreUnavailable: There is no index yet, and Redis does not tell what it is missing.
        """
        try:
            with step(SEARCH_SECONDS, "suggesting"):
                return await to_thread.run_sync(
                    self._suggester.suggest, text, limit, limiter=self._suggesting
                )
        except IndexNotReady:
            # An index that nobody needs yet is no reason to refuse an answer
            nothing = await self._reader.documents([])
            if nothing.catalog_size:
                raise
            return Suggestions((), (), (), nothing.version.serial)

    async def basis(self, version: Version) -> Basis:
        """What an answer would be made from, as of this state of the catalog."""
        state = await to_thread.run_sync(self._index.state, limiter=self._comparing)
        if state is None:
            return Basis(version, commit="")
        return Basis(version, commit=state.commit, commit_serial=str(state.serial))

    async def similar(self, found: Found, limit: int) -> Similar:
        """
        At most ``limit`` datasets like this one; none where nothing has anything in common.

        Raises:
            IndexNotReady: There is no index yet.
            StoreUnavailable: Redis does not answer.
        """
        document = documents.parse(found.document)
        commit = await to_thread.run_sync(self._index.commit, limiter=self._comparing)
        with step(SEARCH_SECONDS, "comparing"):
            ids = await to_thread.run_sync(
                similar.find, commit, document, limit, limiter=self._comparing
            )
        candidates = await self._reader.documents(ids)
        chosen = _unlike_each_other(candidates.documents)[:limit]
        tags = set(document["tags"])
        return Similar(
            [body for body, _ in chosen],
            [[tag for tag in other["tags"] if tag in tags] for _, other in chosen],
            # As of the first of both: a tag that is too old costs an answer, never a stale one
            Basis(found.version, None, commit.name, str(commit.serial)),
        )


def _unlike_each_other(bodies: Iterable[bytes]) -> list[tuple[bytes, dict[str, Any]]]:
    """Documents, but of several that are described in the same words only the first one."""
    seen: set[str] = set()
    chosen = []
    for body in bodies:
        document = documents.parse(body)
        description = (document["description"] or "")[: 2 * _COMPARED]
        described = _NO_LETTERS.sub("", description).lower()[:_COMPARED]
        if described not in seen:
            chosen.append((body, document))
        if len(described) >= _TELLING:
            seen.add(described)
    return chosen
