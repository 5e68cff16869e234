"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI, Request

from collinear import __version__
from collinear.api.guard.layers import add_guard, add_headers
from collinear.api.layers.addresses import DatasetAddresses
from collinear.api.layers.encodings import Compressed
from collinear.api.layers.heads import HeadAsGet
from collinear.api.layers.observed import Observed
from collinear.api.layers.remembered import Remembered
from collinear.api.metrics import RequestMetrics
from collinear.api.openapi.document import add_docs
from collinear.api.problems import add_problem_handlers
from collinear.api.routes import (
    changes,
    datasets,
    export,
    lists,
    operations,
    repos,
    search,
    status,
)
from collinear.api.system import State, open_system, system_of
from collinear.settings import Settings
from collinear.telemetry.traces import create_tracing

ROUTERS = (
    lists.router,
    status.router,
    changes.router,
    export.router,
    search.router,
    repos.router,
    datasets.router,  # behind the others: the addresses of datasets take everything else
    operations.router,
)


def create_app(settings: Settings) -> FastAPI:
    """The application; what it works with is opened when it starts and closed when it ends."""
    metrics = RequestMetrics(settings.metrics_dir)
    tracing = create_tracing(settings.otel_endpoint, part="api")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[State]:
        async with metrics.processes.sharing(), open_system(settings, metrics) as state:
            yield state
        if tracing is not None:
            await to_thread.run_sync(tracing.close)

    app = FastAPI(
        title="Collinear Data Tool",
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    add_problem_handlers(app)
    for router in ROUTERS:
        # As routes of our own: a router inside a router looks for its routes twice
        app.router.routes.extend(router.routes)
    add_docs(app)
    # From the innermost to the outermost
    app.add_middleware(DatasetAddresses, known=_is_known)
    app.add_middleware(Compressed)
    app.add_middleware(Remembered, most_bytes=settings.answer_cache_bytes, metrics=metrics)
    app.add_middleware(HeadAsGet)
    add_guard(app, settings)
    app.add_middleware(Observed, metrics=metrics, tracing=tracing)
    add_headers(app, settings)
    return app


async def _is_known(request: Request, dataset_id: str) -> bool:
    catalog = await system_of(request).catalog()
    return await catalog.reader.known(dataset_id)
