"""An API process beside an indexer that dies, is silent, or falls behind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.api.serving import running_api
from tests.follow.test_process import indexer
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until

PATIENCE = 1.5


@pytest.fixture
def stock(store: redis.Redis, keys: Keys) -> Stock:
    return Stock(store, keys)


@pytest.fixture
def api(settings: Settings) -> Iterator[httpx2.Client]:
    changed = settings.model_copy(update={"index_silent_seconds": PATIENCE})
    with running_api(changed) as client:
        yield client


def ready(api: httpx2.Client) -> str:
    """Nothing, or what keeps the process from being ready."""
    answer = api.get("/readyz")
    if answer.status_code == 200:
        return ""
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["detail"])


def told(api: httpx2.Client) -> dict[str, Any]:
    """What the status says of the index."""
    index = api.get("/api/datasets/cache-status").json()["index"]
    assert set(index) == {"serial", "documents", "lag_seconds"}
    return dict(index)


def test_an_index_that_nobody_keeps_is_told_and_goes_on_answering(
    stock: Stock, settings: Settings, api: httpx2.Client, tmp_path: Path
) -> None:
    """kill -9: not ready, with the reason; searches go on; a new indexer mends it all."""
    log = tmp_path / "log"
    stock.put(dataset(1, "acme/squad"))
    assert "no search index is open" in ready(api)
    with indexer(settings, log) as process:
        wait_until(lambda: not ready(api), "the API to be ready")
        assert told(api)["lag_seconds"] == 0
        process.kill()
        process.wait()
        wait_until(lambda: "no sign of life for" in ready(api), "the loss to be seen")

    found = api.get("/api/datasets", params={"search": "squad"})
    assert found.status_code == 200
    assert found.json()["total"] == 1
    first = told(api)["lag_seconds"]
    assert first > PATIENCE, "what nobody keeps is as old as the last sign of life"
    wait_until(lambda: told(api)["lag_seconds"] > first, "the age to grow")
    assert "collinear_indexer_silent_seconds" in api.get("/metrics").text

    with indexer(settings, log):
        stock.put(dataset(2, "acme/other"))
        wait_until(lambda: not ready(api), "the API to be ready again")
        wait_until(lambda: told(api)["serial"] == str(stock.serial), "the index to be level")
        assert told(api)["lag_seconds"] == 0


def test_an_index_far_behind_is_told(stock: Stock, settings: Settings, tmp_path: Path) -> None:
    """The indexer lives, but what is searched is not what is stored."""
    changed = settings.model_copy(update={"index_lag_seconds": 0.5})
    stock.put(dataset(1, "acme/squad"))
    with indexer(settings, tmp_path / "log") as process, running_api(changed) as api:
        wait_until(lambda: not ready(api), "the API to be ready")
        process.kill()
        process.wait()
        stock.put(dataset(2, "acme/other"))
        wait_until(lambda: "behind the catalog" in ready(api), "the lag to be seen")
