"""The layer that decides whether a request is worked on, and for how long."""

import asyncio

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collinear.api import kinds, problems
from collinear.api.guard.deadlines import Deadlines
from collinear.api.guard.lanes import HEALTH, Lane, Lanes
from collinear.api.guard.rates import RateLimit
from collinear.api.guard.sizes import CallerLeft, Refusal, Sizes

_SOON = "1"
"""Seconds: requests end all the time."""


class Guarded:
    """
    Keeps to the bounds: of one request, of all at a time, of one client, and of time.

    What is refused costs next to nothing, and is told in a problem.
    """

    def __init__(self, app: ASGIApp, *, sizes: Sizes, lanes: Lanes, rate: RateLimit | None) -> None:
        self._app = app
        self._sizes = sizes
        self._lanes = lanes
        self._rate = rate
        self._deadlines = Deadlines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal, has_body = self._sizes.measure(scope)
        try:
            if refusal is None and has_body:
                # Before it takes a place: a body that drips keeps nobody else out
                refusal = await self._sizes.swallow(receive)
        except CallerLeft:
            return
        lane = self._lanes.find(scope)
        health = scope["path"] in HEALTH
        if refusal is None and lane.now >= lane.most and not health:
            refusal = Refusal(
                kinds.OVERLOADED,
                f"{lane.most} {lane.what} are being answered now, and no more fit.",
                [("Retry-After", _SOON)],
            )
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
            return
        lane.now += not health
        try:
            if self._rate is not None and not health:
                counted = await self._rate.count(scope)
                send = counted.with_headers(send)
                if counted.refusal is not None:
                    await _refuse(counted.refusal, scope, receive, send)
                    return
            await self._in_time(lane, scope, receive, send)
        finally:
            lane.now -= not health

    async def _in_time(self, lane: Lane, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; the answer may take as long as it likes once it has begun."""

        async def begun(message: Message) -> None:
            self._deadlines.let_go(task)
            await send(message)

        task = self._deadlines.begin(lane.patience)
        try:
            await self._app(scope, receive, begun)
        except asyncio.CancelledError:
            if not self._deadlines.took_too_long(task):
                raise
            refusal = Refusal(
                kinds.TOOK_TOO_LONG,
                f"The answer had not begun after {lane.patience:g} s.",
                [("Retry-After", str(kinds.TOOK_TOO_LONG.retry_after))],
            )
            await _refuse(refusal, scope, receive, send)
        finally:
            self._deadlines.let_go(task)


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    answer = problems.problem(
        Request(scope), refusal.kind, refusal.detail, headers=dict(refusal.headers)
    )
    await answer(scope, receive, send)
