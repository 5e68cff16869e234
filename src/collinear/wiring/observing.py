"""What a worker is seen by."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from collinear.settings import Settings
from collinear.store.counters import WorkerCounters
from collinear.telemetry.tally import Tally
from collinear.telemetry.traces import Tracing, create_tracing
from collinear.wiring.stores import catalog_keys, open_store


@contextmanager
def open_counters(settings: Settings, tally: Tally) -> Iterator[WorkerCounters]:
    """What tells the store, while the block runs, what this worker counts and that it lives."""
    with open_store(settings) as client:
        counters = WorkerCounters(
            client,
            catalog_keys(settings),
            tally,
            name=f"{socket.gethostname()}:{os.getpid()}",
            slots=settings.worker_concurrency,
        )
        with counters.telling():
            yield counters


@contextmanager
def open_tracing(settings: Settings, part: str) -> Iterator[Tracing | None]:
    """What sends the traces of this part; None where no collector is set."""
    tracing = create_tracing(settings.otel_endpoint, part=part)
    try:
        yield tracing
    finally:
        if tracing is not None:
            tracing.close()
