"""The tasks, run by a real worker and a real beat on a real queue."""

import json
import re
import signal
from collections.abc import Callable
from threading import Event

import pytest
import redis
from celery import Celery

from collinear.refreshes import QUEUE, TASKS, Refreshes
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from collinear.store.runs import Runs
from collinear.wiring.queue import create_celery
from collinear.wiring.synchronisation import open_sync
from tests.agreement import assert_agreement, assert_at_rest, assert_snapshot, stored_ids
from tests.hubs import RunningHub
from tests.parts import Start
from tests.waiting import wait_until


def fill(hub: RunningHub, count: int) -> list[str]:
    ids = [f"acme/set-{n:03d}" for n in range(count)]
    for name in ids:
        hub.add(id=name, downloads=1)
    return ids


@pytest.fixture
def celery(settings: Settings) -> Celery:
    return create_celery(settings)


@pytest.fixture
def runs(store: redis.Redis, keys: Keys) -> Runs:
    return Runs(store, keys, lease_seconds=2)


def finished(runs: Runs, number: int) -> Callable[[], bool]:
    def check() -> bool:
        run = runs.current()
        return run is not None and run.number >= number and not run.state.going_on

    return check


def test_an_empty_catalog_is_loaded_at_once(
    hub: RunningHub, start: Start, loaded: Callable[[], None], store: redis.Redis, keys: Keys
) -> None:
    """A worker alone is enough: it looks at what is due when it comes up, and tells each step."""
    ids = fill(hub, 7)

    worker = start("worker")
    loaded()

    assert stored_ids(store, keys) == ids
    assert_agreement(store, keys)
    assert_snapshot(store, keys)
    assert_at_rest(store, keys)
    assert worker.stop() == 0
    started = re.findall(r"task_started .*page=(\d)", worker.log)
    ended = re.findall(r"task_succeeded .*page=(\d).*rows=(\d).*seconds=", worker.log)
    assert sorted(started) == ["0", "1", "2", "3"]
    assert sorted(ended) == [("0", "2"), ("1", "2"), ("2", "2"), ("3", "1")]


def test_beat_runs_all_three_kinds(
    hub: RunningHub, start: Start, loaded: Callable[[], None], runs: Runs
) -> None:
    """With intervals of a second or two each kind comes up by itself."""
    fill(hub, 3)
    soon = {
        "COLLINEAR_FULL_REFRESH_SECONDS": "4",
        "COLLINEAR_PAGE_REFRESH_SECONDS": "2",
        "COLLINEAR_DELTA_SECONDS": "1",
    }
    start("worker", **soon)
    start("beat", **soon)
    loaded()

    seen: set[Kind] = set()

    def all_kinds() -> bool:
        run = runs.current()
        if run is not None:
            seen.add(run.kind)
        return seen >= {Kind.FULL, Kind.PAGES, Kind.DELTA}

    wait_until(all_kinds, "each kind to run", within=30)


@pytest.mark.anyio
async def test_a_refresh_that_was_asked_for_can_be_followed(
    hub: RunningHub, start: Start, loaded: Callable[[], None], runs: Runs, celery: Celery
) -> None:
    """Its task has a state from the request to the summary, in the result backend too."""
    fill(hub, 5)
    start("worker")
    loaded()
    hub.edit("acme/set-001", likes=4)
    refreshes = Refreshes(runs, celery)

    refresh = await refreshes.request("full")
    wait_until(
        lambda: celery.AsyncResult(refresh.task_id).state == "SUCCESS", "the task to succeed"
    )
    outcome = await refreshes.outcome(refresh.task_id)

    assert refresh.accepted
    assert outcome is not None
    assert (outcome["state"], outcome["run_id"], outcome["kind"]) == (
        "SUCCESS",
        refresh.run_id,
        "full",
    )
    assert (outcome["summary"]["updated"], outcome["summary"]["unchanged"]) == (1, 4)
    assert await refreshes.outcome("no-such-task") is None


def test_a_message_without_a_request_starts_a_run_too(
    hub: RunningHub, start: Start, loaded: Callable[[], None], celery: Celery
) -> None:
    """Other programs know the tasks by name: full, and page-wise."""
    fill(hub, 3)
    start("worker")
    loaded()

    for kind in (Kind.FULL, Kind.PAGES):
        task = celery.send_task(TASKS[kind], queue=QUEUE)
        wait_until(lambda task=task: task.state == "SUCCESS", f"the {kind} run", within=20)
        assert task.result["kind"] == kind.value
        assert task.result["rows"] == 3


def test_a_message_that_comes_twice_is_one_request(
    hub: RunningHub, start: Start, loaded: Callable[[], None], celery: Celery
) -> None:
    """The second is no answer to the first: its task ends with the summary of the run."""
    fill(hub, 3)
    start("worker")
    loaded()
    hub.fault("slow", times=2, delay=0.5)

    task = celery.send_task(TASKS[Kind.FULL], queue=QUEUE)
    celery.send_task(TASKS[Kind.FULL], queue=QUEUE, task_id=task.id)
    wait_until(lambda: task.state == "SUCCESS", "the run", within=20)

    assert task.result.get("rows") == 3


def test_the_end_of_a_run_is_told_though_its_worker_died_at_it(
    hub: RunningHub, start: Start, settings: Settings, runs: Runs, celery: Celery
) -> None:
    """Killed between the last word in the books and the answer: the next worker tells it."""
    fill(hub, 1)
    with open_sync(settings.model_copy(update={"hf_endpoint": hub.url}), Event()) as sync:
        wanted = runs.request(Request.new(Kind.FULL))
        run = sync.begin(wanted)
        assert run is not None
        sync.page(run.number, 0, on_next=lambda _: None)
        sync.finish(run.number)

    start("worker")
    task = celery.AsyncResult(wanted.task_id)
    wait_until(lambda: task.state == "SUCCESS", "the end to be told", within=20)

    assert task.result["created"] == 1


def test_kill_9_in_mid_load_and_the_load_still_completes(
    hub: RunningHub, start: Start, store: redis.Redis, keys: Keys, runs: Runs
) -> None:
    """The Hub is slow, the worker dies on a page, and the next worker goes on from there."""
    ids = fill(hub, 12)
    hub.fault("slow", times=1000, delay=0.2, match="cursor")
    first = start("worker")

    def has_begun() -> bool:
        run = runs.current()
        return run is not None and run.count("pages_done") >= 2

    wait_until(has_begun, "two pages", within=20)
    first.kill()
    hub.clear_faults()
    hub.clear_requests()
    start("worker")
    start("beat")
    wait_until(finished(runs, 1), "the run to end", within=30)

    assert stored_ids(store, keys) == ids
    assert len(hub.requests) <= 5
    assert_agreement(store, keys)
    assert_snapshot(store, keys)
    assert_at_rest(store, keys)


def test_two_workers_share_the_pages_of_a_run(
    hub: RunningHub,
    start: Start,
    loaded: Callable[[], None],
    celery: Celery,
    store: redis.Redis,
    keys: Keys,
) -> None:
    """Page by page, in parallel, and together they store each dataset once."""
    ids = fill(hub, 30)
    workers = [start("worker"), start("worker")]
    wait_until(lambda: all(" ready." in one.log for one in workers), "both workers", within=30)
    loaded()
    for name in ids:
        hub.edit(name, likes=2)
    hub.fault("slow", times=1000, delay=0.05, match="cursor")

    task = celery.send_task(TASKS[Kind.PAGES], queue=QUEUE)
    wait_until(lambda: task.state == "SUCCESS", "the page-wise run", within=30)

    assert task.result["updated"] == 30
    assert_agreement(store, keys)
    assert_snapshot(store, keys)
    pages = [re.findall(r"task_succeeded kind=pages|kind=pages page=\d+", w.log) for w in workers]
    assert all(pages)


def test_the_hub_is_away_when_the_system_starts(
    hub: RunningHub, start: Start, loaded: Callable[[], None], store: redis.Redis, keys: Keys
) -> None:
    """It says what is wrong, keeps trying, and loads by itself when the Hub is back."""
    ids = fill(hub, 3)
    hub.fault("hang_up", times=1000)
    start("worker")

    told = wait_until(lambda: store.hget(keys.meta, "last_error"), "the trouble", within=20)
    hub.clear_faults()
    loaded()

    assert "cannot be reached" in json.loads(told)["message"]
    assert stored_ids(store, keys) == ids
    assert store.hget(keys.meta, "last_error") == b""


@pytest.mark.parametrize("part", ["worker", "beat"])
@pytest.mark.parametrize("words", ["", "beat_started|run_began"])
def test_a_part_that_is_told_to_stop_stops(
    start: Start, store: redis.Redis, keys: Keys, part: str, words: str
) -> None:
    """Whether it has just been started (the signal itself ends it then) or works already."""
    process = start(part)
    wait_until(lambda: re.search(words, process.log), "the part to come up", within=20)

    assert process.stop() in ({0} if words else {0, -signal.SIGTERM})


def test_a_store_of_another_hub_is_refused(start: Start, store: redis.Redis, keys: Keys) -> None:
    """One clear line, and nothing is touched."""
    store.hset(keys.meta, mapping={"endpoint": "https://hub.example", "total_items": 5})

    worker = start("worker")

    assert worker.process.wait(20) == 78
    assert "holds the catalog of https://hub.example" in worker.log
    assert "Traceback" not in worker.log
    assert store.hget(keys.meta, "total_items") == b"5"


def test_a_commit_is_seen_while_a_long_run_waits_for_its_quota(
    hub: RunningHub, start: Start, loaded: Callable[[], None], store: redis.Redis, keys: Keys
) -> None:
    """Thirty pages at ten requests in a window: the newest commits do not wait for the end."""
    ids = fill(hub, 60)
    start("worker", COLLINEAR_DELTA_SECONDS="1", COLLINEAR_PAGE_REFRESH_SECONDS="3600")
    loaded()
    hub.quota(api=40, window=10)
    runs = Runs(store, keys, lease_seconds=2)
    runs.request(Request.new(Kind.PAGES))
    start("beat")
    wait_until(
        lambda: (run := runs.current()) and run.kind is Kind.PAGES and run.count("pages_done") > 3,
        "the run to be under way",
    )
    hub.edit(ids[-1], commit=True, likes=77)

    wait_until(
        lambda: b'"likes":77' in (store.hget(keys.documents, ids[-1]) or b""),
        "the commit to be stored",
    )
    run = runs.current()
    assert run is not None
    assert (run.kind, run.state.going_on) == (Kind.PAGES, True)
    hub.quota(api=10_000)
    assert hub.stats()["by_status"].get("429", 0) == 0
