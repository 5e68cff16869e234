"""Whether Redis takes writes, as it says of itself."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

import anyio
import redis.asyncio

from collinear.store.trouble import NO_DISK, READ_ONLY, find_trouble

_EVERY = 5.0
"""Seconds between two looks: INFO is cheap, but not as cheap as what it is asked beside."""
_SOON = 1.0
"""Seconds to the next look while there is trouble."""


class TroubleWatch:
    """
    Looks again only after some seconds, however often it is asked.

    A server that has become a replica is left, in case its address leads elsewhere by now.
    """

    def __init__(self, client: redis.asyncio.Redis, *, every: float = _EVERY) -> None:
        self._client = client
        self._every = every
        self._due = 0.0
        self._found: str | None = None
        self._looking = anyio.Lock()

    async def look(self) -> str | None:
        """
        A sentence that says what is wrong and what to do; None where Redis takes writes.

        Raises:
            redis.RedisError: It does not answer.
        """
        async with self._looking:  # who comes meanwhile waits for the same answer
            if monotonic() >= self._due:
                self._found = to_trouble(*await self._ask())
                self._due = monotonic() + (self._every if self._found is None else _SOON)
                if self._found == READ_ONLY:
                    # the primary may be behind the same address by now: connect anew
                    await self._client.connection_pool.disconnect(inuse_connections=False)
        return self._found

    async def _ask(self) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        async with self._client.pipeline(transaction=False) as pipe:
            for section in ("memory", "persistence", "replication"):
                pipe.info(section)
            pipe.config_get("save", "stop-writes-on-bgsave-error")
            answers = await pipe.execute(raise_on_error=False)
        for answer in answers:
            # a managed service may keep some of it to itself
            if isinstance(answer, Exception) and not isinstance(answer, redis.ResponseError):
                raise answer
        *sections, config = ({} if isinstance(a, Exception) else a for a in answers)
        return {name: value for section in sections for name, value in section.items()}, config


def to_trouble(info: Mapping[str, Any], config: Mapping[str, str]) -> str | None:
    """The trouble that INFO tells, and the configuration of snapshots on disk."""
    found = find_trouble(info)
    if found is not None or info.get("rdb_last_bgsave_status", "ok") == "ok":
        return found
    # It refuses writes unless it was told not to mind, or never to save
    minds = config.get("stop-writes-on-bgsave-error", "yes") == "yes"
    return NO_DISK if minds and config.get("save", "unknown") else None
