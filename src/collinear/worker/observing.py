"""Around every task: on whose behalf, how long, what came of it, and its place in a trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Task

from collinear.settings import Settings
from collinear.store.counters import WorkerCounters
from collinear.telemetry.scope import HEADER, TRACEPARENT, Scope, inside, origin_facts
from collinear.telemetry.tally import Tally
from collinear.telemetry.traces import Tracing
from collinear.wiring.observing import open_counters, open_tracing


class Observing:
    """What a worker is seen by."""

    def __init__(self, tally: Tally, counters: WorkerCounters, tracing: Tracing | None) -> None:
        self.tally = tally
        self._counters = counters
        self._tracing = tracing

    def task_class(self) -> "type[Task[Any, Any]]":
        """The base of tasks that are seen."""
        observing = self

        class Observed(Task[Any, Any]):
            abstract = True

            def __call__(self, *args: Any, **kwargs: Any) -> Any:
                with observing._counters.working():
                    return observing._run(self, super().__call__, args, kwargs)

        return Observed

    def _run(self, task: "Task[Any, Any]", work: Any, args: Any, kwargs: Any) -> Any:
        carried = task.request.get(HEADER) or {}
        facts = {"task_id": str(task.request.id), **origin_facts(carried)}
        origin = str(carried.get(TRACEPARENT, ""))
        if self._tracing is None:
            with inside(Scope(self.tally, facts, origin=origin)):
                return work(*args, **kwargs)
        span = self._tracing.begin(
            f"task {task.name}",
            kind="consumer",
            traceparent=origin,
            attributes={f"collinear.{name}": fact for name, fact in facts.items()},
        )
        try:
            with inside(Scope(self.tally, facts, span, origin)):
                return work(*args, **kwargs)
        finally:
            span.end()


@contextmanager
def open_observing(settings: Settings) -> Iterator[Observing]:
    """What this worker is seen by while the block runs; the block itself is seen, too."""
    tally = Tally()
    with (
        open_tracing(settings, "worker") as tracing,
        open_counters(settings, tally) as counters,
        inside(Scope(tally)),
    ):
        yield Observing(tally, counters, tracing)
