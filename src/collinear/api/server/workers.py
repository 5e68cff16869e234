"""Several processes behind one address, kept by one that answers nothing itself."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing import connection, get_context, parent_process
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import NamedTuple

from collinear.settings import Settings
from collinear.telemetry import get_logger

log = get_logger(__name__)

Serve = Callable[[Settings, socket.socket], None]

_SETTLED = 5.0
"""Seconds after which a process that ends was not stillborn."""
_MOST_STILLBORN = 3
"""In a row: another one would end as they did."""
_PATIENCE = 10.0
"""Seconds that processes get to end: twice what they give their requests."""


class _Worker(NamedTuple):
    process: SpawnProcess
    began: float


class Workers:
    """
    So many processes that accept from one listener: who is busy leaves callers to the others.

    One that ends is replaced.  All end when this process is told to, or is gone.
    """

    def __init__(
        self, serve: Serve, settings: Settings, listener: socket.socket, *, count: int
    ) -> None:
        """``serve`` answers until SIGTERM; it must be importable by name."""
        self._serve = serve
        self._settings = settings
        self._listener = listener
        self._count = count
        self._stopping, self._stop = os.pipe()

    def run(self) -> None:
        """
        Keep them until SIGTERM or SIGINT.

        Raises:
            SystemExit: With 1 where they end as soon as they begin.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told)
        workers = [self._start() for _ in range(self._count)]
        stillborn = 0
        try:
            while True:
                sentinels = [worker.process.sentinel for worker in workers]
                if self._stopping in connection.wait([self._stopping, *sentinels]):
                    return
                for place, worker in enumerate(workers):
                    if worker.process.is_alive():
                        continue
                    early = time.monotonic() - worker.began < _SETTLED
                    stillborn = stillborn + 1 if early else 0
                    log.warning("api_worker_ended", exit_code=worker.process.exitcode)
                    if stillborn >= _MOST_STILLBORN:
                        raise SystemExit(1)
                    workers[place] = self._start()
        finally:
            self._end(workers)

    def _start(self) -> _Worker:
        process = get_context("spawn").Process(
            target=_work, args=(self._serve, self._settings, self._listener), name="api"
        )
        process.start()
        return _Worker(process, time.monotonic())

    def _end(self, workers: list[_Worker]) -> None:
        # When they have left it too, callers are refused, and not kept waiting for nobody
        self._listener.close()
        for worker in workers:
            worker.process.terminate()
        deadline = time.monotonic() + _PATIENCE
        for worker in workers:
            worker.process.join(max(deadline - time.monotonic(), 0))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def _told(self, number: int, frame: FrameType | None) -> None:
        os.write(self._stop, b"!")


def _work(serve: Serve, settings: Settings, listener: socket.socket) -> None:
    """One of them."""
    # Ctrl-C in a terminal reaches all: the one that keeps us says when to end
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    serve(settings, listener)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_PATIENCE)
        os.kill(os.getpid(), signal.SIGKILL)  # it hangs, and would keep the port
