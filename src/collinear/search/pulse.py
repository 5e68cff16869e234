"""A sign of life beside the index: readers must know whether anybody still keeps it level."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

_EVERY = 1.0
"""Seconds between two signs; whoever waits for one should have the patience for many."""


class Pulse:
    """The sign of life in one folder: a file that is touched again and again."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "alive"

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Give signs of life while the block runs, whatever it does; the last one stays."""
        stop = Event()

        def beat() -> None:
            while True:
                with suppress(OSError):  # who writes to a folder in trouble tells of it
                    self._file.touch()
                if stop.wait(_EVERY):
                    return

        thread = Thread(target=beat, name="pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def silent_seconds(self) -> float | None:
        """Seconds since the last sign of life; None where there never was one."""
        try:
            last = self._file.stat().st_mtime
        except OSError:
            return None
        return round(max(time.time() - last, 0.0), 3)
