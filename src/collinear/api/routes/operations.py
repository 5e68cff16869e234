"""For those who run the system: alive, ready, metrics; and what the problems mean."""

import time
from contextlib import suppress
from functools import partial
from typing import Annotated, Any

import anyio
from anyio import to_thread
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from collinear.api import answers, parameters
from collinear.api.kinds import NAMED
from collinear.api.problems import problems, to_response
from collinear.api.readiness import Ready, ReadyQuery, told
from collinear.api.shapes import models, states
from collinear.api.system import System, UseSystem
from collinear.browse.readiness import Readiness, without_store
from collinear.domain import errors
from collinear.store.trouble import NO_ANSWER_IN_TIME

router = APIRouter(tags=["operations"])

_PATIENCE = 1.8
"""Seconds that whoever looks is kept waiting, whatever Redis does."""


@router.get("/", include_in_schema=False)
async def get_root(request: Request) -> Response:
    """The way in."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")


@router.get(
    "/livez",
    operation_id="getLiveness",
    response_model=models.Alive,
    dependencies=[parameters.none()],
    responses=problems(errors.BadParameter),
)
async def get_liveness() -> Response:
    """Whether this process works, whatever the others do."""
    return answers.state({"status": "alive"})


@router.get(
    "/readyz",
    operation_id="getReadiness",
    response_model=Ready,
    response_model_exclude_none=True,
    openapi_extra=parameters.documented(ReadyQuery),
    responses=problems(errors.BadParameter, errors.StoreUnavailable, errors.IndexNotReady),
)
async def get_readiness(
    request: Request,
    query: Annotated[ReadyQuery, parameters.query(ReadyQuery)],
    system: UseSystem,
) -> Response:
    """
    Whether people should be sent here: Redis answers, and a filled catalog has its index, which
    an indexer keeps level.

    With `verbose` every check is told, also in the problem that says what speaks against it.
    """
    found = await _readiness(system)
    checks: dict[str, Any] = {"checks": told(found)} if query.verbose else {}
    if found.error is not None:
        return to_response(request, found.error, **checks)
    return answers.state({"status": "ready", "datasets": found.datasets, **checks})


async def _readiness(system: System) -> Readiness:
    try:
        with anyio.fail_after(_PATIENCE):
            return await (await system.catalog()).readiness()
    except errors.StoreUnavailable as error:
        return without_store(error)
    except TimeoutError:
        return without_store(errors.StoreUnavailable(NO_ANSWER_IN_TIME))


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    dependencies=[parameters.none()],
    responses=problems(errors.BadParameter)
    | {
        200: {
            "description": "Prometheus's text format.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": "collinear_warming_up 0.0\n",
                }
            },
        }
    },
)
async def get_metrics(system: UseSystem) -> Response:
    """
    Requests of all API processes behind this port, what workers and runs have counted, and the
    state of the catalog, for Prometheus.
    """
    status = index = counters = None
    with suppress(errors.StoreUnavailable), anyio.move_on_after(_PATIENCE):
        catalog = await system.catalog()
        status, index = await catalog.status()
        counters = await catalog.counters.read()
    tell = partial(system.metrics.exposition, status, index, counters, now=time.time())
    return Response(
        await to_thread.run_sync(tell),
        headers={"Cache-Control": "no-store"},
        media_type=CONTENT_TYPE_LATEST,
    )


@router.get(
    "/problems/{name}",
    operation_id="explainProblem",
    response_model=states.ProblemKind,
    dependencies=[parameters.none()],
    responses=problems(errors.BadParameter, errors.NotFound),
)
async def explain_problem(
    name: Annotated[
        str,
        Path(
            description="The last part of the type.",
            max_length=100,
            examples=["dataset-not-found"],
        ),
    ],
) -> Response:
    """What a problem's type means, and what to do about it."""
    kind = NAMED.get(name)
    if kind is None:
        raise HTTPException(404)
    return answers.state(
        {
            "type": f"/problems/{name}",
            "title": kind.title,
            "status": kind.status.value,
            "advice": kind.advice,
        }
    )
