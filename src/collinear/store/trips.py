"""Questions to Redis that travel together."""

import asyncio
from collections.abc import Sequence
from typing import Any

import redis.asyncio
from redis.exceptions import NoScriptError

from collinear.store.answering import answering

_Command = tuple[Any, ...]
_MOST = 32
"""Commands on one trip: who is on it waits for the answers to all of them."""
_TRIPS = 2
"""At a time: while the answers of one are read, the next is under way."""

_LINGER = 0.001
"""Seconds that a trip waits for more callers where the last one had several."""


class Trips:
    """
    Takes commands to Redis in as few round trips as their callers allow.

    A command leaves at once unless others are under way; those that come meanwhile share the
    next trip, and equal ones are asked once.  So an answer is never older than its question,
    a caller alone waits for nobody, and of many each pays a part of the way.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._waiting: dict[_Command, list[asyncio.Future[Any]]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._crowded = False

    async def ask(self, *command: Any) -> Any:
        """
        The answer to one command that only reads.

        Raises:
            StoreUnavailable: Redis does not answer, or refuses.
        """
        async with answering():
            return await self._ask(command)

    async def run(self, script: "Script", keys: Sequence[Any], args: Sequence[Any]) -> Any:
        """The answer of a script that only reads; raises as ``ask``."""
        command = ("EVALSHA", script.sha, len(keys), *keys, *args)
        async with answering():
            try:
                return await self._ask(command)
            except NoScriptError:  # the server is new, or was told to forget
                return await self._ask(("EVAL", script.source, *command[2:]))

    async def _ask(self, command: _Command) -> Any:
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(command, []).append(future)
        if len(self._under_way) < _TRIPS:
            task = asyncio.create_task(self._travel())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return await future

    async def _travel(self) -> None:
        while self._waiting:
            if self._crowded:
                await asyncio.sleep(_LINGER)
            going = [*self._waiting][:_MOST]
            callers = [self._waiting.pop(command) for command in going]
            self._crowded = sum(map(len, callers)) > 1
            try:
                # how long each of the callers waits is counted where they wait
                async with (
                    answering(unhurried=True),
                    self._client.pipeline(transaction=False) as pipe,
                ):
                    for command in going:
                        pipe.execute_command(*command)
                    answers = await pipe.execute(raise_on_error=False)
            except Exception as error:  # whatever it is, they have to know
                # Those who wait for the next trip have waited long enough to hear it too
                callers += self._waiting.values()
                self._waiting = {}
                answers = [error] * len(callers)
            for futures, answer in zip(callers, answers, strict=True):
                _tell(futures, answer)


class Script:
    """A script by its name, so that its text travels only where it is not known."""

    def __init__(self, client: redis.asyncio.Redis, source: bytes) -> None:
        self.source = source
        self.sha = client.register_script(source).sha


def _tell(futures: Sequence[asyncio.Future[Any]], answer: Any) -> None:
    for future in futures:
        if future.done():  # its caller has gone
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
