"""What has changed, for those who keep a copy."""

import re
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator

from collinear.api import answers, conditions, parameters
from collinear.api.openapi.headers import SERIAL_PATTERN
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED
from collinear.api.shapes import models
from collinear.api.shapes.streamed import LINE
from collinear.api.streams.answers import EVENTS, LINES, EventStream, as_lines, page_of
from collinear.api.system import UseCatalog, UseSystem
from collinear.browse.basis import Basis
from collinear.domain import errors
from collinear.domain.change import Serial
from collinear.store.status import Version

router = APIRouter(prefix="/api/datasets", tags=["changes"])

_SERIAL = re.compile(r"([0-9A-Za-z]{1,64}):([0-9]{1,19})-([0-9]{1,19})")
_DESCRIBED: dict[str, JsonValue] = {"pattern": SERIAL_PATTERN}
_VARYING = {"Vary": "Accept, Accept-Encoding"}
_LONGEST_PAGE = 1000
_DEFAULT = 100


class StreamQuery(BaseModel):
    """From where on, and with what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: str | None = Field(
        None,
        description="The serial of the last change that is known; without it, from now on. "
        "The header Last-Event-ID wins over it.",
        examples=[models.SERIAL],
        json_schema_extra=_DESCRIBED,
    )
    include: Literal["document"] | None = Field(
        None,
        description="`document`: each dataset as it is now, null if it is gone.",
        examples=["document"],
    )

    @field_validator("since")
    @classmethod
    def _a_serial(cls, value: str | None) -> str | None:
        return value if value is None else str(_parse(value))


class ChangesQuery(StreamQuery):
    """The same, and how many, how, and for how long to wait for them."""

    since: str | None = Field(
        None,
        description="The serial of the last change that is known; without it, from the oldest "
        "that is kept.",
        examples=[models.SERIAL],
        json_schema_extra=_DESCRIBED,
    )
    limit: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description=f"How many: {_DEFAULT} by default and {_LONGEST_PAGE} at the most on a page of "
        "JSON, where fewer come if their documents are large; in NDJSON all by default.",
        examples=[_LONGEST_PAGE],
    )
    format: Literal["json", "ndjson"] | None = Field(
        None,
        description="`json`: a page; `ndjson`: a change a line, as a stream. By default what "
        f"`Accept` prefers of application/json and {LINES}.",
        examples=["json"],
    )
    wait: float = Field(
        0,
        ge=0,
        le=60,
        allow_inf_nan=False,
        description="Seconds to wait for a change where there is none after `since`, which it "
        "needs; the answer comes with the first one, or is empty when the time is over.",
        examples=[30],
    )

    @field_validator("wait")
    @classmethod
    def _from_somewhere(cls, value: float, info: ValidationInfo) -> float:
        if value and info.data.get("since", ...) is None:
            raise ValueError("needs `since`: send `next` of an answer, and wait for what follows")
        return value


def _parse(text: str) -> Serial:
    """A serial in its one way of writing it."""
    parts = _SERIAL.fullmatch(text)
    numbers = [int(part) for part in parts.groups()[1:]] if parts else []
    if parts is None:
        raise ValueError("is no serial: send `next` or `serial` of an answer as it came")
    return Serial(parts[1], "{}-{}".format(*numbers))


@router.get(
    "/changes",
    operation_id="listChanges",
    response_model=models.Changes,
    openapi_extra=parameters.documented(ChangesQuery),
    responses=NOT_MODIFIED
    | problems(errors.BadParameter, errors.PositionGone, errors.StoreUnavailable)
    | {
        200: {
            "content": {
                LINES: {
                    "schema": {"type": "string"},
                    "example": f"{LINE}\n",
                }
            }
        }
    },
)
async def list_changes(
    request: Request,
    query: Annotated[ChangesQuery, parameters.query(ChangesQuery)],
    catalog: UseCatalog,
    system: UseSystem,
) -> Response:
    """What was created, updated, moved or deleted since, in order, nothing left out."""
    in_lines = _wants_lines(request, query)
    limit = query.limit if in_lines else query.limit or _DEFAULT
    if not in_lines and limit is not None and limit > _LONGEST_PAGE:
        raise errors.BadParameter(
            "limit", f"is {_LONGEST_PAGE} at the most on a page; format=ndjson has no such bound"
        )
    since = Serial.parse(query.since) if query.since else None
    if since is not None and query.wait and not request.scope.get("head"):
        there = await catalog.changes.read(since, limit=1)
        if not there.changes:
            await system.streams.news(
                catalog.changes, since, within=query.wait, receive=request.receive
            )
    if conditions.asks_for_change(request):
        version, epoch = await catalog.changes.version()
        etag = _tag(request, version, epoch, in_lines=in_lines)
        if conditions.has_already(request, etag):
            return conditions.not_modified(conditions.headers(etag, version.serial) | _VARYING)
    documents = query.include is not None
    stretch = await catalog.changes.read(
        since, limit=page_of(limit) if in_lines else limit or _DEFAULT, documents=documents
    )
    epoch = stretch.newest.epoch if stretch.newest else ""
    etag = _tag(request, stretch.version, epoch, in_lines=in_lines)
    headers = conditions.headers(etag, stretch.version.serial) | _VARYING
    if in_lines:
        return as_lines(
            request, catalog.changes, stretch, limit=limit, documents=documents, headers=headers
        )
    # A thousand of them take milliseconds: others are answered meanwhile
    body = await to_thread.run_sync(answers.changes, stretch)
    return Response(body, headers=headers, media_type=answers.MEDIA_TYPE)


@router.get(
    "/changes/stream",
    operation_id="streamChanges",
    response_class=EventStream,
    status_code=200,
    openapi_extra=parameters.documented(StreamQuery, "Last-Event-ID"),
    responses=problems(errors.BadParameter, errors.PositionGone, errors.StoreUnavailable)
    | {
        200: {
            "description": "Server-Sent Events without an end: a change is one without a name, its "
            "`id` is the serial, its `data` the change as JSON.",
            "content": {
                EVENTS: {
                    "schema": {"$ref": "#/components/schemas/Event"},
                    "example": {"id": models.SERIAL, "event": "message", "data": LINE},
                }
            },
        }
    },
)
async def stream_changes(
    request: Request,
    query: Annotated[StreamQuery, parameters.query(StreamQuery)],
    catalog: UseCatalog,
    system: UseSystem,
) -> Response:
    """The same as they come, after the changes that were missed."""
    since = _last_event(request) or (Serial.parse(query.since) if query.since else None)
    return EventStream(catalog.changes, system.streams, since, documents=query.include is not None)


def _tag(request: Request, version: Version, epoch: str, *, in_lines: bool) -> str:
    return conditions.tag(request, Basis(version, mark=f"{epoch} {in_lines}"))


def _last_event(request: Request) -> Serial | None:
    """Where a client that comes back has been."""
    name = "Last-Event-ID"
    sent = {value for value in request.headers.getlist(name) if value}
    if len(sent) > 1:
        raise errors.BadParameter(name, "has one value; it came more than once")
    try:
        return _parse(sent.pop()) if sent else None
    except ValueError as error:
        raise errors.BadParameter(name, str(error)) from None


def _wants_lines(request: Request, query: ChangesQuery) -> bool:
    """As the parameter says; else where lines are accepted, and JSON is not asked for as well."""
    if query.format:
        return query.format == "ndjson"
    wanted = {}
    for part in ",".join(request.headers.getlist("accept")).split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        given = [piece[2:] for piece in parameters if piece.startswith("q=")]
        wanted[media] = _weight(given[0]) if given else 1.0
    return wanted.get(LINES, 0) > wanted.get(answers.MEDIA_TYPE, 0)


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0
