"""Around every request: an id, a count, a duration, a trace, a problem where something broke."""

import logging
import re
from secrets import token_hex
from time import perf_counter

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collinear.api import kinds, problems
from collinear.api.metrics import RequestMetrics
from collinear.telemetry import get_logger
from collinear.telemetry import scope as scopes
from collinear.telemetry.families import HTTP_IN_FLIGHT
from collinear.telemetry.traces import TracedSpan, Tracing

log = get_logger(__name__)
_LEVEL = logging.getLogger(__name__)
"""Asked first: a line that nobody reads is not worth making up for every request."""

_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,100}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observed:
    """The outermost layer: what an operator can see of each request."""

    def __init__(
        self, app: ASGIApp, *, metrics: RequestMetrics, tracing: Tracing | None = None
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._tally = metrics.tally
        self._tracing = tracing
        self._in_flight = 0
        self._tally.watch(HTTP_IN_FLIGHT, lambda: self._in_flight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, count and time one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, traceparent = _given(scope)
        header = (b"x-request-id", request_id.encode())
        status = 0

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message["headers"], header]
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        facts = {"request_id": request_id}
        span = None
        if self._tracing is not None:
            span = self._begin(self._tracing, method, traceparent, request_id)
        token = scopes.enter(scopes.Scope(self._tally, facts, span))
        self._in_flight += 1
        began = perf_counter()
        try:
            await self._app(scope, receive, with_id)
        except Exception:
            log.exception("request_failed", method=scope["method"], route=_route(scope))
            if status:
                raise  # half an answer is out: the server can only hang up
            answer = problems.problem(
                Request(scope),
                kinds.BROKEN,
                "It was logged; nothing is wrong with the request as such.",
                request_id=request_id,
            )
            await answer(scope, receive, with_id)
        finally:
            seconds, route = perf_counter() - began, _route(scope)
            self._in_flight -= 1
            self._metrics.observe(method=method, route=route, status=status, seconds=seconds)
            if span is not None:
                _end(span, method, route, status)
            if _LEVEL.isEnabledFor(logging.DEBUG):
                log.debug(
                    "request_answered",
                    method=method,
                    route=route,
                    status=status,
                    seconds=round(seconds, 6),
                )
            scopes.leave(token)

    def _begin(
        self, tracing: Tracing, method: str, traceparent: str, request_id: str
    ) -> TracedSpan:
        facts = {"http.request.method": method, "collinear.request_id": request_id}
        return tracing.begin(method, kind="server", traceparent=traceparent, attributes=facts)


def _end(span: TracedSpan, method: str, route: str, status: int) -> None:
    span.rename(f"{method} {route}")
    span.note({"http.route": route, "http.response.status_code": status})
    if status >= 500 or not status:
        span.fail(f"status {status}")
    span.end()


def _route(scope: Scope) -> str:
    """The template of the route, so that there are few; none for addresses that do not exist."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _given(scope: Scope) -> tuple[str, str]:
    """
    The caller's own id where it can stand in a log line, else a new one; and its trace.

    Read from the bytes: it is done for every request, and few bring either.
    """
    request_id = traceparent = ""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            request_id = value.decode("latin-1")
        elif name == b"traceparent":
            traceparent = value.decode("latin-1")
    if not request_id or not _ID.fullmatch(request_id):
        request_id = token_hex(16)
    return request_id, traceparent
