"""What is counted: cheap where it happens, whole where it is read."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import anyio
import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from collinear.api.metrics import RequestMetrics
from collinear.refreshes import QUEUE
from collinear.settings import Settings
from collinear.store.counters import WorkerCounters
from collinear.telemetry.families import (
    HTTP_IN_FLIGHT,
    HTTP_REQUESTS,
    SEARCH_SECONDS,
    TASK_SECONDS,
)
from collinear.telemetry.scope import Scope, inside, step
from collinear.telemetry.tally import Tally
from collinear.wiring.queue import create_celery
from tests.api.answers import found
from tests.api.serving import running_api
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until

Series = dict[tuple[str, ...], float]

API = """
import socket, sys
from collinear.api.main import create_server
from collinear.refreshes import QUEUE
from collinear.settings import Settings
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
create_server(Settings(_env_file=None)).run(sockets=[listener])
"""


def values(text: str) -> Series:
    """The samples of an exposition, by name and the values of their labels."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@contextmanager
def process(settings: Settings, port: int, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """An API process that shares its port with others."""
    environment = {
        **os.environ,
        "REDIS_URL": settings.redis_url,
        "COLLINEAR_DATA_DIR": str(settings.data_dir),
        "COLLINEAR_KEY_PREFIX": settings.key_prefix,
        "COLLINEAR_METRICS_DIR": str(folder),
    }
    command = [sys.executable, "-c", API, str(port)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as running:
        try:
            yield running
        finally:
            running.kill()


def scrape(port: int) -> Series:
    """On a connection of its own: the kernel chooses who answers."""
    answer = httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
    return values(answer.text)


def free(folder: Path) -> list[Path]:
    """The places of which nobody holds the lock."""
    found = []
    for lock in folder.glob("*.lock"):
        with lock.open() as file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            found.append(lock)
    return found


def taken(folder: Path) -> int:
    return len(list(folder.glob("*.lock"))) - len(free(folder))


def both_answer(port: int, folder: Path) -> bool:
    """Whether each of two has counted something, that is, was asked something."""
    with suppress(httpx2.TransportError):
        httpx2.get(f"http://127.0.0.1:{port}/livez", trust_env=False)
    return len(list(folder.glob("*.json"))) == 2


def test_two_processes_behind_one_port_are_one(settings: Settings, tmp_path: Path) -> None:
    """
    Whoever is asked tells the sum, and what only grows never shrinks from one scrape to the next,
    whether it is the same process or not, and also when one is killed and another takes its place.
    """
    folder = tmp_path / "metrics"
    problem = "collinear_http_requests_total", "/problems/{name}", "200", "GET"
    with socket.socket() as reserved, ExitStack() as stack:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        first = stack.enter_context(process(settings, port, folder))
        stack.enter_context(process(settings, port, folder))
        wait_until(lambda: both_answer(port, folder), "both to answer", within=30)
        url = f"http://127.0.0.1:{port}/problems/not-found"
        for asked in range(1, 41):
            assert httpx2.get(url, trust_env=False).status_code == 200
            if asked % 5 == 0:
                before = scrape(port).get(problem, 0)
                assert before <= asked
                assert scrape(port)[problem] >= before
        wait_until(lambda: scrape(port)[problem] == 40, "each to know what the other has counted")
        assert {scrape(port)[problem] for _ in range(10)} == {40}
        assert scrape(port)["collinear_http_requests_in_flight",] >= 1

        first.kill()
        first.wait()
        assert scrape(port)[problem] == 40
        stack.enter_context(process(settings, port, folder))
        wait_until(lambda: not free(folder), "a new one to take the place", within=30)
        assert httpx2.get(url, trust_env=False).status_code == 200
        wait_until(lambda: scrape(port)[problem] == 41, "it to go on where the other was")
        assert len(list(folder.glob("*.json"))) == 2


@pytest.mark.anyio
async def test_what_a_process_leaves_is_gone_on_with(tmp_path: Path) -> None:
    """Its counts, but not its levels; and what cannot be read is nothing."""
    first = RequestMetrics(tmp_path)
    async with first.processes.sharing():
        first.observe(method="GET", route="/livez", status=200, seconds=0.002)
        first.tally.watch(HTTP_IN_FLIGHT, lambda: 1)
        async with RequestMetrics(tmp_path).processes.sharing():
            assert taken(tmp_path) == 2
        first_told = values(first.exposition(None, None, None, now=0).decode())
        assert first_told["collinear_http_requests_in_flight",] == 1
    second = RequestMetrics(tmp_path)
    async with second.processes.sharing():
        told = values(second.exposition(None, None, None, now=0).decode())
        assert told["collinear_http_requests_total", "/livez", "200", "GET"] == 1
        assert told["collinear_http_request_duration_seconds_count", "/livez", "GET"] == 1
        assert told.get(("collinear_http_requests_in_flight",), 0) == 0
    (tmp_path / "0.json").write_text("half of a fi")
    (tmp_path / "7.json").write_text('["other"]')
    third = RequestMetrics(tmp_path)
    async with third.processes.sharing():
        told = values(third.exposition(None, None, None, now=0).decode())
        assert ("collinear_http_requests_total", "/livez", "200", "GET") not in told
        await anyio.lowlevel.checkpoint()


@pytest.mark.anyio
async def test_what_cannot_be_written_keeps_nobody_from_looking(tmp_path: Path) -> None:
    """A folder that is gone, or in whose place there is something else, as on a full disk: the
    numbers stand still, and go on when they can be written again."""
    folder = tmp_path / "counted"
    metrics = RequestMetrics(folder)

    def told() -> float:
        metrics.observe(method="GET", route="/livez", status=200, seconds=0.002)
        found = values(metrics.exposition(None, None, None, now=0).decode())
        return found["collinear_http_requests_total", "/livez", "200", "GET"]

    async with metrics.processes.sharing():
        assert told() == 1
        shutil.rmtree(folder)
        assert told() == 2
        shutil.rmtree(folder)
        folder.write_text("in the way")
        assert told() == 2
        folder.unlink()
        assert told() == 4


def test_a_search_shows_where_its_time_went(stock: Stock, settings: Settings) -> None:
    """Each stage that it went through, the calls to Redis, and what was remembered."""
    stock.put(dataset(1, "org/gsm8k", description="grade school math"))
    stock.index(settings.index_dir)
    with running_api(settings) as api:
        query = "search=math&facets=author&highlight=true&explain=true"
        assert found(api.get(f"/api/datasets?{query}"))["total"] == 1
        assert found(api.get("/api/datasets?search=matth"))["total"] == 1
        assert found(api.get("/api/datasets/suggest?q=gsm"))
        assert api.get("/api/datasets/org/gsm8k").status_code == 200
        assert api.get("/api/datasets/org/gsm8k").status_code == 200
        told = values(api.get("/metrics").text)
    stage = "collinear_search_stage_duration_seconds_count"
    for name in ("waiting", "reading", "matching", "forgiving", "facets", "explaining"):
        assert told[stage, *sorted(("ok", name))] >= 1, name
    assert told[stage, "highlighting", "ok"] == 1
    assert told[stage, "ok", "suggesting"] == 1
    calls = [key for key in told if key[0] == "collinear_redis_call_duration_seconds_count"]
    assert {outcome for key in calls for outcome in key[1:] if outcome.islower()} == {"ok"}
    assert sum(told[key] for key in calls) > 3


def test_what_workers_count_survives_them(stock: Stock, settings: Settings) -> None:
    """They add to the store what they have counted; the API shows the sum and who lives."""
    first, second = Tally(), Tally()
    one = WorkerCounters(stock.client, stock.keys, first, name="one", slots=4)
    two = WorkerCounters(stock.client, stock.keys, second, name="two", slots=2)
    count = "collinear_task_duration_seconds_count", "fetch_datasets_page", "ok"
    with running_api(settings) as api:
        with two.telling():
            with one.telling(), two.working():
                first.time(TASK_SECONDS, 0.3, "fetch_datasets_page", "ok")
                second.time(TASK_SECONDS, 3.0, "fetch_datasets_page", "ok")
                wait_until(
                    lambda: "collinear_tasks_running 1.0" in api.get("/metrics").text,
                    "the second sign of life",
                )
                told = values(api.get("/metrics").text)
                assert told["collinear_workers",] == 2
                assert told["collinear_worker_slots",] == 6
                assert told["collinear_tasks_queued",] == 0
            told = values(api.get("/metrics").text)
            assert told["collinear_workers",] == 1
        with create_celery(settings) as celery:
            celery.send_task("nobody_does_this", queue=QUEUE, ignore_result=True)
        told = values(api.get("/metrics").text)
    assert told["collinear_workers",] == 0
    assert told["collinear_tasks_queued",] == 1
    assert told[count] == 2
    assert told["collinear_task_duration_seconds_sum", *count[1:]] == pytest.approx(3.3)
    assert told["collinear_task_duration_seconds_bucket", "0.5", *count[1:]] == 1
    assert told["collinear_task_duration_seconds_bucket", "5.0", *count[1:]] == 2
    assert first.totals() == second.totals() == {}


def test_runs_add_to_what_all_runs_came_to(stock: Stock, settings: Settings) -> None:
    """In the same step as their own books, so that no page counts twice."""
    stock.put(dataset(1, "org/a"), dataset(2, "org/b"))
    with running_api(settings) as api:
        told = values(api.get("/metrics").text)
        assert told["collinear_sync_runs_total", "delta", "succeeded"] == 1
        pages = told["collinear_sync_pages_total", "delta"]
        stock.put(dataset(1, "org/a", downloads=7))
        told = values(api.get("/metrics").text)
    assert told["collinear_sync_runs_total", "delta", "succeeded"] == 2
    assert told["collinear_sync_pages_total", "delta"] > pages


def test_nobody_looks_and_nothing_is_counted() -> None:
    """A step outside of any scope is a step all the same, and an error goes its way."""
    tally = Tally()
    with pytest.raises(ValueError, match="so"), step(SEARCH_SECONDS, "matching"):
        raise ValueError("so")
    looked_at = inside(Scope(tally)), step(SEARCH_SECONDS, "matching")
    with pytest.raises(ValueError, match="so"), looked_at[0], looked_at[1]:
        raise ValueError("so")
    counted = [name for name in tally.totals() if not name.endswith("sum")]
    assert counted == ["collinear_search_stage_duration_seconds|matching|ValueError|0.001"]


def test_threads_add_up() -> None:
    """Nothing is lost between them."""
    tally = Tally()

    def count() -> None:
        for _ in range(2_000):
            tally.add(HTTP_REQUESTS, "GET", "/livez", "200")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken_out = tally.take()
    assert taken_out == {"collinear_http_requests|GET|/livez|200": 8_000}
    tally.give_back(taken_out)
    tally.give_back({"collinear_http_requests|GET|/livez|200": 1})
    assert tally.totals() == {"collinear_http_requests|GET|/livez|200": 8_001}
