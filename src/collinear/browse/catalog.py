"""Lists and single datasets, as bytes that can be served as they are."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter, time
from typing import TypeVar

import anyio
from anyio import to_thread

from collinear.browse import cursors
from collinear.browse.basis import Basis
from collinear.browse.discovery import Discovery
from collinear.browse.readiness import IndexStatus, Patience, Readiness, judge, look
from collinear.domain.errors import IndexNotReady
from collinear.domain.query import DatasetQuery
from collinear.search.facets import Facet, of_nothing
from collinear.search.highlights.marking import Highlighter, Highlights
from collinear.search.hits import Hits
from collinear.search.reader import IndexReader
from collinear.search.words.explaining import Explanation
from collinear.search.words.reading import Reading
from collinear.store import documents
from collinear.store.reader import Found, Standing
from collinear.store.readers import Readers
from collinear.store.status import CatalogStatus, Version
from collinear.telemetry.families import SEARCH_SECONDS
from collinear.telemetry.scope import OK, step, timed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of documents in the order that was asked for."""

    documents: list[bytes]
    total: int
    next_cursor: str | None
    version: Version
    basis: Basis
    reading: Reading | None = None
    """How the words of the search were taken."""
    explanations: dict[str, Explanation] | None = None
    """By id, where they were asked for."""
    facets: dict[str, Facet] | None = None
    """By name, where some were asked for."""
    highlights: list[Highlights] | None = None
    """For each document, where they were asked for."""


class Catalog:
    """Everything that can be read: stored orders without the index, all else through it."""

    def __init__(
        self,
        readers: Readers,
        index: IndexReader,
        *,
        searches: int = 4,
        patience: Patience = Patience(),  # noqa: B008  # a frozen value
    ) -> None:
        """``searches`` is how many questions to the index are answered at a time."""
        self._patience = patience
        self.reader = readers.catalog
        self.changes = readers.changes
        self.export = readers.export
        self.letters = readers.letters
        self.counters = readers.counters
        self.discovery = Discovery(readers.catalog, index)
        self._state = readers.state
        self._index = index
        self._limiter = anyio.CapacityLimiter(searches)
        # Counting takes longer: who waits for counts is not in the way of who only searches
        self._counting = anyio.CapacityLimiter(searches)
        # A look at the state takes no time, and waits for no search
        self._looking = anyio.CapacityLimiter(1)

    async def find(self, query: DatasetQuery) -> Listing:
        """
        One page of the datasets that fit the query.

        Raises:
            BadCursor: The cursor is broken or belongs to another query.
            IndexNotReady: The query needs the index, and there is none for this catalog yet.
            StoreUnavailable: Redis does not answer.
        """
        listing = await self._find(query)
        return await self._highlighted(listing) if query.highlight else listing

    async def _find(self, query: DatasetQuery) -> Listing:
        if query.is_whole:
            listing = await self._in_stored_order(query)
            return await self._with_facets(query, listing) if query.facets else listing
        after = cursors.to_text(cursors.unseal(query, query.cursor)) if query.cursor else None
        try:
            hits = await _in_turn(
                lambda: self._index.find(query, after=after),
                self._counting if query.facets else self._limiter,
            )
        except IndexNotReady:
            # An index that nobody needs yet is no reason to refuse an answer
            found = await self.reader.documents([])
            if found.catalog_size:
                raise
            basis = Basis(found.version, commit="")
            return _empty(query, Listing([], 0, None, found.version, basis))
        return await self._listing(query, hits)

    async def find_basis(self, query: DatasetQuery) -> Basis:
        """What an answer to this query would be made from, without answering it."""
        if not query.needs_index:
            return Basis(await self.reader.version())
        state = await to_thread.run_sync(self._index.state, limiter=self._limiter)
        version = await self.reader.version()
        if state is None:
            return Basis(version, commit="")
        return Basis(version, commit=state.commit, commit_serial=str(state.serial))

    async def lasts(self, basis: Basis) -> bool:
        """
        Whether an answer that was made from ``basis`` would be the same now.

        Raises:
            StoreUnavailable: It depends on the store, and Redis does not answer.
        """
        if basis.commit is not None and self._index.glance() != basis.commit:
            return False
        if basis.version is None:
            return True
        version, mark = await self.reader.version_and_mark()
        return version == basis.version and basis.mark in (None, mark)

    async def get(self, dataset_id: str) -> tuple[Found, Standing]:
        """
        One dataset and where it stands among all.

        Raises:
            DatasetNotFound: None is called so, in whatever case.
            DatasetMoved: It has another id now.
            StoreUnavailable: Redis does not answer.
        """
        found = await self.reader.get(dataset_id)
        return found, await self.reader.standing(found)

    async def status(self) -> tuple[CatalogStatus, IndexStatus | None]:
        """The state of the catalog, and of the index where one is open."""
        return await self._state.status(), await self._index_status()

    async def readiness(self) -> Readiness:
        """
        Whether people can be sent to this catalog, and everything that was looked at.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        began = perf_counter()
        status = await self._state.status()
        seconds = perf_counter() - began
        index = await self._index_status()
        return judge(status, index, self._patience, redis_seconds=seconds, now=time())

    async def _index_status(self) -> IndexStatus | None:
        state = await to_thread.run_sync(self._index.state, limiter=self._looking)
        if state is None:
            return None
        lag = await self._state.lag(state.serial)
        silent = state.silent_seconds
        return look(str(state.serial), state.documents, lag, silent, self._patience)

    async def _in_stored_order(self, query: DatasetQuery) -> Listing:
        field, order = query.order
        after = cursors.to_place(cursors.unseal(query, query.cursor)) if query.cursor else None
        window = await self.reader.window(
            field, order, limit=query.limit, offset=query.offset, after=after
        )
        last = cursors.seal(query, cursors.to_bytes(window.last)) if window.last else None
        version = window.version
        return Listing(window.documents, window.total, last, version, Basis(version))

    async def _highlighted(self, listing: Listing) -> Listing:
        if listing.reading is None:
            return replace(listing, highlights=[{} for _ in listing.documents])
        marks = Highlighter(listing.reading)
        with step(SEARCH_SECONDS, "highlighting"):
            highlights = await to_thread.run_sync(
                lambda: [marks.highlights(documents.parse(found)) for found in listing.documents],
                limiter=self._limiter,
            )
        return replace(listing, highlights=highlights)

    async def _with_facets(self, query: DatasetQuery, listing: Listing) -> Listing:
        if not listing.total:
            return _empty(query, listing)
        counted = await _in_turn(lambda: self._index.count(query), self._counting)
        basis = Basis(listing.version, None, counted.commit, str(counted.serial))
        return replace(listing, facets=counted.facets, basis=basis)

    async def _listing(self, query: DatasetQuery, hits: Hits) -> Listing:
        found = await self.reader.documents(hits.ids)
        last = cursors.seal(query, hits.next.encode()) if hits.next is not None else None
        listing = Listing(
            found.documents,
            hits.total,
            last,
            found.version,
            Basis(found.version, None, hits.commit, str(hits.serial)),
            hits.reading,
            hits.explanations,
            hits.facets,
        )
        if not found.catalog_size:
            return _empty(query, listing)  # the index has yet to follow
        return listing


async def _in_turn(work: Callable[[], T], limiter: anyio.CapacityLimiter) -> T:
    """What ``work`` returns, done in a thread when it is its turn; the wait is told, too."""
    asked = perf_counter()

    def when_due() -> T:
        timed(SEARCH_SECONDS, perf_counter() - asked, "waiting", OK)
        return work()

    return await to_thread.run_sync(when_due, limiter=limiter)


def _empty(query: DatasetQuery, listing: Listing) -> Listing:
    """The same page of a catalog that holds nothing."""
    facets = of_nothing(query.facets) if query.facets else None
    return replace(listing, total=0, next_cursor=None, facets=facets)
