"""A client for those who are waited for: it has an answer soon, or says soon that it has none."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import redis
import redis.asyncio
from redis.asyncio.client import Pipeline

from collinear.store.breaker import Breaker
from collinear.telemetry.families import REDIS_SECONDS
from collinear.telemetry.scope import step

T = TypeVar("T")

_PATIENCE = 1.2
"""Seconds for an answer, with the wait for a free connection; less than askers have in all."""

_ALONE = 0.8
"""Seconds for an attempt that finds out whether the server is back."""


async def prompt(
    breaker: Breaker, question: Callable[[], Awaitable[T]], *, waits: float = 0.0
) -> T:
    """
    The answer to a question, which may itself take ``waits`` seconds at the server.

    Raises:
        redis.TimeoutError: It did not come in time.
        Refused: The question was not asked, for nobody gets an answer now.
    """
    with breaker.attempt() as alone:
        try:
            # This cancels once, not again and again as a scope of anyio would: a connection
            # has to find its way back to the pool
            async with asyncio.timeout((_ALONE if alone else _PATIENCE) + waits):
                return await question()
        except TimeoutError:
            raise redis.TimeoutError("no answer in time") from None


class PromptRedis(redis.asyncio.Redis):
    """A client of which all commands and pipelines are prompt; it owns its pool."""

    def __init__(self, pool: redis.asyncio.ConnectionPool, breaker: Breaker) -> None:
        super().__init__(connection_pool=pool)
        self.auto_close_connection_pool = True
        self._breaker = breaker

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """The answer to one command; raises as ``prompt``, and what Redis says."""
        command = partial(super().execute_command, *args, **options)
        waits = _blocks(args)
        with step(REDIS_SECONDS, f"{args[0]} BLOCK" if waits else str(args[0])):
            return await prompt(self._breaker, command, waits=waits)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Several commands that are asked together."""
        return _PromptPipeline(self, transaction, shard_hint, self._breaker)


class _PromptPipeline(Pipeline):
    def __init__(
        self, client: PromptRedis, transaction: bool, shard_hint: str | None, breaker: Breaker
    ) -> None:
        pool, callbacks = client.connection_pool, client.response_callbacks
        super().__init__(pool, callbacks, transaction, shard_hint)
        self._breaker = breaker

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """The answers; raises as ``prompt``, and what Redis says."""
        command = "MULTI" if self.is_transaction else "PIPELINE"
        with step(REDIS_SECONDS, command):
            return await prompt(self._breaker, partial(super().execute, raise_on_error))


def _blocks(command: tuple[Any, ...]) -> float:
    """Seconds that the server may take before it answers, because it was told to wait."""
    if b"BLOCK" not in command:
        return 0.0
    return float(command[command.index(b"BLOCK") + 1]) / 1000
