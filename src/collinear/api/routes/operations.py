"""For those who run the system: alive, ready, metrics; and what the problems mean."""

import time
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from collinear.api import answers, models, parameters, states
from collinear.api.kinds import NAMED
from collinear.api.problems import problems
from collinear.api.system import UseCatalog, UseSystem
from collinear.domain import errors

router = APIRouter(tags=["operations"])


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
    response_model=models.Ready,
    dependencies=[parameters.none()],
    responses=problems(errors.BadParameter, errors.StoreUnavailable, errors.IndexNotReady),
)
async def get_readiness(catalog: UseCatalog) -> Response:
    """
    Whether people should be sent here: Redis answers, and a filled catalog has its index, which
    an indexer keeps level.
    """
    status = await catalog.readiness()
    return answers.state({"status": "ready", "datasets": status.total_items})


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
    """Requests of this process and the state of the catalog, for Prometheus."""
    try:
        status, index = await (await system.catalog()).status()
    except errors.StoreUnavailable:
        status, index = None, None
    body = system.metrics.exposition(status, index, now=time.time())
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_LATEST)


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
