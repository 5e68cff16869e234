"""What the routes work with: opened with the process, closed with it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, TypedDict

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from fastapi import Depends, Request

from collinear.api.metrics import RequestMetrics
from collinear.api.streams.streams import Streams
from collinear.browse.catalog import Catalog
from collinear.browse.readiness import Patience
from collinear.domain.errors import HubTimeout
from collinear.hub.repos import HubRepos, Question
from collinear.refreshes import Refreshes
from collinear.search.reader import IndexReader
from collinear.settings import Settings
from collinear.store.rates import Rates
from collinear.store.readers import Readers
from collinear.wiring.hub import create_repos
from collinear.wiring.queue import open_refreshes
from collinear.wiring.stores import catalog_keys, open_async_store


class System:
    """Everything that a request may need, each part opened when it can be."""

    def __init__(
        self,
        settings: Settings,
        metrics: RequestMetrics,
        stack: AsyncExitStack,
        tasks: TaskGroup,
    ) -> None:
        self.settings = settings
        self.metrics = metrics
        self.hub = Hub(create_repos(settings), threads=settings.hub_threads)
        self.streams = Streams(settings, tasks)
        self._index = IndexReader(settings.index_dir)
        self._stack = stack
        self._opening = anyio.Lock()
        self._catalog: Catalog | None = None
        self._refreshes: Refreshes | None = None
        self._rates: Rates | None = None

    async def catalog(self) -> Catalog:
        """
        The catalog; the embedded server may come, and write down its address, after us.

        Raises:
            StoreUnavailable: Nobody knows yet where Redis is.
        """
        if self._catalog is not None:
            return self._catalog
        async with self._opening:
            if self._catalog is None:
                opening = open_async_store(self.settings)
                client = await self._stack.enter_async_context(opening)
                keys, share = catalog_keys(self.settings), self.settings.sync_share
                self._catalog = Catalog(
                    Readers.over(client, keys, share=share),
                    self._index,
                    patience=Patience(
                        silent=self.settings.index_silent_seconds,
                        lag=self.settings.index_lag_seconds,
                    ),
                )
                self._catalog.discovery.prepare()
        return self._catalog

    async def refreshes(self) -> Refreshes:
        """The desk that takes requests for a refresh; raises as ``catalog``."""
        async with self._opening:
            if self._refreshes is None:
                opening = open_refreshes(self.settings)
                self._refreshes = await self._stack.enter_async_context(opening)
        return self._refreshes

    async def rates(self) -> Rates:
        """The counts of requests of each client; raises as ``catalog``."""
        if self._rates is None:
            async with self._opening:
                opening = open_async_store(self.settings)
                client = await self._stack.enter_async_context(opening)
                self._rates = Rates(client, catalog_keys(self.settings))
        return self._rates


class Hub:
    """Questions to the Hub that do not hold up the others."""

    def __init__(self, repos: HubRepos, *, threads: int) -> None:
        self.repos = repos
        self._limiter = anyio.CapacityLimiter(threads)

    async def ask(self, question: Question) -> bytes:
        """
        The answer as JSON; raises as ``HubRepos.ask``.

        The wait is bounded, also for a free thread, and also when the Hub drips.
        """
        answer = self.repos.remembered(question)
        if answer is not None:
            return answer
        try:
            with anyio.fail_after(self.repos.within + 1):
                return await to_thread.run_sync(
                    self.repos.ask, question, limiter=self._limiter, abandon_on_cancel=True
                )
        except TimeoutError:
            raise HubTimeout("The Hub is slow, and others are waiting for it too.") from None


class State(TypedDict):
    """What the lifespan of the application hands to its requests."""

    system: System


@asynccontextmanager
async def open_system(settings: Settings, metrics: RequestMetrics) -> AsyncIterator[State]:
    """The parts of an API process."""
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        yield {"system": System(settings, metrics, stack, tasks)}
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
