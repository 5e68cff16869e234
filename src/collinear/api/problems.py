"""Errors as RFC 9457 problems: one table, one shape, one media type."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from collinear.domain import errors
from collinear.domain.errors import CatalogError
from collinear.store.documents import to_bytes

MEDIA_TYPE = "application/problem+json"


class NotAuthenticated(errors.NotAllowed):
    """A mutation needs the admin token, and this request does not carry it."""


class Kind(NamedTuple):
    """A kind of problem: its status, its name for people, and what to do about it."""

    status: HTTPStatus
    title: str
    advice: str
    retry_after: int | None = None
    """Seconds after which it makes sense to try again."""


KINDS: dict[type[CatalogError], Kind] = {
    CatalogError: Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "Try again; if it stays, report it.",
    ),
    errors.BadRequest: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "Impossible request", "Change the request as it says."
    ),
    errors.BadParameter: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "A parameter does not fit",
        "Each entry of `errors` names a parameter and says what it must be; see /docs.",
    ),
    errors.BadCursor: Kind(
        HTTPStatus.BAD_REQUEST,
        "The cursor does not fit",
        "Send next_cursor as it came, with the same query, or begin again without a cursor.",
    ),
    errors.TooDeep: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Too far down",
        "Sort by a field, such as sort_by=downloads, and follow next_cursor: that has no end.",
    ),
    errors.NotFound: Kind(HTTPStatus.NOT_FOUND, "Not found", "Check the address."),
    errors.DatasetNotFound: Kind(
        HTTPStatus.NOT_FOUND, "No such dataset", "Search for it at /api/datasets?search=…"
    ),
    errors.RevisionNotFound: Kind(
        HTTPStatus.NOT_FOUND, "No such revision", "Give a branch, tag or commit; default: main."
    ),
    errors.FileNotFound: Kind(
        HTTPStatus.NOT_FOUND, "No such file", "See /api/datasets/{id}/files for what there is."
    ),
    errors.TaskNotFound: Kind(
        HTTPStatus.NOT_FOUND,
        "No such refresh",
        "Use the task_id of a refresh of the last days; see cache-status for the state.",
    ),
    errors.DatasetMoved: Kind(
        HTTPStatus.PERMANENT_REDIRECT, "The dataset has another id now", "Follow Location."
    ),
    errors.SnapshotGone: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "There is no copy of the whole catalog now",
        "Try again shortly; before the first complete run, see cache-status.",
        10,
    ),
    errors.PositionGone: Kind(
        HTTPStatus.GONE,
        "Changes are missing after this position",
        "Take the whole catalog again, as `export` says, and follow from its X-Catalog-Serial.",
    ),
    errors.DatasetGated: Kind(
        HTTPStatus.FORBIDDEN,
        "The dataset is gated",
        "Ask for access at the Hub, and give the service a token that has it.",
    ),
    errors.HubError: Kind(HTTPStatus.BAD_GATEWAY, "The Hub is in trouble", "Try again later.", 10),
    errors.HubUnavailable: Kind(
        HTTPStatus.BAD_GATEWAY, "The Hub is not available", "Try again later.", 10
    ),
    errors.HubTimeout: Kind(
        HTTPStatus.GATEWAY_TIMEOUT, "The Hub did not answer in time", "Try again later.", 10
    ),
    errors.HubRateLimited: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The Hub's quota is used up",
        "Try again after the seconds in Retry-After.",
        30,
    ),
    errors.HubContractBroken: Kind(
        HTTPStatus.BAD_GATEWAY,
        "The Hub answered something unexpected",
        "Report it: trying again will not help.",
    ),
    errors.UpstreamSuspicious: Kind(
        HTTPStatus.BAD_GATEWAY,
        "The Hub's answers look wrong",
        "Look at the Hub; if they are right, refresh with accept_upstream.",
    ),
    errors.StoreUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "The store is not available", "Try again shortly.", 2
    ),
    errors.WrongStore: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The store does not fit",
        "The operator must decide; the detail says what about.",
    ),
    errors.IndexNotReady: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The search index is not ready",
        "Try again shortly; lists without words and filters work meanwhile.",
        5,
    ),
    errors.NotAllowed: Kind(
        HTTPStatus.FORBIDDEN,
        "Not allowed",
        "Ask from the machine itself, or set COLLINEAR_ADMIN_TOKEN and send it as a bearer token.",
    ),
    NotAuthenticated: Kind(
        HTTPStatus.UNAUTHORIZED,
        "Not authenticated",
        "Send the header Authorization: Bearer with the value of COLLINEAR_ADMIN_TOKEN.",
    ),
    errors.HandedBack: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "The worker is stopping", "Try again shortly.", 2
    ),
    errors.RunFenced: Kind(
        HTTPStatus.CONFLICT, "The run is in other hands", "See cache-status for the state."
    ),
}

NO_SUCH_PAGE = Kind(HTTPStatus.NOT_FOUND, "No such page", "See /docs for what there is.")
WRONG_METHOD = Kind(
    HTTPStatus.METHOD_NOT_ALLOWED, "The method does not fit", "Use a method named in Allow."
)
BAD_HTTP = Kind(HTTPStatus.BAD_REQUEST, "The request cannot be read", "Send correct HTTP.")

BROKEN = Kind(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "An error on our side",
    "Try again; if it stays, report it with the request id, which is in the log too.",
)

NAMED: dict[str, Kind] = {
    **{re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower(): kind for cls, kind in KINDS.items()},
    "internal-error": BROKEN,
    "no-such-page": NO_SUCH_PAGE,
    "wrong-method": WRONG_METHOD,
    "bad-http": BAD_HTTP,
}
"""Every kind of problem by the last part of its ``type``."""

_NAMES = {kind: name for name, kind in NAMED.items()}


class ParameterError(BaseModel):
    """A parameter and what is wrong with it."""

    parameter: str = Field(examples=["limit"])
    reason: str = Field(examples=["Input should be greater than or equal to 1"])


class Problem(BaseModel):
    """The body of every answer that is not a success (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(
        description="The kind of problem; the address explains it.",
        examples=["/problems/dataset-not-found"],
    )
    title: str = Field(description="The kind in words.", examples=["No such dataset"])
    status: int = Field(description="The status of the answer.", examples=[404])
    detail: str = Field(description="What is wrong here.", examples=["No dataset is called 'a/b'."])
    instance: str = Field(
        description="The path that was asked for.", examples=["/api/datasets/a/b"]
    )
    errors: list[ParameterError] | None = Field(
        None, description="Each parameter that does not fit; only with 422."
    )


def problems(*kinds: type[CatalogError]) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides success, for OpenAPI."""
    by_status: dict[int, list[str]] = {}
    for cls in kinds:
        by_status.setdefault(KINDS[cls].status, []).append(KINDS[cls].title)
    return {
        status: {
            "description": "; ".join(titles) + ".",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, titles in by_status.items()
    }


def kind_of(error: CatalogError) -> Kind:
    """The kind of an error: its own, or the nearest above it in the tree."""
    return next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)


def to_response(request: Request, error: CatalogError) -> Response:
    """The answer to an error of the catalog."""
    kind = kind_of(error)
    headers: dict[str, str] = {}
    retry_after = getattr(error, "retry_after", None) or kind.retry_after
    if retry_after:
        headers["Retry-After"] = str(round(retry_after))
    if isinstance(error, errors.DatasetMoved):
        headers["Location"] = _moved_to(request, error)
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="collinear"'
    if isinstance(error, errors.BadParameter):
        reasons = [ParameterError(parameter=error.name, reason=error.reason)]
        return problem(request, kind, str(error), headers=headers, reasons=reasons)
    more: dict[str, Any] = {}
    if isinstance(error, errors.PositionGone):
        more["export"] = f"{request.scope.get('root_path', '')}/api/datasets/export"
    return problem(request, kind, str(error) or kind.title, headers=headers, **more)


def problem(
    request: Request,
    kind: Kind,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    reasons: Sequence[ParameterError] = (),
    **more: Any,
) -> Response:
    """A problem as an answer."""
    raw_path: bytes = request.scope.get("raw_path") or quote(request.url.path).encode()
    if reasons:
        more["errors"] = [reason.model_dump() for reason in reasons]
    return Response(
        to_bytes(body(kind, detail, instance=raw_path[:1000].decode("latin-1"), **more)),
        status_code=kind.status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def body(kind: Kind, detail: str, *, instance: str, **more: Any) -> dict[str, Any]:
    """A ``Problem``."""
    return {
        "type": f"/problems/{_NAMES[kind]}",
        "title": kind.title,
        "status": kind.status.value,
        "detail": detail if len(detail) <= 1000 else f"{detail[:1000]}…",
        "instance": instance,
        **more,
    }


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the catalog and of the framework as a problem."""
    handlers: dict[type[Exception], Any] = {
        CatalogError: _of_the_catalog,
        RequestValidationError: _of_parameters,
        HTTPException: _of_the_framework,
    }
    for cls, handler in handlers.items():
        app.add_exception_handler(cls, handler)


async def _of_the_catalog(request: Request, error: CatalogError) -> Response:
    return to_response(request, error)


async def _of_parameters(request: Request, error: RequestValidationError) -> Response:
    reasons = [_reason(entry) for entry in error.errors()]
    detail = "; ".join(f"{reason.parameter}: {reason.reason}" for reason in reasons)
    return problem(request, KINDS[errors.BadParameter], detail, reasons=reasons)


async def _of_the_framework(request: Request, error: HTTPException) -> Response:
    path = request.scope.get("raw_path", b"").decode("latin-1")
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem(request, NO_SUCH_PAGE, f"There is nothing at {path}.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = sorted({m.strip() for m in (error.headers or {}).get("Allow", "").split(",")})
        if "GET" in allowed and "HEAD" not in allowed:
            allowed.insert(allowed.index("GET") + 1, "HEAD")
        detail = f"{path} takes {' and '.join(allowed)}."
        return problem(request, WRONG_METHOD, detail, headers={"Allow": ", ".join(allowed)})
    status = HTTPStatus(error.status_code)
    kind = BAD_HTTP if status < HTTPStatus.INTERNAL_SERVER_ERROR else BROKEN
    return problem(request, kind, str(error.detail), headers=error.headers)


def _reason(entry: Mapping[str, Any]) -> ParameterError:
    where = [str(part) for part in entry["loc"][1:] if not isinstance(part, int)]
    name = where[0] if where else str(entry["loc"][0])
    return ParameterError(
        parameter=name[:100], reason=str(entry["msg"]).removeprefix("Value error, ")
    )


def _moved_to(request: Request, error: errors.DatasetMoved) -> str:
    """The same question about the new id."""
    below = request.scope["path"].removeprefix("/api/datasets/").partition("/")[2]
    query = request.scope["query_string"].decode("latin-1")
    root = request.scope.get("root_path", "")
    path = f"{root}/api/datasets/{quote(error.new_id)}"
    return path + (f"/{below}" if below else "") + (f"?{query}" if query else "")
