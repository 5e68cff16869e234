"""When which kind of run is due; kept in the store, so that a restart changes nothing."""

from collections.abc import Mapping
from typing import cast

import redis

from collinear.store.keys import Keys
from collinear.store.run_records import Kind


class Schedule:
    """The due times of the kinds of runs; the clock is the store's."""

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        intervals: Mapping[Kind, float],
        *,
        retry_seconds: float,
    ) -> None:
        self._client = client
        self._key = keys.due
        self._intervals = intervals
        self._retry = retry_seconds

    def due(self) -> list[Kind]:
        """The kinds whose time has come; a kind that was never planned is planned now."""
        now = self._client.time()[0]
        planned = cast("dict[bytes, bytes]", self._client.hgetall(self._key))
        come = []
        for kind, interval in self._intervals.items():
            at = planned.get(kind.encode())
            # an interval that was made shorter counts from now on
            if at is None or int(at) > now + interval:
                self._client.hset(self._key, kind, int(now + interval))
            elif int(at) <= now:
                come.append(kind)
        return come

    def is_due(self, kind: Kind) -> bool:
        """Whether the time of a kind has come."""
        planned = cast("bytes | None", self._client.hget(self._key, kind))
        return planned is not None and int(planned) <= self._client.time()[0]

    def plan(self, kind: Kind) -> None:
        """Plan the next run of a kind, and of the lesser ones that it makes needless."""
        now = self._client.time()[0]
        covered = [
            kind,
            *({Kind.FULL: [Kind.PAGES, Kind.DELTA], Kind.PAGES: [Kind.DELTA]}.get(kind, [])),
        ]
        for one in covered:
            if one in self._intervals:
                self._client.hset(self._key, one, int(now + self._intervals[one]))

    def retry(self, kind: Kind) -> None:
        """Plan another attempt at a run that failed, no later than it was planned anyway."""
        at = self._client.time()[0] + min(self._retry, self._intervals.get(kind, self._retry))
        planned = cast("bytes | None", self._client.hget(self._key, kind))
        if planned is None or int(planned) > at:
            self._client.hset(self._key, kind, int(at))
