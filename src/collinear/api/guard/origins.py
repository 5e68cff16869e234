"""Which pages of other sites may read our answers (CORS)."""

from collections.abc import Iterable

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from collinear.api import kinds, problems

Headers = tuple[tuple[bytes, bytes], ...]

_READABLE = (
    b"Accept-Ranges, Age, Cache-Status, Content-Disposition, Content-Range, ETag, Link, "
    b"RateLimit, RateLimit-Policy, Retry-After, X-Catalog-Serial, X-Request-Id"
)
_SENT = "If-Modified-Since, If-None-Match, If-Range, Last-Event-ID, Range, X-Request-Id"
_REMEMBERED = 3600
"""Seconds for which a browser need not ask again."""
_VARY = (b"vary", b"Origin")


class Origins:
    """
    The origins that the operator has named; none, some, or all of them.

    No answer ever allows credentials, so that a page reads what anybody may read.  The admin
    token is no credential in this sense: a page has it only from its user.  Only pages that were
    named may send it.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self._named = frozenset(origin.encode() for origin in origins)
        self._all = b"*" in self._named

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._named)

    def headers(self, scope: Scope) -> Headers:
        """What the answer to this request tells the browser."""
        if not self._named:
            return ()
        if self._all:
            allowed = b"*"
        else:
            allowed = _origin(scope)
            if allowed not in self._named:
                return (_VARY,)  # a cache must not give this answer to a page that may read it
        told = (
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", _READABLE),
        )
        return told if self._all else (*told, _VARY)

    def preflight(self, request: Request) -> Response:
        """The answer to a browser that asks whether a page may ask."""
        if not self._all and _origin(request.scope) not in self._named:
            return problems.problem(
                request, kinds.FOREIGN_ORIGIN, "Pages of this origin may not read the answers."
            )
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Methods": "GET, HEAD" if self._all else "GET, HEAD, POST",
                "Access-Control-Allow-Headers": _SENT if self._all else f"Authorization, {_SENT}",
                "Access-Control-Max-Age": str(_REMEMBERED),
                "Vary": "Access-Control-Request-Method, Access-Control-Request-Headers",
            },
        )


class Preflights:
    """Answers the question that a browser asks before a page's request."""

    def __init__(self, app: ASGIApp, *, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it, or pass on what is none."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS" and self._origins:
            request = Request(scope)
            if {"origin", "access-control-request-method"} <= set(request.headers):
                await self._origins.preflight(request)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _origin(scope: Scope) -> bytes:
    """The one origin that the request names; nothing where it names none, or several."""
    given = [value for name, value in scope["headers"] if name == b"origin"]
    return bytes(given[0]) if len(given) == 1 else b""
