"""A whole system, as operators see it: who asked, what came of it, where the time went."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis
import yaml
from prometheus_client.parser import text_string_to_metric_families

from collinear.local.ports import free_port
from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.hubs import RunningHub, running_hub
from tests.observed.collector import Collector, Seen, running_collector
from tests.parts import COLLINEAR, PartProcess, Start, starter
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2] / "observability"
PAGE = "task fetch_datasets_page"


@pytest.fixture
def hub() -> Iterator[RunningHub]:
    """One that tells its quota."""
    with running_hub([{"id": f"acme/set-{n}"} for n in range(5)], quota=10_000) as hub:
        yield hub


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture
def start(
    settings: Settings, hub: RunningHub, collector: Collector, tmp_path: Path
) -> Iterator[Start]:
    logs = tmp_path / "logs"
    logs.mkdir()
    with starter(
        settings,
        logs,
        HF_ENDPOINT=hub.url,
        COLLINEAR_PAGE_SIZE="2",
        COLLINEAR_OVERSEE_SECONDS="0.5",
        COLLINEAR_LOG_FORMAT="json",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="200",
    ) as start:
        yield start


class Api:
    """An API process, and a client of it."""

    def __init__(self, start: Start) -> None:
        port = free_port()
        self.process: PartProcess = start("api", COLLINEAR_PORT=str(port))
        self.client = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False
        )

    def answers(self) -> bool:
        try:
            return self.client.get("/livez").status_code == 200
        except httpx2.TransportError:
            return False


@pytest.fixture
def api(start: Start) -> Iterator[Api]:
    api = Api(start)
    with api.client:
        wait_until(api.answers, "the API to serve", within=30)
        yield api


def lines(part: PartProcess) -> list[dict[str, Any]]:
    """What a part has logged."""
    return [json.loads(line) for line in part.log.splitlines() if line.startswith("{")]


def test_a_refresh_is_followed_from_the_request_to_the_hub(
    api: Api,
    start: Start,
    collector: Collector,
    settings: Settings,
    store: redis.Redis,
    keys: Keys,
) -> None:
    """
    One request id, one task, one run, one trace, through the API, the queue, the worker and its
    pages; so with the command.  And everything that the dashboard and the alerts name is there.
    """
    worker, _ = start("worker"), start("indexer")
    wait_until(lambda: store.hget(keys.meta, "warmed") == b"true", "the first load", within=30)

    asked = api.client.post(
        "/api/datasets/refresh-cache",
        headers={"x-request-id": "story-1", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"},
    ).json()
    wait_until(lambda: outcome(api, asked["task_id"]) == "SUCCESS", "the refresh", within=30)

    [told] = [line for line in lines(api.process) if line["event"] == "refresh_requested"]
    assert told["request_id"] == "story-1"
    assert (told["run_id"], told["task_id"]) == (asked["run_id"], asked["task_id"])
    ours = wait_until(lambda: told_of(worker, "story-1"), "the run to be told", within=10)
    assert {line["run"] for line in ours} == {asked["run_id"]}
    assert ours[0]["task_id"] == asked["task_id"]
    pages = [line["page"] for line in ours if line.get("task") == "fetch_datasets_page"]
    assert set(pages) == {0, 1, 2}
    assert all("task_id" in line for line in ours)

    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(settings.data_dir),
        "REDIS_URL": settings.redis_url,
        "COLLINEAR_KEY_PREFIX": settings.key_prefix,
        "COLLINEAR_DATA_DIR": str(settings.data_dir),
    }
    command = [COLLINEAR, "refresh", "--wait"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "refresh_requested" not in done.stdout
    assert [line for line in lines(worker) if line.get("request_id", "").startswith("cli-")]

    _everything_on_the_dashboard_is_there(api)
    assert worker.stop() == 0
    assert api.process.stop() == 0  # what is left of the traces is sent now
    _one_trace(collector, asked)


def outcome(api: Api, task_id: str) -> str:
    return str(api.client.get(f"/api/datasets/refresh-cache/{task_id}").json()["state"])


def told_of(worker: PartProcess, request_id: str) -> list[dict[str, Any]]:
    """All lines of a request, once its run is over."""
    found = [line for line in lines(worker) if line.get("request_id") == request_id]
    return found if any(line["event"] == "run_succeeded" for line in found) else []


def _one_trace(collector: Collector, asked: dict[str, str]) -> None:
    trace = [span for span in collector.spans if span.trace == "a" * 32]
    by_id = {span.id: span for span in trace}

    def chain(span: Seen) -> list[str]:
        above = by_id.get(span.parent)
        return [span.name, *(chain(above) if above else [])]

    request = "POST /api/datasets/refresh-cache"
    [server] = [span for span in trace if span.name == request]
    assert server.parent == "b" * 16
    assert server.service == "collinear-api"
    assert server.attributes["http.response.status_code"] == 202
    assert server.attributes["collinear.request_id"] == "story-1"
    begun = [span for span in trace if span.name == "task refresh_hf_datasets_full_cache"]
    assert [chain(span)[1:] for span in begun] == [[request]]
    pages = [span for span in trace if span.name == PAGE]
    assert len(pages) == 3
    assert {span.service for span in pages} == {"collinear-worker"}
    assert {span.attributes["collinear.run"] for span in pages} == {asked["run_id"]}
    asks = [span for span in trace if span.name == "hub listing"]
    assert len(asks) == 3
    assert {tuple(chain(span)) for span in asks} == {("hub listing", PAGE, request)}
    assert any(span.name.startswith("redis ") for span in trace)


def _everything_on_the_dashboard_is_there(api: Api) -> None:
    """Every name in it, and every name in the alerts, in a real scrape of the whole."""
    api.client.get("/api/datasets?search=set")
    api.client.get("/api/datasets/acme/set-1/commits")
    tasks = 'collinear_task_duration_seconds_count{outcome="ok",task="fetch_datasets_page"}'
    wait_until(lambda: tasks in api.client.get("/metrics").text, "the worker to tell")
    known: set[str] = set()
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(api.client.get("/metrics").text):
        # what only goes on now and then is at least announced
        known |= {f"{family.name}_total" if family.type == "counter" else family.name}
        for sample in family.samples:
            known.add(sample.name)
            labels.setdefault(sample.name, {"instance"}).update(sample.labels)
    expressions = [*dashboard(), *alerts()]
    names = {name for text in expressions for name in re.findall(r"\bcollinear_\w+", text)}
    assert len(names) > 40
    assert names - known == set()
    for text in expressions:
        for name, selector in re.findall(r"(collinear_\w+)\{([^}]*)\}", text):
            chosen = set(re.findall(r"(\w+)[=!]", selector))
            assert chosen <= labels.get(name, chosen), f"{name} has no such label: {text}"


def dashboard() -> list[str]:
    told = json.loads((ROOT / "grafana-dashboard.json").read_text())
    panels = [panel for panel in told["panels"] if panel["type"] != "row"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def alerts() -> list[str]:
    told = yaml.safe_load((ROOT / "prometheus-alerts.yaml").read_text())
    return [rule["expr"] for group in told["groups"] for rule in group["rules"]]
