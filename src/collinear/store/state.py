"""Reads the state of the catalog: what goes on, what waits, what is wrong."""

import redis.asyncio

from collinear.domain.change import BEGINNING, Serial
from collinear.store.answering import answering
from collinear.store.health import TroubleWatch
from collinear.store.keys import Keys
from collinear.store.status import CatalogStatus, Facts, to_status, to_texts


class StateReader:
    """
    Answers also while Redis refuses to store anything.

    Raises:
        StoreUnavailable: From every method, where Redis does not answer.
    """

    def __init__(self, client: redis.asyncio.Redis, keys: Keys, *, share: float) -> None:
        """``share`` is the part of the Hub's quota that synchronisation may use."""
        self._client = client
        self._keys = keys
        self._share = share
        self._trouble = TroubleWatch(client)

    async def status(self) -> CatalogStatus:
        """The state of the catalog, with the progress of the run that is going on."""
        keys = self._keys
        async with answering():
            async with self._client.pipeline() as pipe:
                pipe.hgetall(keys.meta)
                pipe.hgetall(keys.run)
                pipe.exists(keys.lease)
                pipe.zcard(keys.ids)
                pipe.hgetall(keys.budget)
                pipe.hkeys(keys.requests)
                pipe.hlen(keys.dead_letters)
                pipe.time()
                meta, run, leased, items, budget, queued, letters, time = await pipe.execute()
            trouble = await self._trouble.look()
        facts = Facts(
            meta=to_texts(meta),
            run=to_texts(run),
            budget=to_texts(budget),
            leased=bool(leased),
            items=items,
            queued=[kind.decode() for kind in queued],
            dead_letters=letters,
            trouble=trouble,
            now=time[0] + time[1] / 1e6,
        )
        return to_status(facts, share=self._share)

    async def lag(self, applied: Serial) -> float:
        """Seconds that the oldest change behind ``applied`` has waited; 0.0 where there is none."""
        async with answering(), self._client.pipeline() as pipe:
            pipe.hget(self._keys.meta, "epoch")
            pipe.xrange(self._keys.changes, min=f"({applied.position}", count=1)
            pipe.xrange(self._keys.changes, min=BEGINNING, count=1)
            pipe.time()
            epoch, behind, oldest, (seconds, microseconds) = await pipe.execute()
        waiting = behind if (epoch or b"").decode() == applied.epoch else oldest
        if not waiting:
            return 0.0
        since = float(waiting[0][0].partition(b"-")[0]) / 1000
        now: float = seconds + microseconds / 1e6
        return round(max(now - since, 0.0), 3)
