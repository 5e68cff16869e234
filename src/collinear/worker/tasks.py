"""Tasks only unpack a message, call a flow, and say what comes next."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery, Task

from collinear.domain.errors import (
    CatalogError,
    CursorRejected,
    HandedBack,
    RunFenced,
    UpstreamSuspicious,
)
from collinear.refreshes import TASKS
from collinear.store.parquet.copy import ParquetCopy
from collinear.store.run_records import Kind, Request, Run, State
from collinear.store.schedule import Schedule
from collinear.store.summary import summarise
from collinear.sync.walk import Sync
from collinear.telemetry import get_logger
from collinear.telemetry.families import TASK_SECONDS
from collinear.telemetry.scope import HEADER, about, carried, failed, on_behalf_of, step

PAGE = "fetch_datasets_page"
FINISH = "finish_hf_datasets_run"
REGRADE = "regrade_hf_datasets"
PARQUET = "write_hf_datasets_parquet"
OVERSEE = "oversee_hf_datasets"

_LOOK_AGAIN = 0.1
"""Seconds from one look at what is due or lost to the next."""

log = get_logger(__name__)


def add_tasks(
    celery: Celery,
    sync: Sync,
    schedule: Schedule,
    parquet: ParquetCopy,
    base: "type[Task[Any, Any]]",
) -> None:
    """
    Give the application its tasks; ``base`` is the class of all of them.

    Their results are ignored: what becomes of a run is written into the result backend under
    the id of the task that was asked for, at the moment when it is true.
    """
    crew = _Crew(celery, sync, schedule, parquet)

    def add_start(kind: Kind, name: str) -> None:
        @celery.task(name=name, bind=True, ignore_result=True, base=base)
        def start(
            self: "Task[Any, Any]",
            run_id: str | None = None,
            accept_removals: bool = False,
            accept_upstream: bool = False,
        ) -> None:
            if run_id is not None:
                crew.start(kind, run_id)
                return
            crew.ask(
                Request.new(
                    kind,
                    task_id=self.request.id,
                    accept_removals=accept_removals,
                    accept_upstream=accept_upstream,
                    origin=carried(),
                )
            )

    for kind, name in TASKS.items():
        add_start(kind, name)

    @celery.task(name=PAGE, ignore_result=True, base=base)
    def fetch_page(number: int, page: int) -> None:
        crew.page(number, page)

    @celery.task(name=FINISH, ignore_result=True, base=base)
    def finish(number: int) -> None:
        crew.finish(number)

    @celery.task(name=REGRADE, ignore_result=True, base=base)
    def regrade(number: int) -> None:
        crew.regrade(number)

    @celery.task(name=PARQUET, ignore_result=True, base=base)
    def write_parquet() -> None:
        crew.write_parquet()

    @celery.task(name=OVERSEE, ignore_result=True, base=base)
    def oversee() -> None:
        crew.oversee()


class _Crew:
    """What the tasks do, and what each of them lets follow."""

    def __init__(
        self, celery: Celery, sync: Sync, schedule: Schedule, parquet: ParquetCopy
    ) -> None:
        self._celery = celery
        self._sync = sync
        self._schedule = schedule
        self._parquet = parquet
        self._looked = float("-inf")
        self._thresholds_told = False

    def start(self, kind: Kind, run_id: str) -> None:
        """Begin a run that was asked for, or leave it waiting while another one goes on."""
        with logged(TASKS[kind], run=run_id) as outcome:
            # once it has begun it waits no more: a message that comes late starts nothing
            wanted = [one for one in self._sync.runs.waiting() if one.run_id == run_id]
            outcome["began"] = bool(wanted) and self._begin(wanted[0])

    def ask(self, wanted: Request) -> None:
        """Ask for a run and begin it, for a message that came without a request in the books."""
        with logged(TASKS[wanted.kind], run=wanted.run_id) as outcome:
            known = self._sync.runs.request(wanted)
            if known.run_id == wanted.run_id:
                outcome["began"] = self._begin(known)
                return
            outcome["joined"] = known.run_id
            if known.task_id != wanted.task_id:  # else the same message came twice
                joined = {**known._asdict(), "origin": None}
                self._tell(wanted.task_id, {"status": "already_running", **joined})

    def page(self, number: int, page: int) -> None:
        """Fetch and store one page."""
        with logged(PAGE, run_number=number, page=page) as outcome:
            try:
                report = self._sync.page(number, page, on_next=lambda n: self._send_page(number, n))
            except (CursorRejected, UpstreamSuspicious):
                self._settle()
                raise
            except HandedBack:
                # whoever is alive, or starts next, goes on with it at once
                self._send_page(number, page)
                raise
            if report is None:
                outcome["skipped"] = True
                return
            outcome.update(
                run=report.run_id,
                kind=report.kind.value,
                rows=report.rows,
                changed=report.stored.changed,
                unchanged=report.stored.unchanged,
                rejected=report.rejected,
            )
            if report.complete:
                self._send(FINISH, number)

    def finish(self, number: int) -> None:
        """Close a run, tell its task, and let the next one begin."""
        with logged(FINISH, run_number=number) as outcome:
            try:
                summary = self._sync.finish(number)
            except UpstreamSuspicious:
                self._settle()
                raise
            except HandedBack:
                self._send(FINISH, number)
                raise
            if summary is None:
                outcome["skipped"] = True
                return
            outcome.update(run=summary["run_id"], rows=summary["rows"])
            self._settle()
            self._begin_waiting()
            self._ask_for_parquet()

    def regrade(self, number: int) -> None:
        """Grade everything anew by the thresholds in force."""
        with logged(REGRADE, run_number=number):
            if self._sync.regrade(number):
                self._send(FINISH, number)

    def write_parquet(self) -> None:
        """Write the snapshot as a Parquet file too; nobody waits for it, least of all a run."""
        with logged(PARQUET) as outcome:
            written = self._parquet.write()
            outcome.update(written._asdict() if written else {"skipped": True})

    def oversee(self) -> None:
        """Resume what was lost, ask for what is due, begin what waits."""
        with step(TASK_SECONDS, OVERSEE):
            self._oversee()

    def _oversee(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK_AGAIN:
            return  # messages that piled up while no worker was there: one look is enough
        self._looked = now
        sync = self._sync
        lost = sync.runs.take_over()
        if lost is not None:
            log.warning("run_resumed", run=lost.run_id, kind=lost.kind.value)
            with about(run=lost.run_id):
                self._dispatch(lost)
            return
        self._settle()
        if not self._thresholds_told:
            # the worker that started last has the say; two that disagree do not take turns
            sync.catalog.thresholds.want()
            self._thresholds_told = True
        if sync.catalog.thresholds.differ():
            sync.runs.request(Request.new(Kind.REGRADE))
        warmed = sync.catalog.warmed()
        last = sync.runs.current()
        if not warmed and not (last and last.state is State.FAILED):
            sync.runs.request(Request.new(Kind.FULL))
        walks = last is not None and last.state.going_on and last.kind.complete
        for kind in self._schedule.due():
            if kind is Kind.DELTA and walks:
                continue  # that run looks at the newest commits by itself
            # before the first load the lesser runs are worth nothing
            if warmed or kind is Kind.FULL:
                sync.runs.request(Request.new(kind))
            self._schedule.plan(kind)
        self._begin_waiting()
        self._ask_for_parquet()

    def _begin_waiting(self) -> None:
        for request in self._sync.runs.waiting():
            if self._begin(request):
                return

    def _ask_for_parquet(self) -> None:
        if self._parquet.ask():
            self._send(PARQUET)

    def _settle(self) -> None:
        """Tell the task of a run that has ended; again, if somebody died before he had done so."""
        run = self._sync.runs.current()
        if run is None or run.state.going_on or run.told:
            return
        if run.state is State.SUCCEEDED:
            self._tell(run.task_id, summarise(run))
            self._schedule.plan(run.kind)
        else:
            error = json.loads(run.fields["error"])["message"]
            kind = UpstreamSuspicious if run.quarantined else CatalogError
            self._store_result(run.task_id, kind(error), "FAILURE")
            # only a complete run lifts a quarantine
            self._schedule.retry(
                run.kind if run.kind.complete or not run.quarantined else Kind.PAGES
            )
        self._sync.runs.mark_told(run.number)

    def _begin(self, request: Request) -> bool:
        self._settle()  # its record goes with the beginning of the next run
        with on_behalf_of(request.origin, run=request.run_id):
            run = self._sync.begin(request)
            if run is None:
                return False
            begun = {"run_id": run.run_id, "kind": run.kind.value}
            self._store_result(run.task_id, begun, "STARTED")
            self._dispatch(run)
        return True

    def _dispatch(self, run: Run) -> None:
        """Send what is left to do of a run, all at once."""
        if run.state is State.FINISHING:
            self._send(FINISH, run.number)
        elif run.kind is Kind.REGRADE:
            self._send(REGRADE, run.number)
        else:
            for page in self._sync.runs.open_pages():
                self._send_page(run.number, page)

    def _send_page(self, number: int, page: int) -> None:
        self._send(PAGE, number, page)

    def _send(self, task: str, *arguments: int) -> None:
        headers = {HEADER: carried()}
        self._celery.send_task(task, args=arguments, ignore_result=True, headers=headers)

    def _tell(self, task_id: str, summary: dict[str, Any]) -> None:
        self._store_result(task_id, summary, "SUCCESS")

    def _store_result(self, task_id: str, result: Any, state: str) -> None:
        self._celery.backend.store_result(task_id, result, state)


@contextmanager
def logged(task: str, **facts: Any) -> Iterator[dict[str, Any]]:
    """Log the start and the end of a task; the block adds what it learns to the facts."""
    started = time.monotonic()
    log.info("task_started", task=task, **facts)
    outcome: dict[str, Any] = {}
    with step(TASK_SECONDS, task) as this:
        try:
            yield outcome
        except (RunFenced, HandedBack) as left:
            this.outcome = "left"
            log.info("task_left", task=task, reason=str(left), **facts, **outcome)
        except CatalogError as error:
            this.outcome = "failed"
            failed(str(error))
            log.error("task_failed", task=task, error=str(error), **facts, **outcome)  # noqa: TRY400
        except Exception as error:
            # Whatever it was, the books know what is not done, and it is dispatched again
            this.outcome = "failed"
            failed(repr(error))
            log.exception("task_failed", task=task, error=repr(error), **facts, **outcome)
        else:
            seconds = round(time.monotonic() - started, 3)
            log.info("task_succeeded", task=task, seconds=seconds, **facts, **outcome)
