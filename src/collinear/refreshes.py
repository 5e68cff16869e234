"""Asking for a refresh, and asking what became of it."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from anyio import to_thread
from celery import Celery
from celery.result import AsyncResult
from kombu.exceptions import OperationalError

from collinear.domain.errors import StoreUnavailable, UpstreamSuspicious
from collinear.store.answering import answering
from collinear.store.prompt import Line
from collinear.store.run_records import Kind, Request, Run, State
from collinear.store.runs import Runs
from collinear.store.summary import summarise
from collinear.store.trouble import in_words
from collinear.telemetry.scope import HEADER, carried

A = TypeVar("A")
Q = TypeVar("Q")

_THREADS = 8
"""That ask at a time."""

QUEUE = "collinear"
TASKS = {
    Kind.FULL: "refresh_hf_datasets_full_cache",
    Kind.PAGES: "refresh_hf_datasets_cache_task",
    Kind.DELTA: "refresh_hf_datasets_delta",
}
"""The task that starts a run of each kind that can be asked for."""


class Refresh(NamedTuple):
    """The run that answers a request; not accepted: it went on, or waited, already."""

    accepted: bool
    task_id: str
    run_id: str


class Refreshes:
    """The requests of people and programs; the books are in the store, the work in the worker."""

    def __init__(self, runs: Runs, celery: Celery) -> None:
        self._runs = runs
        self._celery = celery
        self._line = Line(at_a_time=_THREADS)

    async def request(
        self, kind: str, *, accept_removals: bool = False, accept_upstream: bool = False
    ) -> Refresh:
        """
        Queue a run of a kind: full, pages or delta.

        While one of that kind goes on or waits, that one is the answer; what is accepted (more
        removals than usual, answers of the Hub that look wrong) then holds for it too.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        wanted = Request.new(
            Kind(kind),
            accept_removals=accept_removals,
            accept_upstream=accept_upstream,
            origin=carried(),
        )
        return await self._ask(_request, wanted)

    async def outcome(self, task_id: str) -> dict[str, Any] | None:
        """State, progress, summary or error of a refresh; None for an unknown task."""
        return await self._ask(_outcome, task_id)

    async def _ask(self, question: Callable[[Runs, Celery, Q], A], about: Q) -> A:
        """
        The answer of a thread, which is left behind where it takes too long.

        What it has asked for by then may still come to be: whoever asks again gets the same run.
        """
        thread = partial(
            to_thread.run_sync, question, self._runs, self._celery, about, abandon_on_cancel=True
        )
        async with answering():
            try:
                return await self._line.ask(thread)
            except OperationalError as error:
                raise StoreUnavailable(in_words(error)) from error


def _request(runs: Runs, celery: Celery, wanted: Request) -> Refresh:
    known = runs.request(wanted)
    accepted = known.run_id == wanted.run_id
    if accepted:
        # Should the message be lost, the request is still in the store, and found there
        celery.send_task(
            TASKS[known.kind],
            kwargs={"run_id": known.run_id},  # what it accepts is in the books
            task_id=known.task_id,
            queue=QUEUE,
            retry=False,
            ignore_result=True,  # it is looked up by its id: nothing is to be listened to
            headers={HEADER: carried()},
        )
    return Refresh(accepted, known.task_id, known.run_id)


def _outcome(runs: Runs, celery: Celery, task_id: str) -> dict[str, Any] | None:
    # A request waits, then is the current run, then has a result: asked for in this order it is
    # found wherever it is, also while it passes from one to the next
    for request in runs.waiting():
        if request.task_id == task_id:
            return _outcome_of(task_id, request.run_id, request.kind.value, "PENDING")
    run = runs.current()
    if run is not None and run.task_id == task_id:
        return _of_run(run)
    result: AsyncResult[Any] = AsyncResult(task_id, app=celery)
    if result.state in {"STARTED", "SUCCESS"} and isinstance(result.result, dict):
        summary = result.result
        answer = _outcome_of(task_id, summary.get("run_id"), summary.get("kind"), result.state)
        return {**answer, "summary": summary if result.state == "SUCCESS" else None}
    if result.state == "FAILURE":
        return {
            **_outcome_of(task_id, None, None, "FAILURE"),
            "error": str(result.result),
            "quarantined": isinstance(result.result, UpstreamSuspicious),
        }
    return None


def _of_run(run: Run) -> dict[str, Any]:
    state = {State.SUCCEEDED: "SUCCESS", State.FAILED: "FAILURE"}.get(run.state, "STARTED")
    answer = _outcome_of(run.task_id, run.run_id, run.kind.value, state)
    total = run.fields.get("pages_total")
    answer["progress"] = {
        "pages_done": run.count("pages_done"),
        "pages_total": int(total) if total else None,
        "rows": run.count("rows"),
        "started_at": run.started_at,
    }
    if run.state is State.SUCCEEDED:
        answer["summary"] = summarise(run)
    elif run.state is State.FAILED:
        answer["error"] = json.loads(run.fields["error"])["message"]
        answer["quarantined"] = run.quarantined
    return answer


def _outcome_of(task_id: str, run_id: str | None, kind: str | None, state: str) -> dict[str, Any]:
    return {
        "task_id": task_id,
        "run_id": run_id,
        "kind": kind,
        "state": state,
        "progress": None,
        "summary": None,
        "error": None,
        "quarantined": False,
    }
