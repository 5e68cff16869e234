"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

from collinear import __version__
from collinear.api.addresses import ROOT, DatasetAddresses
from collinear.api.docs import add_docs
from collinear.api.guard.layers import add_guard, add_headers
from collinear.api.heads import HeadAsGet
from collinear.api.metrics import RequestMetrics
from collinear.api.observe import Observed
from collinear.api.problems import add_problem_handlers
from collinear.api.routes import changes, datasets, export, operations, repos, search, status
from collinear.api.system import State, open_system, system_of
from collinear.settings import Settings

COMPRESSED_FROM = 16 * 1024
"""Bytes from which an answer is worth compressing: below, it costs more than it saves."""


class Compressed(GZipMiddleware):
    """Compresses what is not compressed already."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leave the copy of the whole catalog as it is."""
        packed = scope.get("path", "").rstrip("/") == f"{ROOT}/export"
        await (self.app if packed else super().__call__)(scope, receive, send)


def create_app(settings: Settings) -> FastAPI:
    """The application; what it works with is opened when it starts and closed when it ends."""
    metrics = RequestMetrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[State]:
        async with open_system(settings, metrics) as state:
            yield state

    app = FastAPI(
        title="Collinear Data Tool",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    add_problem_handlers(app)
    app.include_router(status.router)  # before the datasets: their addresses take everything else
    app.include_router(changes.router)
    app.include_router(export.router)
    app.include_router(search.router)
    app.include_router(repos.router)
    app.include_router(datasets.router)
    app.include_router(operations.router)
    add_docs(app)
    # From the innermost to the outermost
    app.add_middleware(DatasetAddresses, known=_is_known)
    app.add_middleware(Compressed, minimum_size=COMPRESSED_FROM, compresslevel=4)
    app.add_middleware(HeadAsGet)
    add_guard(app, settings)
    app.add_middleware(Observed, metrics=metrics)
    add_headers(app, settings)
    return app


async def _is_known(request: Request, dataset_id: str) -> bool:
    catalog = await (await system_of(request)).catalog()
    return await catalog.reader.known(dataset_id)
