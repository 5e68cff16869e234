"""What the commands ask the running system: the same flows as the API's."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import uuid4

import anyio

from collinear.browse.catalog import Catalog, Listing
from collinear.browse.discovery import Similar
from collinear.browse.readiness import IndexStatus
from collinear.domain.errors import DatasetMoved, SnapshotGone, StoreUnavailable
from collinear.domain.query import DatasetQuery
from collinear.refreshes import Refresh, Refreshes
from collinear.search.reader import IndexReader
from collinear.settings import Settings
from collinear.store.export import Export, Format
from collinear.store.letter_reader import Letters
from collinear.store.reader import Found, Standing
from collinear.store.readers import Readers
from collinear.store.status import CatalogStatus
from collinear.telemetry.scope import about
from collinear.wiring.queue import open_refreshes
from collinear.wiring.stores import catalog_keys, open_async_store

_OVER = {"SUCCESS", "FAILURE"}
_LOOK = 0.5
_PATIENCE = 60.0
"""Seconds that Redis may be away while somebody waits: it was started again, or is moved."""


class Shown(NamedTuple):
    """One dataset, where it stands, its Hub, and the id it was asked by if that is old."""

    found: Found
    standing: Standing
    hub: str
    renamed_from: str | None = None


class Compared(NamedTuple):
    """What is like a dataset, its id and Hub, and the id it was asked by if that is old."""

    id: str
    found: Similar
    hub: str
    renamed_from: str | None = None


class Wanted(NamedTuple):
    """The refresh that somebody asks for."""

    kind: str
    accept_removals: bool
    accept_upstream: bool


@asynccontextmanager
async def open_catalog(settings: Settings) -> AsyncIterator[Catalog]:
    """The catalog of the running system."""
    async with open_async_store(settings) as client:
        readers = Readers.over(client, catalog_keys(settings), share=settings.sync_share)
        yield Catalog(readers, IndexReader(settings.index_dir))


async def find(settings: Settings, query: DatasetQuery) -> tuple[Listing, str]:
    """A page of the catalog, and the address of the Hub that it is of."""
    async with open_catalog(settings) as catalog:
        return await catalog.find(query), await _hub(catalog, settings)


async def get(settings: Settings, dataset_id: str) -> Shown:
    """
    One dataset, also by an id that it had once.

    Raises:
        DatasetNotFound: None is or was called so.
    """
    async with open_catalog(settings) as catalog:
        hub = await _hub(catalog, settings)
        try:
            return Shown(*await catalog.get(dataset_id), hub)
        except DatasetMoved as moved:
            return Shown(*await catalog.get(moved.new_id), hub, dataset_id)


async def similar(settings: Settings, dataset_id: str, limit: int) -> Compared:
    """
    The datasets that are most like one.

    Raises:
        DatasetNotFound: None is or was called so.
    """
    async with open_catalog(settings) as catalog:
        hub = await _hub(catalog, settings)
        renamed_from = None
        try:
            found = await catalog.reader.get(dataset_id)
        except DatasetMoved as moved:
            found, renamed_from = await catalog.reader.get(moved.new_id), dataset_id
        return Compared(found.id, await catalog.discovery.similar(found, limit), hub, renamed_from)


async def status(settings: Settings) -> tuple[CatalogStatus, IndexStatus | None]:
    """The state of the catalog and of the index."""
    async with open_catalog(settings) as catalog:
        return await catalog.status()


async def dead_letters(settings: Settings, *, limit: int) -> Letters:
    """The rows that are set aside now."""
    async with open_catalog(settings) as catalog:
        return await catalog.letters.find(limit=limit)


async def export(settings: Settings, format: Format) -> Export:
    """
    What there is of the whole catalog in this format.

    Raises:
        SnapshotGone: Nothing yet.
    """
    async with open_catalog(settings) as catalog:
        found = await catalog.export.find(format)
    if found is None:
        raise SnapshotGone(None, parquet=format is Format.PARQUET)
    return found


async def request(settings: Settings, wanted: Wanted) -> Refresh:
    """Queue a refresh."""
    async with open_refreshes(settings) as refreshes:
        return await _request(refreshes, wanted)


async def refresh(
    settings: Settings, wanted: Wanted, *, tell: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """
    The outcome of a run that began after this was called.

    ``tell`` is given the outcome so far, again and again.  A run that went on before has not
    seen what happened on the Hub since it began: it is awaited, and another one is asked for.
    Once it is asked for, a Redis that is away is waited for, a minute at most.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    async with open_refreshes(settings) as refreshes:

        async def end_of(task_id: str) -> dict[str, Any]:
            outcome = None
            while outcome is None or outcome["state"] not in _OVER:
                outcome = await _patiently(refreshes, task_id, tell=tell)
                if outcome is None:
                    return {
                        "state": "FAILURE",
                        "error": "Nothing is known of the refresh any more.",
                        "quarantined": False,
                    }
                tell(outcome)
                await anyio.sleep(0 if outcome["state"] in _OVER else _LOOK)
            return outcome

        asked = await _request(refreshes, wanted)
        known = await _patiently(refreshes, asked.task_id, tell=tell)
        if not asked.accepted and (known is None or known["state"] != "PENDING"):
            await end_of(asked.task_id)
            asked = await _request(refreshes, wanted)
        outcome = await end_of(asked.task_id)
    if outcome["state"] == "FAILURE" and not outcome["quarantined"]:
        # the record of the run goes with the beginning of the next one, the quarantine stays
        found, _ = await status(settings)
        outcome["quarantined"] = (found.quarantine or {}).get("run_id") == asked.run_id
    return outcome


async def _patiently(
    refreshes: Refreshes, task_id: str, *, tell: Callable[[dict[str, Any]], None]
) -> dict[str, Any] | None:
    """The outcome so far, also if Redis is away for a while; what is told then has no state."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return await refreshes.outcome(task_id)
        except StoreUnavailable as error:
            if time.monotonic() >= until:
                raise
            tell({"state": None, "trouble": str(error)})
        await anyio.sleep(_LOOK)


async def _request(refreshes: Refreshes, wanted: Wanted) -> Refresh:
    # The worker's log lines name it, as they name the requests that come by HTTP
    with about(request_id=f"cli-{uuid4().hex}"):
        return await refreshes.request(
            wanted.kind,
            accept_removals=wanted.accept_removals,
            accept_upstream=wanted.accept_upstream,
        )


async def _hub(catalog: Catalog, settings: Settings) -> str:
    meta, _ = await catalog.reader.meta()
    return meta.get("endpoint") or settings.hf_endpoint
