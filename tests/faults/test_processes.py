"""Too many of them, asleep, with a wrong clock, told to stop, killed: the catalog stays right."""

import os
import re
import signal
import subprocess
from pathlib import Path

import httpx2
import pytest

from collinear.local.ports import free_port
from collinear.store.run_records import Kind
from tests.faults.between import Strike, between
from tests.faults.scene import Scene, answers
from tests.faults.steps import start_worker, steps_of_a_run
from tests.parts import COLLINEAR
from tests.waiting import wait_until

SHIFTED = """
import datetime, os, time
SHIFT = float(os.environ["SHIFT"])
true_time = time.time
time.time = lambda: true_time() + SHIFT
class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(true_time() + SHIFT, tz)
    @classmethod
    def utcnow(cls):
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)
datetime.datetime = Shifted
"""
"""What Python reads at its start in the test of clocks: nothing of ours knows of it."""


WRITES = re.compile(r":run (done|finish|[0-9a-f]{6})$")
"""A page is stored, closed; the run is closed: what would do harm if it came late."""


def test_two_beats_are_no_more_than_one(scene: Scene) -> None:
    """What is due when is in the store: two schedulers start no run twice."""
    ids = scene.fill(4)
    often = {"COLLINEAR_DELTA_SECONDS": "3"}
    scene.start("worker", **often)
    scene.start("worker", **often)
    scene.start("beat", **often)
    scene.start("beat", **often)
    scene.await_load()
    first, began = scene.current().number, scene.store.time()[0]

    wait_until(lambda: scene.current().number >= first + 2, "two more runs", within=30)

    # an interval is counted from the end of a run on, in whole seconds
    assert scene.store.time()[0] - began >= 3
    assert scene.current().kind is Kind.DELTA
    scene.await_rest()
    scene.assert_in_step(ids)


def test_two_full_refreshes_are_asked_at_once(scene: Scene, tmp_path: Path) -> None:
    """By the API, by the command line (twice) and by a message: they share runs, one at a time."""
    ids = scene.fill(8)
    scene.start("worker")
    scene.start("beat")
    port = free_port()
    scene.start("api", COLLINEAR_PORT=str(port))
    scene.await_load()
    before = scene.current().number
    url = f"http://127.0.0.1:{port}"
    with httpx2.Client(base_url=url, trust_env=False, timeout=10) as api:
        wait_until(lambda: answers(api), "the API", within=30)
        scene.hub.fault("slow", times=10_000, delay=0.3, match="cursor")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "REDIS_URL": scene.settings.redis_url,
            "COLLINEAR_KEY_PREFIX": scene.keys.prefix,
            "COLLINEAR_DATA_DIR": str(scene.settings.data_dir),
        }
        commands = [
            subprocess.Popen(
                [COLLINEAR, "refresh", "--wait"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]
        answered = [api.post("/api/datasets/refresh-cache").json() for _ in range(3)]
        scene.ask(Kind.FULL)
        wait_until(
            lambda: all(one.poll() is not None for one in commands), "the commands", within=40
        )

    assert [one.returncode for one in commands] == [0, 0]
    assert answered[0]["run_id"] == answered[1]["run_id"] == answered[2]["run_id"]
    assert {one["status"] for one in answered[1:]} == {"already_running"}
    # a command waits for a run that began after it: at most one more for each of the two
    assert scene.current().number - before <= 3
    scene.assert_in_step(ids)


@pytest.mark.parametrize("shift", [-3_600, 3_600])
def test_the_clock_of_a_worker_is_wrong(scene: Scene, tmp_path: Path, shift: int) -> None:
    """Leases, due times and marks go by the clock of Redis: an hour is nothing."""
    folder = tmp_path / "python"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SHIFTED)
    wrong = {"PYTHONPATH": str(folder), "SHIFT": str(shift), "COLLINEAR_DELTA_SECONDS": "2"}
    ids = scene.fill(8)
    scene.hub.fault("slow", times=10_000, delay=0.2, match="cursor")
    first = scene.start("worker", **wrong)
    scene.start("beat")
    scene.await_pages(2)
    first.kill()
    scene.hub.clear_faults()
    skewed = scene.start("worker", **wrong)
    scene.await_load()
    wait_until(lambda: scene.current().kind is Kind.DELTA, "what is due to be seen", within=20)
    scene.start("worker")

    for turn in range(4):
        scene.hub.edit(ids[turn], likes=7)
        scene.hub.delete(ids.pop())
        scene.await_end(scene.ask(Kind.FULL))
    skewed.stop()

    scene.await_rest()
    scene.assert_in_step(ids)
    year = re.findall(r"^(\d{4}-\d\d-\d\dT\d\d)", skewed.log, re.MULTILINE)[0]
    assert year not in scene.current().started_at  # its clock was wrong indeed


def test_a_worker_sleeps_beyond_its_lease(scene: Scene) -> None:
    """
    SIGSTOP in mid-step, another worker ends the run, SIGCONT: what comes late changes nothing.

    The step is on its way while the worker sleeps, and reaches Redis when it is awake again.
    """
    ids = scene.fill(5)
    scene.start("beat")
    with between(scene.port, scene.keys.prefix) as proxy:
        sleeper = start_worker(scene, proxy)
        scene.await_load()
        steps = [one for one in steps_of_a_run(scene, proxy, ids) if WRITES.search(one.about)]
        assert len(steps) >= 3, steps
        for turn, step in enumerate(steps):
            scene.hub.edit(ids[2], likes=turn + 1)
            pid = sleeper.process.pid
            strike = Strike(step, "before", lambda pid=pid: os.kill(pid, signal.SIGSTOP))
            proxy.strike = strike
            wanted = scene.ask(Kind.FULL)
            wait_until(strike.struck.is_set, f"the worker to fall asleep at {step}", within=20)
            other = scene.start("worker")
            scene.await_end(wanted)
            scene.hub.edit(ids[2], likes=turn + 100)
            scene.await_end(scene.ask(Kind.FULL))
            other.stop()
            os.kill(pid, signal.SIGCONT)
            strike.go_on.set()
            proxy.strike = None
            proxy.seen.clear()
            wait_until(lambda: len(proxy.seen) > 3, "it to work again", within=20)
            scene.await_rest()

            assert scene.likes()[ids[2]] == turn + 100, step
            scene.assert_in_step(ids)


def test_a_worker_that_is_told_to_stop_leaves_nothing_to_wait_for(scene: Scene) -> None:
    """SIGTERM in mid-page: it ends well, and the next worker goes on at once, not after a lease."""
    ids = scene.fill(8)
    long = {"COLLINEAR_LEASE_SECONDS": "600", "COLLINEAR_HUB_TIMEOUT": "20"}
    scene.hub.fault("slow", times=10_000, delay=0.5, match="cursor")
    worker = scene.start("worker", **long)
    scene.await_pages(2)

    assert worker.stop() == 0
    done = scene.current().count("pages_done")
    scene.hub.clear_faults()
    scene.hub.clear_requests()
    scene.start("worker", **long)
    scene.await_load(within=20)

    assert scene.current().number == 1
    pages = [line for line in scene.hub.requests if "limit=2" in line]
    assert len(pages) <= 4 - done + 1  # no page is fetched again but the one that was in hand
    scene.assert_in_step(ids)


def test_the_api_and_beat_are_killed_in_mid_run(scene: Scene) -> None:
    """A run needs neither of them; they come back and know everything that they knew."""
    ids = scene.fill(20)
    scene.start("worker")
    port = free_port()
    scene.hub.fault("slow", times=10_000, delay=0.2, match="cursor")
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as api:
        first, beat = scene.start("api", COLLINEAR_PORT=str(port)), scene.start("beat")
        scene.await_pages(1)
        wait_until(lambda: answers(api), "the API", within=30)
        asked = api.post("/api/datasets/refresh-cache").json()
        first.kill()
        beat.kill()
        scene.start("api", COLLINEAR_PORT=str(port))
        scene.start("beat")
        scene.hub.clear_faults()
        scene.await_load()
        wait_until(lambda: answers(api), "the API again", within=30)
        outcome = api.get(f"/api/datasets/refresh-cache/{asked['task_id']}").json()
        status = api.get("/api/datasets/cache-status").json()

    assert asked["status"] == "already_running"
    assert outcome["state"] == "SUCCESS"
    assert status["refreshing"] is False
    assert status["total_items"] == 20
    scene.assert_in_step(ids)
