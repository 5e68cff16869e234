"""What is refused, moved, cut, streamed or in trouble is as the document says too."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from collinear.api.shapes import models, streamed
from collinear.local.ports import free_port
from collinear.settings import Settings
from tests.api.serving import running_api
from tests.contract.conftest import ADMIN, EXAMPLE
from tests.contract.contract import Contract, operations
from tests.hubs import RunningHub
from tests.waiting import wait_until

ROOT = "/api/datasets"


def test_parts_of_the_export(living: httpx2.Client, contract: Contract) -> None:
    """All of it, some of it, and what lies beyond it; in both forms."""
    for form in ("jsonl", "parquet"):
        path = f"{ROOT}/export?format={form}"
        whole = wait_until(
            lambda path=path: (answer := living.get(path)).status_code == 200 and answer,
            f"the {form} file",
        )
        assert whole
        contract.holds("exportDatasets", whole)
        part = living.get(path, headers={"Range": "bytes=5-9"})
        assert (part.status_code, part.content) == (206, whole.content[5:10])
        contract.holds("exportDatasets", part)
        beyond = living.get(path, headers={"Range": "bytes=999999999-"})
        assert beyond.status_code == 416
        contract.holds("exportDatasets", beyond)


def test_changes_as_lines_and_as_events(living: httpx2.Client, contract: Contract) -> None:
    """Each line is a change, each event an event, whose data is a change or a word about it."""
    lines = living.get(f"{ROOT}/changes?format=ndjson&include=document&limit=20")
    contract.holds("listChanges", lines)
    changes = [models.Change.model_validate_json(line) for line in lines.text.splitlines()]
    assert len(changes) == 20
    for line in lines.text.splitlines():
        contract.check(
            {"$ref": "#/components/schemas/Change"}, httpx2.Response(200, text=line).json()
        )

    events: list[dict[str, Any]] = []
    since = f"{ROOT}/changes/stream?since={changes[-1].serial}"
    with living.stream("GET", since) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        contract.check_head("streamChanges", answer)
        event: dict[str, Any] = {}
        for line in answer.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                event[name] = int(value) if name == "retry" else value
            elif event:
                events.append(event)
                event = {}
            if len(events) == 5:
                break
    for event in events:
        contract.check({"$ref": "#/components/schemas/Event"}, event)
        streamed.Event.model_validate(event, strict=True)
    assert [event.get("event", "message") for event in events] == ["start"] + ["message"] * 4
    for event in events[1:]:
        assert models.Change.model_validate_json(event["data"]).serial == event["id"]


@pytest.fixture
def hub_api(
    living: httpx2.Client, living_settings: Settings, living_hub: RunningHub, tmp_path: Path
) -> Any:
    """Another API over the same catalog, that has asked the Hub nothing yet."""
    changed = living_settings.model_copy(
        update={"hf_endpoint": living_hub.url, "hub_timeout": 1.0, "admin_token": None}
    )
    with running_api(changed) as client:
        yield client
    living_hub.clear_faults()


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [("500", {502}), ("truncated", {502}), ("html", {502}), ("503", {502, 503})],
)
def test_a_hub_in_trouble(
    hub_api: httpx2.Client,
    living_hub: RunningHub,
    contract: Contract,
    fault: str,
    statuses: set[int],
) -> None:
    """A problem that says when to come again."""
    living_hub.fault(fault, times=1000, match=f"/{EXAMPLE}")
    for operation, below in (
        ("listCommits", "commits"),
        ("listFiles", "files"),
        ("getFileUrl", "file-url?filename=README.md"),
    ):
        answer = hub_api.get(f"{ROOT}/{EXAMPLE}/{below}")
        assert answer.status_code in statuses, (below, answer.text)
        contract.holds(operation, answer)


def test_a_store_that_is_gone(
    living_settings: Settings, contract: Contract, tmp_path: Path
) -> None:
    """Everything that needs it says so, and when to come again."""
    gone = living_settings.model_copy(
        update={"redis_url": f"redis://127.0.0.1:{free_port()}/0", "data_dir": tmp_path}
    )
    examples = {"dataset_id": "openai%2Fgsm8k", "task_id": "x", "name": "bad-cursor"}
    query = {"suggest": "?q=x", "getFileUrl": "?filename=x"}
    with running_api(gone) as api:
        for path, method, operation in operations(contract.document):
            name = operation["operationId"]
            address = path.format_map(examples) + query.get(name, "")
            answer = api.request(method, address, headers=ADMIN)
            if not path.startswith(ROOT):
                assert answer.status_code in (200, 503), (path, answer.text)
            else:
                assert answer.status_code == 503, (path, answer.text)
            contract.holds(name, answer)


def test_a_client_that_asks_too_often(living_settings: Settings, contract: Contract) -> None:
    """Every answer says what is left, and the last one when there is more."""
    limited = living_settings.model_copy(update={"rate_limit": 2, "rate_limit_loopback": True})
    with running_api(limited) as api:
        answers = [api.get("/api/impact-policy") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    for answer in answers:
        assert "ratelimit" in answer.headers
        contract.holds("getImpactPolicy", answer)


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, f"{ROOT}?search={'x' * 20_000}", 414),
        ({"X-Much": "x" * 40_000}, ROOT, 431),
    ],
)
def test_what_is_too_large(
    living: httpx2.Client, contract: Contract, headers: dict[str, str], path: str, status: int
) -> None:
    """An address, a header and a body are each refused at their own bound."""
    answer = living.get(path, headers=headers)
    assert answer.status_code == status
    contract.holds("listDatasets", answer)
    with_body = living.request("GET", ROOT, content=b"x" * 70_000)
    assert with_body.status_code == 413
    contract.holds("listDatasets", with_body)


def test_a_dataset_that_moved_and_one_that_is_closed(
    living: httpx2.Client, living_hub: RunningHub, contract: Contract
) -> None:
    """308 with the new address, 403 with what to do; found by a refresh of all."""
    living_hub.add(id="openai/before", gated=False)
    living_hub.add(id="openai/closed", gated="manual")
    refresh(living)
    living_hub.rename("openai/before", "openai/after")
    refresh(living)

    moved = living.get(f"{ROOT}/openai/before")
    assert (moved.status_code, moved.headers["location"]) == (308, f"{ROOT}/openai/after")
    contract.holds("getDataset", moved)
    closed = living.get(f"{ROOT}/openai/closed/commits")
    assert closed.status_code == 403
    contract.holds("listCommits", closed)


def refresh(living: httpx2.Client) -> None:
    """A full refresh, from the request to its end."""
    asked = living.post(f"{ROOT}/refresh-cache", headers=ADMIN).json()
    path = f"{ROOT}/refresh-cache/{asked['task_id']}"
    wait_until(lambda: living.get(path).json()["state"] == "SUCCESS", "the refresh", within=30)
