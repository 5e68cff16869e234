"""The whole system for one test: every part a real process, and a client of its API."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from collinear.local.ports import free_port
from collinear.settings import Settings
from tests.hubs import RunningHub
from tests.parts import PartProcess, starter
from tests.waiting import wait_until


class LivingCatalog:
    """What a user sees, and a hand on the parts behind it."""

    def __init__(self, client: httpx2.Client, parts: dict[str, PartProcess], start: Any) -> None:
        self.client = client
        self.parts = parts
        self._start = start

    def search(self, words: str, **filters: str) -> list[str]:
        """The ids that a search finds."""
        answer = self.client.get("/api/datasets", params={"search": words, **filters})
        return [item["id"] for item in answer.json().get("items", [])]

    def ids(self) -> list[str]:
        """Every id, in catalog order."""
        items = self.client.get("/api/datasets", params={"limit": 1000}).json()["items"]
        return [item["id"] for item in items]

    def get(self, dataset_id: str) -> httpx2.Response:
        return self.client.get(f"/api/datasets/{quote(dataset_id)}")

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get("/api/datasets/cache-status").json()
        return answer

    def refresh(self) -> dict[str, Any]:
        """A full refresh, from the request to its summary."""
        asked = self.client.post("/api/datasets/refresh-cache")
        assert asked.status_code == 202
        followed = f"/api/datasets/refresh-cache/{asked.json()['task_id']}"

        def ended() -> dict[str, Any] | None:
            outcome: dict[str, Any] = self.client.get(followed).json()
            return outcome if outcome["state"] in {"SUCCESS", "FAILURE"} else None

        outcome = wait_until(ended, "the refresh to end", within=30)
        assert outcome is not None
        assert outcome["state"] == "SUCCESS", outcome
        summary: dict[str, Any] = outcome["summary"]
        return summary

    def kill(self, part: str) -> None:
        self.parts[part].kill()

    def restart(self, part: str) -> None:
        self.parts[part] = self._start(part)


@pytest.fixture
def open_catalog(
    settings: Settings, hub: RunningHub, tmp_path: Path
) -> Iterator[Callable[[], LivingCatalog]]:
    """Starts the system over the test's Hub, and waits until it answers."""
    port = free_port()
    with (
        starter(
            settings,
            tmp_path,
            HF_ENDPOINT=hub.url,
            COLLINEAR_PORT=str(port),
            COLLINEAR_PAGE_SIZE="3",
            COLLINEAR_OVERSEE_SECONDS="0.5",
            COLLINEAR_LEASE_SECONDS="2",
            COLLINEAR_DELTA_SECONDS="1",
        ) as start,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client,
    ):

        def answers() -> bool:
            try:
                return client.get("/livez").status_code == 200
            except httpx2.TransportError:
                return False

        def open_it() -> LivingCatalog:
            parts = {name: start(name) for name in ("worker", "beat", "indexer", "api")}
            wait_until(answers, "the API to answer", within=30)
            return LivingCatalog(client, parts, start)

        yield open_it


@pytest.fixture
def catalog(open_catalog: Callable[[], LivingCatalog]) -> LivingCatalog:
    """The system, started over an empty Hub."""
    return open_catalog()
