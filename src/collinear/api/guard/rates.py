"""How many requests a minute a client has."""

import asyncio
import math
from collections.abc import Sequence
from typing import NamedTuple

from starlette.types import Message, Scope, Send

from collinear.api import kinds
from collinear.api.guard.clients import find_client
from collinear.api.guard.sizes import Refusal
from collinear.api.system import System
from collinear.settings.guarding import GuardSettings
from collinear.store.rates import WINDOW
from collinear.telemetry import get_logger

log = get_logger(__name__)

_PATIENCE = 0.25
"""Seconds that counting may take: longer than Redis ever needs when it is well."""
_PAUSE = 1.0
"""Seconds without counting after it has failed."""

Headers = Sequence[tuple[bytes, bytes]]


class Counted(NamedTuple):
    """What counting a request has led to."""

    headers: Headers = ()
    refusal: Refusal | None = None

    def with_headers(self, send: Send) -> Send:
        """Tell the client, in whatever answer it gets."""
        if not self.headers:
            return send

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self.headers]
            await send(message)

        return telling


_UNCOUNTED = Counted()


class RateLimit:
    """
    The limit of each client, counted in Redis and so by all processes together.

    Where Redis is in trouble nobody is counted and everybody let in: a limit is there to keep the
    service up, and must not be what takes it down.
    """

    def __init__(self, settings: GuardSettings) -> None:
        self._quota = settings.rate_limit
        self._loopback = settings.rate_limit_loopback
        self._trusted = settings.trusted_proxies
        self._policy = (b"ratelimit-policy", b'"default";q=%d;w=%d' % (self._quota, WINDOW))
        self._paused_until = 0.0
        self._in_trouble = False

    async def count(self, scope: Scope) -> Counted:
        """Count a request, and find out whether it is one too many."""
        client = find_client(scope, self._trusted)
        if client.local and not self._loopback:
            return _UNCOUNTED
        clock = asyncio.get_running_loop().time
        if clock() < self._paused_until:
            return _UNCOUNTED
        system: System = scope["state"]["system"]
        try:
            async with asyncio.timeout(_PATIENCE):
                requests, left = await (await system.rates()).count(client.name)
        except Exception as error:  # whatever it is, people are let in
            self._paused_until = clock() + _PAUSE
            if not self._in_trouble:
                log.warning("rate_limit_suspended", error=type(error).__name__)
            self._in_trouble = True
            return _UNCOUNTED
        if self._in_trouble:
            log.info("rate_limit_resumed")
            self._in_trouble = False
        return self._judged(requests, math.ceil(left))

    def _judged(self, requests: int, left: int) -> Counted:
        remaining = max(self._quota - requests, 0)
        headers = (self._policy, (b"ratelimit", b'"default";r=%d;t=%d' % (remaining, left)))
        if requests <= self._quota:
            return Counted(headers)
        detail = f"{self._quota} requests in {WINDOW} s are what a client has here."
        again = [("Retry-After", str(max(left, 1)))]
        return Counted(headers, Refusal(kinds.RATE_LIMITED, detail, again))
