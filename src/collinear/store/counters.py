"""What workers count, added up for all of them and for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from threading import Lock

import redis

from collinear.store.heartbeat import beating
from collinear.store.keys import Keys
from collinear.telemetry.tally import Tally

EVERY = 2.0
"""Seconds between two signs of life."""
_LEAVES = -1


class WorkerCounters:
    """
    Tells the store every other second what this worker has counted, and that it lives.

    Who is killed takes with him what he counted since.
    """

    def __init__(
        self, client: redis.Redis, keys: Keys, tally: Tally, *, name: str, slots: int
    ) -> None:
        """``name`` tells this worker from all others, ``slots`` is how many tasks it can do."""
        self._keys = [keys.counters, keys.workers]
        self._tally = tally
        self._name = name
        self._slots = slots
        self._running = 0
        self._lock = Lock()
        self._script = client.register_script(
            files("collinear.store").joinpath("counters.lua").read_bytes()
        )

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell while the block runs; and once more at its end, that this worker leaves."""
        try:
            with beating(lambda: self._tell(self._running), EVERY):
                yield
        finally:
            self._tell(_LEAVES)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A task is being done while the block runs."""
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def _change(self, by: int) -> None:
        with self._lock:
            self._running += by

    def _tell(self, running: int) -> None:
        """Add up; a Redis in trouble is told another time (and some twice, if it only was slow)."""
        counted = self._tally.take()
        told = [part for item in counted.items() for part in item]
        try:
            self._script(self._keys, [self._name, running, self._slots, *told])
        except redis.RedisError:
            self._tally.give_back(counted)
