"""What Prometheus reads: what API processes and workers have counted, and how the catalog is."""

from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from collinear.api.metrics.counted import Counted
from collinear.api.metrics.state import CatalogState
from collinear.api.metrics.together import Alone, Together
from collinear.api.metrics.workers import WorkersState
from collinear.browse.readiness import IndexStatus
from collinear.store.counter_reader import Counters
from collinear.store.status import CatalogStatus
from collinear.telemetry import families
from collinear.telemetry.tally import Tally


class RequestMetrics:
    """
    What this process counts, and everything that can be told of the system.

    Processes that were given the same folder answer as one: each tells the sum of all.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """``folder`` is where the API processes behind one port add up; None: there is one."""
        self.tally = Tally()
        self.processes = Together(folder, self.tally) if folder else Alone(self.tally)

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self.tally.add(families.HTTP_REQUESTS, method, route, str(status))
        self.tally.time(families.HTTP_SECONDS, seconds, method, route)

    def remembered(self, outcome: str) -> None:
        """Count a question to the memory of whole answers: ``hit``, ``miss`` and the like."""
        self.tally.add(families.REMEMBERED, outcome)

    def exposition(
        self,
        status: CatalogStatus | None,
        index: IndexStatus | None,
        counters: Counters | None,
        *,
        now: float,
    ) -> bytes:
        """Everything in Prometheus's text format; ``status`` None: the store does not answer."""
        registry = CollectorRegistry()
        registry.register(Counted(self.processes, counters))
        registry.register(CatalogState(status, index, now))
        registry.register(WorkersState(counters))
        return generate_latest(registry)
