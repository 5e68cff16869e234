"""Commands that share their way to Redis."""

from collections.abc import Sequence
from typing import Any

import redis.asyncio
from redis.exceptions import NoScriptError

from collinear.store.answering import answering
from collinear.store.convoy import Convoy

_Command = tuple[Any, ...]
_MOST = 32
"""Commands on one trip: who is on it waits for the answers to all of them."""


class Trips:
    """Takes commands that only read to Redis, as a ``Convoy`` does."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._convoy: Convoy[_Command, Any] = Convoy(self._exchange, most=_MOST)

    async def ask(self, *command: Any) -> Any:
        """
        The answer to one command.

        Raises:
            StoreUnavailable: Redis does not answer, or refuses.
        """
        async with answering():
            return await self._convoy.ask(command)

    async def run(self, script: "Script", keys: Sequence[Any], args: Sequence[Any]) -> Any:
        """The answer of a script; raises as ``ask``."""
        command = ("EVALSHA", script.sha, len(keys), *keys, *args)
        async with answering():
            try:
                return await self._convoy.ask(command)
            except NoScriptError:  # the server is new, or was told to forget
                return await self._convoy.ask(("EVAL", script.source, *command[2:]))

    async def _exchange(self, commands: Sequence[_Command]) -> list[Any]:
        # how long each of the callers waits is counted where they wait
        async with answering(), self._client.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            return await pipe.execute(raise_on_error=False)


class Script:
    """A script by its name, so that its text travels only where it is not known."""

    def __init__(self, client: redis.asyncio.Redis, source: bytes) -> None:
        self.source = source
        self.sha = client.register_script(source).sha
