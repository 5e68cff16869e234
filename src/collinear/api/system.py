"""What the routes work with: opened with the process, closed with it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Annotated, TypedDict

import anyio
from anyio.abc import TaskGroup
from fastapi import Depends, Request

from collinear.api.exports import Exports
from collinear.api.from_hub.asking import Hub, open_hub_questions
from collinear.api.metrics import RequestMetrics
from collinear.api.policy import Policy
from collinear.api.streams.streams import Streams
from collinear.browse.catalog import Catalog
from collinear.browse.readiness import Patience
from collinear.refreshes import Refreshes
from collinear.search.reader import IndexReader
from collinear.settings import Settings
from collinear.store.copies import ExportSource, LocalCopies
from collinear.store.prompt import PromptRedis
from collinear.store.rates import Rates
from collinear.store.readers import Readers
from collinear.wiring.queue import open_refreshes
from collinear.wiring.stores import (
    catalog_keys,
    find_store_url,
    open_async_store,
    open_store,
)

_BULK_PATIENCE = 5
"""Seconds that a copy of the whole catalog, once it is being made, waits for Redis."""


class System:
    """Everything that a request may need, each part opened when it can be."""

    def __init__(
        self,
        settings: Settings,
        metrics: RequestMetrics,
        store: PromptRedis,
        stack: AsyncExitStack,
        tasks: TaskGroup,
        hub: Hub,
    ) -> None:
        self.settings = settings
        self.metrics = metrics
        self.policy = Policy(settings)
        self.hub = hub
        self.streams = Streams(settings, tasks)
        source = ExportSource(
            partial(open_store, settings, patience=_BULK_PATIENCE), catalog_keys(settings)
        )
        self.exports = Exports(LocalCopies(settings.exports_dir, source), tasks)
        self._index = IndexReader(settings.index_dir)
        # One client for all, so that the trouble that one meets is known to the others
        self._store = store
        self._stack = stack
        self._opening = anyio.Lock()
        self._catalog: Catalog | None = None
        self._refreshes: dict[str, Refreshes] = {}  # an embedded server may come back elsewhere
        self._rates: Rates | None = None

    async def catalog(self) -> Catalog:
        """The catalog; that it can be had does not say that Redis answers."""
        if self._catalog is None:
            keys, share = catalog_keys(self.settings), self.settings.sync_share
            brokered = self.settings.broker_url in ("", self.settings.redis_url)
            self._catalog = Catalog(
                Readers.over(self._store, keys, share=share, brokered=brokered),
                self._index,
                patience=Patience(
                    silent=self.settings.index_silent_seconds,
                    lag=self.settings.index_lag_seconds,
                    updated=15 * self.settings.delta_seconds,
                    seen=2 * self.settings.page_refresh_interval,
                ),
            )
            self._catalog.discovery.prepare()
        return self._catalog

    async def refreshes(self) -> Refreshes:
        """
        The desk that takes requests for a refresh.

        Raises:
            StoreUnavailable: Nobody knows yet where Redis is.
        """
        url = find_store_url(self.settings)
        async with self._opening:
            if url not in self._refreshes:
                opening = open_refreshes(self.settings)
                self._refreshes[url] = await self._stack.enter_async_context(opening)
        return self._refreshes[url]

    async def rates(self) -> Rates:
        """The counts of requests of each client."""
        if self._rates is None:
            self._rates = Rates(self._store, catalog_keys(self.settings))
        return self._rates


class State(TypedDict):
    """What the lifespan of the application hands to its requests."""

    system: System


@asynccontextmanager
async def open_system(settings: Settings, metrics: RequestMetrics) -> AsyncIterator[State]:
    """The parts of an API process."""
    async with (
        open_async_store(settings) as store,
        AsyncExitStack() as stack,
        anyio.create_task_group() as tasks,
    ):
        hub = stack.enter_context(open_hub_questions(settings, tasks))
        yield {"system": System(settings, metrics, store, stack, tasks, hub)}
        tasks.cancel_scope.cancel()


def system_of(request: Request) -> System:
    """The system of the process that answers this request."""
    system: System = request.state.system
    return system


async def _system(request: Request) -> System:
    return system_of(request)


UseSystem = Annotated[System, Depends(_system)]


async def _catalog(system: UseSystem) -> Catalog:
    return await system.catalog()


async def _refreshes(system: UseSystem) -> Refreshes:
    return await system.refreshes()


UseCatalog = Annotated[Catalog, Depends(_catalog)]
UseRefreshes = Annotated[Refreshes, Depends(_refreshes)]
