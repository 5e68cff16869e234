"""A Redis that is full, cannot write, is demoted, is killed or comes back with less: mid-run."""

import json
import re
import signal
from collections.abc import Callable

import httpx2
import pytest

from collinear.local.ports import free_port
from collinear.store.run_records import Kind
from tests.faults.scene import Scene, answers
from tests.faults.valkey import OwnValkey
from tests.parts import PartProcess
from tests.waiting import wait_until


class Trouble:
    """A trouble that can be made and ended, and the words that it is told in."""

    def __init__(
        self, words: str, begin: Callable[[Scene, OwnValkey], None], end: Callable[..., None]
    ) -> None:
        self.words = words
        self.begin = begin
        self.end = end


FULL = Trouble(
    "Redis is full",
    lambda scene, _: scene.store.config_set("maxmemory", 1),
    lambda scene, _: scene.store.config_set("maxmemory", 0),
)
NO_DISK = Trouble(
    "Redis cannot write to its disk",
    lambda _, valkey: valkey.fill_disk(),
    lambda _, valkey: valkey.empty_disk(),
)
DEMOTED = Trouble(
    "read-only replica",
    lambda scene, _: scene.store.replicaof("127.0.0.1", 1),
    lambda scene, _: scene.store.replicaof("NO", "ONE"),
)
GONE = Trouble(
    "Redis does not answer", lambda _, valkey: valkey.end(), lambda _, valkey: valkey.start()
)


def begin_a_load(scene: Scene) -> tuple[list[str], PartProcess, PartProcess]:
    """The first load is under way, slowly."""
    ids = scene.fill(24)
    scene.hub.fault("slow", times=10_000, delay=0.15, match="cursor")
    worker, beat = scene.start("worker"), scene.start("beat")
    scene.await_pages(3)
    return ids, worker, beat


@pytest.mark.parametrize(
    "trouble", [FULL, NO_DISK, DEMOTED, GONE], ids=["full", "no_disk", "demoted", "gone"]
)
def test_a_run_pauses_and_goes_on_by_itself(
    own_scene: Scene, valkey: OwnValkey, trouble: Trouble
) -> None:
    """
    One line says what is wrong and what to do; when it is over the same processes go on.

    What the broker refused meanwhile is lost as messages, and found again in the books.
    """
    scene = own_scene
    ids, worker, beat = begin_a_load(scene)

    trouble.begin(scene, valkey)
    for part in (worker, beat):
        wait_until(lambda p=part: trouble.words in p.log, "the trouble to be told", within=30)
    trouble.end(scene, valkey)
    scene.hub.clear_faults()
    scene.await_load()

    scene.assert_in_step(ids)
    assert scene.current().number == 1
    for part in (worker, beat):
        assert part.process.poll() is None
        wait_until(lambda p=part: "store_recovered" in p.log, "the end to be told")
        assert part.log.count("store_in_trouble") == 1
        assert "Traceback" not in part.log
        assert len(re.findall("error|critical", part.log)) == part.log.count("store_in_trouble")


def test_a_redis_that_is_stopped_in_mid_run_loses_nothing(
    own_scene: Scene, valkey: OwnValkey
) -> None:
    """SIGTERM, as an upgrade does it, and a start: the run goes on from its pages."""
    scene = own_scene
    ids, _, _ = begin_a_load(scene)

    valkey.end(signal.SIGTERM)
    valkey.start()
    scene.hub.clear_faults()
    scene.await_load()

    assert scene.current().number == 1
    scene.assert_in_step(ids)


@pytest.mark.parametrize("lost", [400, 6_000, 1_000_000])
def test_the_last_second_before_a_crash_was_not_written(
    own_scene: Scene, valkey: OwnValkey, lost: int
) -> None:
    """
    Redis comes back as it was a moment ago, or empty, under a worker that knows of later things.

    What the worker stored last is fetched again: in this run or, with the books lost, in another.
    """
    scene = own_scene
    ids, _, _ = begin_a_load(scene)

    valkey.end()
    valkey.forget_the_last(lost)
    valkey.start()
    scene.hub.clear_faults()
    scene.await_load()

    scene.assert_in_step(ids)


def test_the_messages_of_a_run_are_lost(own_scene: Scene) -> None:
    """Whoever empties the queue stops a run for the length of a lease."""
    scene = own_scene
    ids, _, _ = begin_a_load(scene)

    queue = f"{scene.keys.prefix}:celery:collinear"
    for _ in range(3):
        scene.await_pages(scene.current().count("pages_done") + 1)
        scene.store.delete(queue)
    scene.hub.clear_faults()
    scene.await_load()

    scene.assert_in_step(ids)


def test_a_run_that_begins_while_redis_is_full(own_scene: Scene) -> None:
    """It is refused as a whole, and begins when there is room: nothing is there by halves."""
    scene = own_scene
    ids = scene.fill(4)
    scene.store.config_set("maxmemory", 1)
    worker = scene.start("worker")
    beat = scene.start("beat")
    for part in (worker, beat):
        wait_until(lambda p=part: "Redis is full" in p.log, "the trouble to be told", within=30)
    assert scene.store.keys(f"*{scene.keys.prefix.strip('{}')}*") == []

    scene.store.config_set("maxmemory", 0)
    scene.await_load()

    scene.assert_in_step(ids)
    assert worker.process.poll() is None


@pytest.mark.parametrize("trouble", [FULL, GONE], ids=["full", "gone"])
def test_the_api_tells_it_and_goes_on(
    own_scene: Scene, valkey: OwnValkey, trouble: Trouble
) -> None:
    """Who asks for a refresh hears what is wrong, soon; afterwards the same process takes it."""
    scene = own_scene
    port = free_port()
    scene.start("api", COLLINEAR_PORT=str(port))
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as api:
        wait_until(lambda: answers(api), "the API", within=30)
        assert api.post("/api/datasets/refresh-cache").json()["status"] == "accepted"
        scene.store.flushall()
        trouble.begin(scene, valkey)
        refused = api.post("/api/datasets/refresh-cache")
        trouble.end(scene, valkey)
        accepted = api.post("/api/datasets/refresh-cache")

    assert refused.status_code == 503
    assert trouble.words in refused.json()["detail"]
    # one that is killed may have forgotten that it was emptied: then the first request still waits
    assert accepted.status_code == 202
    assert accepted.json()["run_id"]


@pytest.mark.parametrize("part", ["worker", "beat"])
def test_a_wrong_password_is_told_at_once(own_scene: Scene, part: str) -> None:
    """Waiting would not help: the part ends, and says what to check."""
    own_scene.store.config_set("requirepass", "another")

    process = own_scene.start(part)

    assert process.process.wait(20) == 78
    assert "check the user and the password in REDIS_URL" in process.log
    assert "Traceback" not in process.log


def test_another_server_is_told_at_once(scene: Scene) -> None:
    """What answers is the Hub, by mistake."""
    worker = scene.start("worker", REDIS_URL=scene.hub.url.replace("http:", "redis:"))

    assert worker.process.wait(20) == 78
    assert "is no Redis" in worker.log
    assert "Traceback" not in worker.log


def test_the_trouble_is_over_for_the_next_run_too(own_scene: Scene) -> None:
    """Full twice: told twice, and recovered from twice."""
    scene = own_scene
    ids, worker, _ = begin_a_load(scene)
    for times in (1, 2):
        scene.store.config_set("maxmemory", 1)
        wait_until(lambda n=times: worker.log.count("Redis is full") == n, "it to be told")
        scene.store.config_set("maxmemory", 0)
        wait_until(
            lambda n=times: worker.log.count("store_recovered") == n, "the recovery", within=20
        )
    scene.hub.clear_faults()
    scene.await_load()

    scene.assert_in_step(ids)
    error = scene.store.hget(scene.keys.meta, "last_error")
    assert not error or json.loads(error) == {}
    assert scene.current().kind is Kind.FULL
