"""Signs of life beside the work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import redis


@contextmanager
def beating(renew: Callable[[], object], every: float) -> Iterator[None]:
    """Renew something now, and every so many seconds while the block runs."""
    stop = Event()

    def beat() -> None:
        while not stop.wait(every):
            try:
                renew()
            except redis.RedisError:
                continue  # the work itself meets the same trouble and tells of it

    thread = Thread(target=beat, name="heartbeat", daemon=True)
    renew()
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
