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
"""Seconds for an answer, with the wait for one's turn; less than askers have in all."""

_ALONE = 0.8
"""Seconds for an attempt that finds out whether the server is back."""


class Line:
    """The way to one server: so many ask at a time, nobody for long, and nobody in vain."""

    def __init__(self, *, at_a_time: int) -> None:
        self._breaker = Breaker()
        self._free = asyncio.Semaphore(at_a_time)

    async def ask(self, question: Callable[[], Awaitable[T]], *, waits: float = 0.0) -> T:
        """
        The answer to a question, which may itself take ``waits`` seconds at the server.

        Raises:
            redis.TimeoutError: It did not come in time, or its turn did not.
            Refused: The question was not asked, for nobody gets an answer now.
        """
        now = asyncio.get_running_loop().time
        until = now() + _PATIENCE + waits
        if self._free.locked():
            self._breaker.check()
            await self._turn(until)
        else:
            await self._free.acquire()
        try:
            # Those who waited for their turn learn here how those before them have fared
            with self._breaker.attempt() as alone:
                if alone:
                    until = min(until, now() + _ALONE + waits)
                try:
                    # This cancels once, not again and again as a scope of anyio would: a
                    # connection has to find its way back to the pool
                    async with asyncio.timeout_at(until):
                        return await question()
                except TimeoutError:
                    raise redis.TimeoutError("no answer in time") from None
        finally:
            self._free.release()

    async def _turn(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._free.acquire()
        except TimeoutError:
            raise redis.TimeoutError("no turn in time") from None


class PromptRedis(redis.asyncio.Redis):
    """A client of which all commands and pipelines are prompt; it owns its pool."""

    def __init__(self, pool: redis.asyncio.ConnectionPool) -> None:
        super().__init__(connection_pool=pool)
        self.auto_close_connection_pool = True
        self._line = Line(at_a_time=pool.max_connections)

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """The answer to one command; raises as ``Line.ask``, and what Redis says."""
        command = partial(super().execute_command, *args, **options)
        waits = _blocks(args)
        with step(REDIS_SECONDS, f"{args[0]} BLOCK" if waits else str(args[0])):
            return await self._line.ask(command, waits=waits)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Several commands that are asked together."""
        return _PromptPipeline(self, transaction, shard_hint, self._line)


class _PromptPipeline(Pipeline):
    def __init__(
        self, client: PromptRedis, transaction: bool, shard_hint: str | None, line: Line
    ) -> None:
        pool, callbacks = client.connection_pool, client.response_callbacks
        super().__init__(pool, callbacks, transaction, shard_hint)
        self._line = line

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """The answers; raises as ``Line.ask``, and what Redis says."""
        command = "MULTI" if self.is_transaction else "PIPELINE"
        with step(REDIS_SECONDS, command):
            return await self._line.ask(partial(super().execute, raise_on_error))


def _blocks(command: tuple[Any, ...]) -> float:
    """Seconds that the server may take before it answers, because it was told to wait."""
    if b"BLOCK" not in command:
        return 0.0
    return float(command[command.index(b"BLOCK") + 1]) / 1000
