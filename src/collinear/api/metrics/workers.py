"""The workers, as they have told the store."""

from collections.abc import Iterable

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from collinear.api.metrics.state import gauge
from collinear.store.counter_reader import Counters


class WorkersState(Collector):
    """Who works, at how much, and how much waits."""

    def __init__(self, counters: Counters | None) -> None:
        self._counters = counters

    def collect(self) -> Iterable[Metric]:
        """Nothing while the store does not answer."""
        known = self._counters
        if known is None:
            return
        yield gauge("collinear_workers", "Workers with a sign of life.", len(known.workers))
        yield gauge(
            "collinear_worker_slots",
            "Tasks that the workers can do at a time.",
            sum(worker.slots for worker in known.workers),
        )
        yield gauge(
            "collinear_tasks_running",
            "Tasks that are being done.",
            sum(worker.running for worker in known.workers),
        )
        if known.queued is not None:
            yield gauge("collinear_tasks_queued", "Tasks that wait for a worker.", known.queued)
