"""Errors as RFC 9457 problems: one table, one shape, one media type."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from collinear.api.kinds import (
    BAD_HTTP,
    BROKEN,
    KINDS,
    NAMED,
    NO_SUCH_PAGE,
    RATE_LIMITED,
    WRONG_METHOD,
    Kind,
    NotAuthenticated,
    RangeNotSatisfiable,
)
from collinear.domain import errors
from collinear.domain.errors import CatalogError
from collinear.store.documents import to_bytes

MEDIA_TYPE = "application/problem+json"


_NAMES = {kind: name for name, kind in NAMED.items()}
_HEADERS = {
    KINDS[errors.DatasetMoved]: "Location",
    KINDS[NotAuthenticated]: "WWW-Authenticate",
    RATE_LIMITED: "Retry-After",
    KINDS[RangeNotSatisfiable]: "Content-Range",
}
"""Headers that a kind of problem always carries."""


class ParameterError(BaseModel):
    """A parameter and what is wrong with it."""

    parameter: str = Field(description="Its name.", examples=["limit"])
    reason: str = Field(
        description="What is wrong, or what it must be.",
        examples=["Input should be greater than or equal to 1"],
    )


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


def problems(*kinds: type[CatalogError] | Kind) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides success, for OpenAPI: by status, with an example of each."""
    by_status: dict[int, dict[str, Kind]] = {}
    for entry in kinds:
        kind = entry if isinstance(entry, Kind) else KINDS[entry]
        by_status.setdefault(kind.status, {})[_NAMES[kind]] = kind
    return {
        status: {
            "description": "; ".join(kind.title for kind in named.values()) + ".",
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {
                        name: {"summary": kind.title, "value": _example(kind)}
                        for name, kind in named.items()
                    },
                }
            },
        }
        for status, named in by_status.items()
    }


def headers_of(names: Iterable[str]) -> list[str]:
    """The headers that answers with these kinds of problems carry beside those of every answer."""
    kinds = [NAMED[name] for name in names]
    headers = ["Retry-After"] if any(kind.retry_after for kind in kinds) else []
    return headers + [name for kind, name in _HEADERS.items() if kind in kinds]


def _example(kind: Kind) -> dict[str, Any]:
    what = next((inspect.getdoc(cls) for cls, own in KINDS.items() if own is kind), None)
    detail = (what or f"{kind.title}.").partition("\n")[0]
    more: dict[str, Any] = {}
    if kind is KINDS[errors.BadParameter]:
        reason = "Input should be less than or equal to 1000"
        detail = f"limit: {reason}"
        more["errors"] = [{"parameter": "limit", "reason": reason}]
    if kind is KINDS[errors.PositionGone]:
        more["export"] = "/api/datasets/export"
    return body(kind, detail, instance="/", **more)


def kind_of(error: CatalogError) -> Kind:
    """The kind of an error: its own, or the nearest above it in the tree."""
    return next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)


def to_response(request: Request, error: CatalogError, **more: Any) -> Response:
    """The answer to an error of the catalog; ``more`` are further members of the problem."""
    kind = kind_of(error)
    headers: dict[str, str] = {}
    if as_of := getattr(error, "as_of", ""):
        headers["X-Catalog-Serial"] = as_of
    retry_after = getattr(error, "retry_after", None) or kind.retry_after
    if retry_after:
        headers["Retry-After"] = str(round(retry_after))
    if isinstance(error, errors.DatasetMoved):
        headers["Location"] = _moved_to(request, error)
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="collinear"'
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, errors.BadParameter):
        reasons = [ParameterError(parameter=error.name, reason=error.reason)]
        return problem(request, kind, str(error), headers=headers, reasons=reasons)
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
