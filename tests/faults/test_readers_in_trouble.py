"""
What those see who read while Redis is slow, gone, paused, loading, demoted, full or crowded.

Everybody hears within two seconds; what needs no Redis is answered as ever; and when Redis is
back, so is the API, without a restart and without a storm of connections.
"""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
import redis

from collinear.local.ports import free_port
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.wiring.stores import address_file
from tests.api.serving import running_api
from tests.faults.scene import QUICK, Scene, answers
from tests.faults.valkey import OwnValkey, own_valkey
from tests.faults.way import way_to
from tests.hubs import RunningHub
from tests.parts import PartProcess, starter
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until

LIST = "/api/datasets?limit=2&sort_by=downloads"
DETAIL = "/api/datasets/org/squad"
REFRESH = "/api/datasets/refresh-cache"
NEED_NONE = (
    "/livez",
    "/docs",
    "/openapi.json",
    "/problems/store-unavailable",
    "/metrics",
    "/api/impact-policy",
    "/api/datasets/suggest?q=squ",
)
PROMISED = 2.0
"""Seconds within which everybody has an answer."""
CONNECTIONS = 64
"""To Redis, from one process of the API, at the most."""

_never_asked = count()


def new_list() -> str:
    """A list that nobody has asked for, so that nobody remembers it."""
    return f"/api/datasets?limit=2&min_likes=0&offset={next(_never_asked)}"


def need_redis() -> tuple[str, ...]:
    """What nobody can tell without Redis."""
    offset = next(_never_asked)
    return (
        f"/api/datasets?limit=2&offset={offset}",
        f"/api/datasets?search=squad&offset={offset}",
        "/api/datasets/cache-status",
        "/api/datasets/meta",
        "/api/datasets/changes",
        "/readyz",
    )


class Served(NamedTuple):
    """A catalog in a server that may be broken, and the API over it."""

    api: httpx2.Client
    valkey: OwnValkey
    store: redis.Redis

    def ask(self, path: str, method: str = "GET") -> httpx2.Response:
        """An answer, which came in time."""
        began = time.monotonic()
        answer = self.api.request(method, path)
        assert time.monotonic() - began < PROMISED, path
        return answer

    def at_once(self, times: int) -> set[int]:
        """The statuses that so many get who ask at the same time for what nobody remembers."""
        limits = httpx2.Limits(max_connections=times)
        with (
            httpx2.Client(
                base_url=self.api.base_url, timeout=30, trust_env=False, limits=limits
            ) as api,
            ThreadPoolExecutor(times) as pool,
        ):
            crowd = self._replace(api=api)
            return {a.status_code for a in pool.map(crowd.ask, (new_list() for _ in range(times)))}

    def assert_refused(self, sentence: str, *paths: str, method: str = "GET") -> None:
        """A problem says what is wrong, and when to come again."""
        for path in paths:
            refused = self.ask(path, method)
            assert refused.status_code == 503, path
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert refused.json()["type"] == "/problems/store-unavailable", path
            assert sentence in refused.json()["detail"], path
            assert 1 <= int(refused.headers["Retry-After"]) <= 30

    def assert_in_trouble(self, sentence: str) -> None:
        """What needs Redis is refused; the rest goes on, some of it marked as stale."""
        self.assert_refused(sentence, *need_redis())
        self.assert_refused(sentence, REFRESH, method="POST")
        for path in NEED_NONE:
            assert self.ask(path).status_code == 200, path
        assert "collinear_store_up 0.0" in self.ask("/metrics").text

    def tell_all(self) -> None:
        """Everything can be told."""
        for path in (LIST, DETAIL, *NEED_NONE, *need_redis()[:-1]):
            answer = self.ask(path)
            assert answer.status_code == 200, path
            assert "Cache-Status" not in answer.headers, path
        assert "collinear_store_up 1.0" in self.ask("/metrics").text

    def assert_remembers(self) -> None:
        """What was asked for before is told as it was then."""
        for path in (LIST, DETAIL, "/api/impact-policy"):
            known = self.ask(path)
            assert known.status_code == 200, path
            assert "the store does not answer" in known.headers["Cache-Status"], path

    def await_recovery(self) -> None:
        """Soon after Redis is back, everything is."""
        wait_until(lambda: self.ask(new_list()).status_code == 200, "the recovery", within=3)
        self.tell_all()

    def accepted(self) -> int:
        """Connections that the server has accepted so far."""
        return int(self.store.info("stats")["total_connections_received"])


@contextmanager
def serving(settings: Settings, valkey: OwnValkey) -> Iterator[Served]:
    with (
        redis.Redis.from_url(valkey.url, protocol=2) as client,
        running_api(settings) as api,
    ):
        yield Served(api, valkey, client)


@pytest.fixture
def filled(valkey: OwnValkey, settings: Settings, keys: Keys) -> Settings:
    """Settings of a catalog of two datasets and its index."""
    settings = settings.model_copy(update={"redis_url": valkey.url})
    with redis.Redis.from_url(valkey.url, protocol=2) as client:
        stock = Stock(client, keys)
        stock.put(dataset(1, "org/squad", downloads=7), dataset(2, "org/other", downloads=9))
        stock.index(settings.index_dir)
    return settings


@pytest.fixture
def served(valkey: OwnValkey, filled: Settings) -> Iterator[Served]:
    """The API over that catalog, which it has told some of already."""
    with serving(filled, valkey) as served:
        served.tell_all()
        yield served


@pytest.fixture
def served_apart(
    valkey: OwnValkey, filled: Settings, tmp_path: Path
) -> Iterator[tuple[Served, PartProcess]]:
    """The same by a process of its own, which a crowd of clients in this one does not slow."""
    port = free_port()
    with (
        starter(filled, tmp_path) as start,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client,
        redis.Redis.from_url(valkey.url, protocol=2) as store,
    ):
        api = start("api", COLLINEAR_PORT=str(port))
        wait_until(lambda: answers(client), "the API", within=30)
        served = Served(client, valkey, store)
        served.tell_all()
        yield served, api


def test_a_redis_that_is_paused(served_apart: tuple[Served, PartProcess]) -> None:
    """Two hundred who ask at once open no more connections than the pool has."""
    served, _ = served_apart
    before = served.accepted()
    served.valkey.pause()
    assert served.at_once(200) == {503}
    assert served.at_once(200) == {503}
    served.assert_in_trouble("Redis does not answer in time")
    served.assert_remembers()

    served.valkey.resume()
    served.await_recovery()

    assert served.accepted() - before <= CONNECTIONS + 16
    assert served.at_once(200) == {200}
    wait_until(
        lambda: served.store.info("clients")["connected_clients"] <= CONNECTIONS,
        "the connections of the trouble to be gone",
    )


def test_a_redis_that_is_killed_and_comes_back(served: Served) -> None:
    """Whoever asks is told at once; the next start is found, though it knows no script."""
    served.valkey.end()
    served.assert_in_trouble("Redis does not answer")
    served.assert_remembers()
    assert served.at_once(100) == {503}

    served.valkey.start()
    served.await_recovery()

    assert served.accepted() <= CONNECTIONS


def test_an_api_that_starts_without_redis(valkey: OwnValkey, filled: Settings) -> None:
    """It tells what needs none, and the rest as soon as there is one."""
    valkey.end()
    with serving(filled, valkey) as served:
        served.assert_in_trouble("Redis does not answer")

        valkey.start()
        served.await_recovery()


def test_an_embedded_server_that_comes_late_and_comes_back_elsewhere(
    filled: Settings, valkey: OwnValkey, tmp_path: Path
) -> None:
    """An API that was started on its own finds the server of `up` by its address file."""
    address = address_file(tmp_path)
    address.parent.mkdir()

    def write(url: str) -> None:
        address.write_text(json.dumps({"url": url}))

    with (
        way_to(valkey.port) as way,
        serving(filled.model_copy(update={"redis_url": ""}), valkey) as served,
    ):
        served.assert_in_trouble("No system is running")
        write(way.url)
        served.await_recovery()
        assert served.ask(REFRESH, "POST").status_code == 202

        way.end()
        served.assert_in_trouble("Redis does not answer")
        write(valkey.url)
        served.await_recovery()
        assert served.ask(REFRESH, "POST").status_code == 202


def test_a_redis_that_loads_its_data(served: Served) -> None:
    """A restart with a large catalog: it is there, and not ready."""
    with served.store.pipeline(transaction=False) as pipe:
        for number in range(50_000):
            pipe.set("more", number)
        pipe.execute()
    served.valkey.end()
    served.valkey.start("--key-load-delay", "100")  # microseconds
    served.assert_in_trouble("Redis is loading its data")
    served.assert_remembers()

    served.valkey.end()
    served.valkey.start()
    served.await_recovery()


def test_a_redis_that_wants_another_password(served: Served) -> None:
    """After a restart with a new configuration; until somebody sets it right."""
    served.valkey.end()
    served.valkey.start("--requirepass", "another")
    served.assert_in_trouble("check the user and the password in REDIS_URL")

    served.valkey.end()
    served.valkey.start()
    served.await_recovery()


def test_a_redis_with_too_many_clients(served: Served, valkey: OwnValkey) -> None:
    """It hangs up on us: not every request tries again."""
    pids = [entry["id"] for entry in served.store.client_list()]
    served.store.config_set("maxclients", 16)
    with ExitStack() as crowd:
        me = served.store.client_id()
        for pid in pids:
            if int(pid) != me:
                served.store.client_kill_filter(_id=pid)
        for _ in range(15):
            client = crowd.enter_context(redis.Redis.from_url(valkey.url, protocol=2))
            client.ping()
        # it says so and hangs up at once, which may come before what it says
        served.assert_in_trouble("Redis")
        assert served.at_once(100) == {503}
        assert served.store.info("stats")["rejected_connections"] < CONNECTIONS
    served.await_recovery()


def test_a_redis_that_became_a_replica(served: Served) -> None:
    """Whoever reads does not notice, also where a script has to be loaded; a refresh is refused."""
    served.store.replicaof("127.0.0.1", 1)
    served.store.script_flush()

    served.tell_all()
    served.assert_refused("read-only replica", REFRESH, method="POST")

    served.store.config_set("replica-serve-stale-data", "no")
    served.assert_refused("has lost its primary", *need_redis())
    served.assert_remembers()

    served.store.replicaof("NO", "ONE")
    served.await_recovery()
    assert served.ask(REFRESH, "POST").status_code == 202


def test_a_redis_that_is_full(served: Served) -> None:
    """The same: reading needs no room."""
    served.store.config_set("maxmemory", 1)
    served.store.script_flush()

    served.tell_all()
    served.assert_refused("Redis is full", REFRESH, method="POST")

    served.store.config_set("maxmemory", 0)
    assert served.ask(REFRESH, "POST").status_code == 202


def test_another_server_takes_over(
    served: Served, filled: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """
    The replica is promoted, and gets the address: what still goes to the old primary, as open
    connections do, is refused there, and finds the new one.
    """
    first = served.valkey
    with (
        own_valkey(tmp_path_factory.mktemp("second")) as second,
        redis.Redis.from_url(second.url, protocol=2) as promoted,
        way_to(first.port) as way,
        serving(filled.model_copy(update={"redis_url": way.url}), second) as moving,
    ):
        served.store.config_set("repl-diskless-sync-delay", 0)
        promoted.replicaof("127.0.0.1", first.port)
        wait_until(
            lambda: promoted.info("replication").get("master_link_status") == "up", "the replica"
        )
        assert moving.ask(REFRESH, "POST").json()["status"] == "accepted"
        wait_until(lambda: promoted.dbsize() == served.store.dbsize(), "the replica to follow")
        promoted.replicaof("NO", "ONE")
        way.target = second.port
        served.store.replicaof("127.0.0.1", second.port)

        assert moving.ask(REFRESH, "POST").json()["status"] == "already_running"
        wait_until(
            lambda: moving.ask("/api/datasets/cache-status").json()["store_trouble"] is None,
            "readers to have found it too",
        )
        first.end()
        moving.await_recovery()
        assert moving.ask(f"{REFRESH}?kind=delta", "POST").json()["status"] == "accepted"


def test_a_run_goes_on_where_another_server_took_over(
    valkey: OwnValkey,
    settings: Settings,
    hub: RunningHub,
    keys: Keys,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Workers too leave the server that they are connected to, once it takes no writes."""
    with (
        own_valkey(tmp_path_factory.mktemp("second")) as second,
        way_to(valkey.port) as way,
        redis.Redis.from_url(valkey.url, protocol=2) as first,
        redis.Redis.from_url(second.url, protocol=2) as promoted,
    ):
        settings = settings.model_copy(update={"redis_url": way.url})
        with starter(settings, tmp_path, HF_ENDPOINT=hub.url, **QUICK) as start:
            scene = Scene(settings, hub, start, promoted, keys)
            ids = scene.fill(24)
            hub.fault("slow", times=10_000, delay=0.15, match="cursor")
            start("worker")
            start("beat")
            first.config_set("repl-diskless-sync-delay", 0)
            promoted.replicaof("127.0.0.1", valkey.port)
            scene.await_pages(3)
            promoted.replicaof("NO", "ONE")
            way.target = second.port
            first.replicaof("127.0.0.1", second.port)
            hub.clear_faults()
            scene.await_load()

        scene.assert_in_step(ids)


def test_a_slow_redis(filled: Settings, valkey: OwnValkey) -> None:
    """Each answer takes so long that several in a row would take too long."""
    with (
        way_to(valkey.port) as way,
        serving(filled.model_copy(update={"redis_url": way.url}), valkey) as served,
    ):
        served.tell_all()
        way.delay = 0.7
        assert {
            served.ask(path).status_code for path in ("/api/datasets/cache-status", "/readyz")
        } <= {200, 503}
        way.delay = 5.0
        served.assert_refused("Redis does not answer in time", *need_redis()[:4])
        served.assert_remembers()

        way.delay = 0.0
        served.await_recovery()


def test_what_is_wrong_with_the_data_is_no_trouble_of_redis(served: Served, keys: Keys) -> None:
    """A list that is broken is refused; its neighbours are told, however often it is asked for."""
    served.store.set(keys.by("likes"), "no sorted set")

    for _ in range(10):
        assert served.ask("/api/datasets?sort_by=likes").status_code == 503
        assert served.ask(new_list()).status_code == 200


def test_trouble_is_logged_once_and_so_is_its_end(
    served_apart: tuple[Served, PartProcess],
) -> None:
    """Not once for each of those whom it hits."""
    served, api = served_apart
    served.valkey.end()
    for _ in range(20):
        assert served.ask(new_list()).status_code == 503
    assert served.at_once(50) == {503}
    served.valkey.start()
    served.await_recovery()

    wait_until(lambda: "store_recovered" in api.log, "the end to be told")
    assert api.log.count("store_in_trouble") == 1
    assert api.log.count("store_recovered") == 1
    assert "Traceback" not in api.log
