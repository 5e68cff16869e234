"""Around every request: an id, a count, a duration, and a problem where something broke."""

import logging
import re
from time import perf_counter
from uuid import uuid4

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collinear.api import kinds, problems
from collinear.api.metrics import RequestMetrics
from collinear.telemetry import get_logger

log = get_logger(__name__)
_LEVEL = logging.getLogger(__name__)
"""Asked first: a line that nobody reads is not worth making up for every request."""

_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,100}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observed:
    """The outermost layer: what an operator can see of each request."""

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, count and time one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        request_id = _request_id(request)
        status = 0

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        began = perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, with_id)
            except Exception:
                log.exception("request_failed", method=request.method, route=_route(scope))
                if status:
                    raise  # half an answer is out: the server can only hang up
                answer = problems.problem(
                    request,
                    kinds.BROKEN,
                    "It was logged; nothing is wrong with the request as such.",
                    request_id=request_id,
                )
                await answer(scope, receive, with_id)
            finally:
                seconds = perf_counter() - began
                method = request.method if request.method in _METHODS else "OTHER"
                self._metrics.observe(
                    method=method, route=_route(scope), status=status, seconds=seconds
                )
                if _LEVEL.isEnabledFor(logging.DEBUG):
                    log.debug(
                        "request_answered",
                        method=method,
                        route=_route(scope),
                        status=status,
                        seconds=round(seconds, 6),
                    )


def _route(scope: Scope) -> str:
    """The template of the route, so that there are few; none for addresses that do not exist."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _request_id(request: Request) -> str:
    """The caller's own id where it can stand in a log line, else a new one."""
    given = request.headers.get("x-request-id", "")
    return given if _ID.fullmatch(given) else uuid4().hex
