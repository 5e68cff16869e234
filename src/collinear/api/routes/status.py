"""The state of the catalog, and asking for a refresh of it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from collinear.api import access, answers, parameters
from collinear.api.kinds import NotAuthenticated
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED
from collinear.api.shapes import states
from collinear.api.system import UseCatalog, UseRefreshes, UseSystem
from collinear.domain import errors
from collinear.telemetry import get_logger

log = get_logger(__name__)
router = APIRouter(prefix="/api/datasets", tags=["state"])


class RefreshQuery(BaseModel):
    """Which refresh."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["full", "pages", "delta"] = Field(
        "full",
        description="`full`: everything, in a row; `pages`: everything, page by page from the map "
        "of the last walk; `delta`: what was committed to since the last run.",
    )
    accept_removals: bool = Field(
        False, description="Remove also more than a run may remove unasked."
    )
    accept_upstream: bool = Field(
        False, description="Believe the Hub also where its answers look wrong."
    )


class LettersQuery(BaseModel):
    """Which of the rows that are set aside."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="Rows on a page.")
    offset: int = Field(0, ge=0, le=10**9, description="Rows to leave out.")


@router.get(
    "/cache-status",
    operation_id="getCacheStatus",
    response_model=states.CacheStatus,
    dependencies=[parameters.none()],
    responses=NOT_MODIFIED | problems(errors.BadParameter, errors.StoreUnavailable),
)
async def get_cache_status(request: Request, catalog: UseCatalog) -> Response:
    """How fresh and how complete the catalog is, and what goes on."""
    status, index = await catalog.status()
    return answers.made(request, answers.status(status, index), status.version.serial)


@router.get(
    "/dead-letters",
    operation_id="listDeadLetters",
    response_model=states.DeadLetters,
    openapi_extra=parameters.documented(LettersQuery),
    responses=NOT_MODIFIED | problems(errors.BadParameter, errors.StoreUnavailable),
)
async def list_dead_letters(
    request: Request,
    query: Annotated[LettersQuery, parameters.query(LettersQuery)],
    catalog: UseCatalog,
) -> Response:
    """The rows of the Hub that could not be stored, and why; they are tried again in each run."""
    letters = await catalog.letters.find(limit=query.limit, offset=query.offset)
    return answers.made(request, answers.dead_letters(letters), letters.serial)


@router.get(
    "/meta",
    operation_id="getMeta",
    response_model=states.Meta,
    dependencies=[parameters.none()],
    responses=NOT_MODIFIED | problems(errors.BadParameter, errors.StoreUnavailable),
)
async def get_meta(request: Request, catalog: UseCatalog) -> Response:
    """The meta record as it is stored."""
    meta, version = await catalog.reader.meta()
    return answers.made(request, meta, version.serial)


@router.post(
    "/refresh-cache",
    operation_id="requestRefresh",
    status_code=202,
    response_model=states.RefreshAccepted,
    openapi_extra=parameters.documented(RefreshQuery),
    responses=problems(
        errors.BadParameter, errors.NotAllowed, NotAuthenticated, errors.StoreUnavailable
    ),
)
async def request_refresh(
    request: Request,
    query: Annotated[RefreshQuery, parameters.query(RefreshQuery)],
    system: UseSystem,
) -> Response:
    """Queue a refresh, or learn about the one that goes on or waits already."""
    access.check(request, system.settings.admin_token)
    await (await system.catalog()).reader.version()  # a store that is gone is told at once
    refreshes = await system.refreshes()
    refresh = await refreshes.request(
        query.kind,
        accept_removals=query.accept_removals,
        accept_upstream=query.accept_upstream,
    )
    log.info("refresh_requested", kind=query.kind, **refresh._asdict())
    body = {
        "status": "accepted" if refresh.accepted else "already_running",
        "task_id": refresh.task_id,
        "run_id": refresh.run_id,
    }
    return answers.accepted(body)


@router.get("/refresh-cache", include_in_schema=False)
async def get_no_refresh() -> None:
    """Only a POST means something here; without this route it would be read as an id."""
    raise HTTPException(405, headers={"Allow": "POST"})


@router.get(
    "/refresh-cache/{task_id}",
    operation_id="getRefresh",
    response_model=states.RefreshOutcome,
    dependencies=[parameters.none()],
    responses=NOT_MODIFIED
    | problems(errors.BadParameter, errors.TaskNotFound, errors.StoreUnavailable),
)
async def get_refresh(
    request: Request,
    task_id: Annotated[
        str,
        Path(
            min_length=1,
            max_length=200,
            description="As the request was answered.",
            examples=["7d0a6b1e-5f0c-4f5e-9d7e-2b1c3a4d5e6f"],
        ),
    ],
    refreshes: UseRefreshes,
) -> Response:
    """What became of a refresh."""
    outcome: dict[str, Any] | None = await refreshes.outcome(task_id)
    if outcome is None:
        raise errors.TaskNotFound(f"No refresh has the task id {task_id!r}.")
    return answers.made(request, outcome, "")
