"""The newest commits, also while a long run goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread

from collinear.store.run_records import Kind, Run, State
from collinear.store.schedule import Schedule
from collinear.store.trouble import explain
from collinear.sync.walk import Sync
from collinear.telemetry import get_logger
from collinear.worker.tasks import logged

log = get_logger(__name__)

_LOOK = "look_at_newest_hf_datasets"


@contextmanager
def following_newest(
    sync: Sync, schedule: Schedule, stopping: Event, *, every: float
) -> Iterator[None]:
    """
    Look at the newest commits when a delta is due that has to wait for a complete run.

    It is a thread and no task: all tasks at a time may be pages that wait for the next window of
    the quota.  The block ends after ``stopping`` was set, or sets it.
    """

    def follow() -> None:
        while not stopping.wait(every):
            try:
                run = _run_to_look_from(sync, schedule)
            except Exception as error:
                if explain(error) is None:  # a Redis in trouble is told by the tasks
                    log.exception("newest_failed", error=repr(error))
                continue
            if run is not None:
                with logged(_LOOK, run=run.run_id) as outcome:
                    schedule.plan(Kind.DELTA)
                    kept = sync.look_at_newest(run.number)
                    outcome["changed"] = 0 if kept is None else kept.stored.changed

    # Seen by what this process is seen by
    thread = Thread(target=copy_context().run, args=(follow,), name="newest", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _run_to_look_from(sync: Sync, schedule: Schedule) -> Run | None:
    """The complete run that a delta would wait for, where one is due."""
    run = sync.runs.current()
    if run is None or run.state is not State.RUNNING or not run.kind.complete:
        return None
    return run if schedule.is_due(Kind.DELTA) and sync.catalog.warmed() else None
