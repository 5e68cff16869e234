"""The main job on real rows: ``collinear demo --rows`` over 50,127 real datasets."""

import gzip
import json
import os
import random
import re
import signal
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
import redis

from collinear.local.ports import free_port
from collinear.store.keys import Keys
from tests.agreement import assert_agreement, assert_snapshot, stored_documents
from tests.parts import COLLINEAR
from tests.waiting import wait_until

ROWS = Path(__file__).parents[3] / "shared" / "hub" / "rows.jsonl.gz"
pytestmark = [
    pytest.mark.skipif(not ROWS.exists(), reason="the real rows are not beside this checkout"),
    pytest.mark.timeout(400),
]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[httpx2.Client, redis.Redis]]:
    """A demo over the real rows, quiet after its first load; its worker dies in mid-load."""
    port = free_port()
    environment = {
        **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
        "COLLINEAR_DATA_DIR": str(tmp_path),
        "COLLINEAR_DELTA_SECONDS": "3600",
    }
    with (tmp_path / "demo.out").open("wb") as output:
        process = subprocess.Popen(
            [COLLINEAR, "demo", "--rows", str(ROWS), "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        address = tmp_path / "valkey" / "address.json"
        wait_until(address.exists, "the embedded server", within=60)
        url = json.loads(address.read_text())["url"]
        with (
            redis.Redis.from_url(url, protocol=2) as store,
            httpx2.Client(
                base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False
            ) as client,
        ):
            kill_the_worker_in_mid_load(process, store)
            wait_until(lambda: store.hget(Keys().meta, "warmed") == b"true", "the load", within=180)
            yield client, store
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def kill_the_worker_in_mid_load(demo: "subprocess.Popen[bytes]", store: redis.Redis) -> None:
    wait_until(lambda: store.zcard(Keys().ids) >= 5_000, "some thousand datasets", within=120)
    [worker] = [
        child
        for child in psutil.Process(demo.pid).children(recursive=True)
        if "collinear worker" in " ".join(child.cmdline())
    ]
    worker.kill()
    assert store.zcard(Keys().ids) < 50_127, "the load was over before the worker was killed"


def test_all_real_rows_are_loaded_found_and_agree(
    demo: tuple[httpx2.Client, redis.Redis],
) -> None:
    """Killed in mid-load and complete all the same; what is stored agrees; words find rows."""
    client, store = demo
    rows = read_rows()
    assert store.zcard(Keys().ids) == len(rows)
    assert_agreement(store, Keys())
    assert_snapshot(store, Keys())

    def index_is_level() -> bool:
        status = client.get("/api/datasets/cache-status").json()
        return bool(status["index"]) and status["index"]["serial"] == status["serial"]

    wait_until(index_is_level, "the index", within=180)
    status = client.get("/api/datasets/cache-status").json()
    assert status["total_items"] == status["index"]["documents"] == len(rows)
    assert client.get("/api/datasets", params={"limit": 1}).json()["total"] == len(rows)

    documents = stored_documents(store, Keys())
    for row in rows:
        assert documents[row["id"]]["tags"] == row.get("tags", [])
        # a demo lives: now and then a description grows
        description = documents[row["id"]]["description"]
        assert description == row.get("description") or "\n\nUpdate " in description

    chosen = random.Random(2026).sample(rows, 10)
    for row in chosen:
        words = words_of(row)
        found = client.get("/api/datasets", params={"search": words}).json()
        assert row["id"] in [item["id"] for item in found["items"]], words


def read_rows() -> list[dict[str, Any]]:
    with gzip.open(ROWS, "rt") as lines:
        return [json.loads(line) for line in lines]


def words_of(row: dict[str, Any]) -> str:
    """The name, and a few of the longest words of the description."""
    text = unicodedata.normalize("NFC", row.get("description") or "")
    longest = sorted(set(re.findall(r"[^\W\d_]{4,20}", text)), key=lambda word: (-len(word), word))
    return " ".join([row["id"].rpartition("/")[2], *longest[:3]])
