"""Reads what the workers have counted, and who of them lives."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import redis.asyncio

from collinear.store.answering import answering
from collinear.store.keys import Keys

_SILENT = 15.0
"""Seconds without a sign of life after which a worker counts as gone."""


class Worker(NamedTuple):
    """A worker with a sign of life."""

    name: str
    running: int
    """Tasks that it is doing."""
    slots: int
    """Tasks that it can do at a time."""


class Counters(NamedTuple):
    """What all workers together have counted."""

    totals: Mapping[str, float]
    """As ``Tally.totals`` names them."""
    workers: Sequence[Worker]
    queued: int | None
    """Messages that wait for a worker; None where the broker is not in this Redis."""


class CounterReader:
    """Raises StoreUnavailable where Redis does not answer."""

    def __init__(self, client: redis.asyncio.Redis, keys: Keys, *, brokered: bool = True) -> None:
        """``brokered`` is whether this Redis holds the queue, too."""
        self._client = client
        self._keys = keys
        self._brokered = brokered

    async def read(self) -> Counters:
        """All of it, read in one step."""
        keys = self._keys
        async with answering(), self._client.pipeline() as pipe:
            pipe.hgetall(keys.counters)
            pipe.hgetall(keys.workers)
            pipe.llen(keys.queue)
            pipe.time()
            totals, workers, queued, (now, _) = await pipe.execute()
        return Counters(
            {name.decode(): float(number) for name, number in totals.items()},
            [worker for name, told in workers.items() if (worker := _living(name, told, now))],
            queued if self._brokered else None,
        )


def _living(name: bytes, told: bytes, now: int) -> Worker | None:
    with suppress(ValueError, KeyError, TypeError):
        sign = json.loads(told)
        if now - sign["at"] <= _SILENT:
            return Worker(name.decode(errors="replace"), int(sign["running"]), int(sign["slots"]))
    return None
