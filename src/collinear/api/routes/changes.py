"""What has changed, for those who keep a copy."""

import re
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from collinear.api import answers, conditions, models, parameters
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED
from collinear.api.system import UseCatalog
from collinear.domain import errors
from collinear.domain.change import Serial

router = APIRouter(prefix="/api/datasets", tags=["changes"])

_SERIAL = re.compile(r"([^:\s]{1,64}):([0-9]{1,20})-([0-9]{1,20})")


class ChangesQuery(BaseModel):
    """From where on, how many, and with what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: str | None = Field(
        None,
        description="The serial of the last change that is known; without it, from the oldest "
        "that is kept.",
        examples=["d41d8cd98f00:1763791200000-0"],
    )
    limit: int = Field(
        100,
        ge=1,
        le=1000,
        description="Changes on a page; fewer come where their documents are large.",
    )
    include: Literal["document"] | None = Field(
        None, description="Each dataset as it is now, null if it is gone."
    )

    @field_validator("since")
    @classmethod
    def _a_serial(cls, value: str | None) -> str | None:
        return value if value is None else str(_parse(value))


def _parse(text: str) -> Serial:
    """A serial in its one way of writing it."""
    parts = _SERIAL.fullmatch(text)
    numbers = [int(part) for part in parts.groups()[1:]] if parts else []
    if parts is None or max(numbers) >= 2**64:
        raise ValueError("is no serial: send `next` or `serial` of an answer as it came")
    return Serial(parts[1], "{}-{}".format(*numbers))


@router.get(
    "/changes",
    operation_id="listChanges",
    response_model=models.Changes,
    openapi_extra=parameters.documented(ChangesQuery),
    responses=NOT_MODIFIED
    | problems(errors.BadParameter, errors.PositionGone, errors.StoreUnavailable),
)
async def list_changes(
    request: Request,
    query: Annotated[ChangesQuery, parameters.query(ChangesQuery)],
    catalog: UseCatalog,
) -> Response:
    """What was created, updated, moved or deleted since, in order, nothing left out."""
    # Read before the changes are: a tag that is too old costs an answer, never a stale one
    version, epoch = await catalog.changes.version()
    etag = conditions.tag(request, version, epoch)
    if conditions.has(request, etag):
        return conditions.not_modified(conditions.headers(etag, version.serial))
    stretch = await catalog.changes.read(
        Serial.parse(query.since) if query.since else None,
        limit=query.limit,
        documents=query.include is not None,
    )
    # A thousand of them take milliseconds: others are answered meanwhile
    body = await to_thread.run_sync(answers.changes, stretch)
    headers = conditions.headers(etag, stretch.version.serial)
    return Response(body, headers=headers, media_type=answers.MEDIA_TYPE)
