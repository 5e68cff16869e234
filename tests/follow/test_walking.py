"""Walking through lists of the whole system while a restless Hub is being stored and indexed."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
import pytest

from collinear.local.ports import free_port
from collinear.settings import Settings
from tests.hubs import RunningHub
from tests.parts import starter
from tests.waiting import wait_until

COUNT = 240
LISTS: list[dict[str, str]] = [
    {"tag": "still", "sort_by": "id"},
    {"tag": "still", "sort_by": "id", "sort_order": "desc"},
    {"author": "acme", "sort_order": "desc"},
    {"search": "walk", "sort_by": "downloads"},
    {"search": "walk", "sort_by": "likes", "sort_order": "asc"},
    {"min_likes": "0", "sort_by": "created_at"},
    {"sort_by": "id"},
    {"sort_order": "asc"},
]


def row(number: int, **fields: Any) -> dict[str, Any]:
    """Every other dataset is left alone; ties are the rule."""
    kind = "still" if number % 2 else "moving"
    known = {"likes": number % 5, "downloads": number % 7, "tags": ["still"]}
    return {"id": f"acme/walk-{kind}-{number:03d}", **known, **fields}


@pytest.fixture
def api(settings: Settings, hub: RunningHub, tmp_path: Path) -> Iterator[httpx2.Client]:
    """The API of a system that looks at its Hub again and again."""
    for number in range(COUNT):
        hub.add(**row(number))
    port = free_port()
    with (
        starter(
            settings,
            tmp_path,
            HF_ENDPOINT=hub.url,
            COLLINEAR_PORT=str(port),
            COLLINEAR_PAGE_SIZE="50",
            COLLINEAR_OVERSEE_SECONDS="0.2",
            COLLINEAR_DELTA_SECONDS="0.3",
            COLLINEAR_PAGE_REFRESH_SECONDS="1",
            COLLINEAR_INDEX_COMMIT_SECONDS="0.05",
        ) as start,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client,
    ):
        for part in ("worker", "beat", "indexer", "api"):
            start(part)

        def is_level() -> bool:
            try:
                index = client.get("/api/datasets/cache-status").json().get("index")
            except httpx2.TransportError:
                return False
            return bool(index) and index["documents"] == COUNT

        wait_until(is_level, "the catalog to be indexed", within=40)
        yield client


@pytest.fixture
def restless(hub: RunningHub) -> Iterator[Event]:
    """Edits, renames and removes half of the datasets, and adds others, without a pause."""
    stopping, walked = Event(), Event()

    def churn() -> None:
        turn = 0
        while not stopping.is_set():
            number = 2 * (turn * 7 % (COUNT // 2))
            hub.edit(row(number)["id"], commit=True, likes=turn % 9, downloads=turn % 11)
            hub.add(id=f"acme/walk-new-{turn:05d}", likes=turn % 5, tags=["still"])
            turn += 1
            stopping.wait(0.02)

    thread = Thread(target=churn)
    thread.start()
    try:
        yield walked
    finally:
        stopping.set()
        thread.join()


def walk(api: httpx2.Client, asked: dict[str, str]) -> tuple[list[str], int]:
    """The ids of all pages, and of how many states of the index or the catalog they are."""
    met: list[str] = []
    serials: set[str] = set()
    cursor = None
    while True:
        place = {"cursor": cursor} if cursor else {}
        answer = api.get("/api/datasets", params={**asked, **place, "limit": "9"})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        met += [item["id"] for item in page["items"]]
        serials.add(answer.headers["X-Catalog-Serial"])
        cursor = page["next_cursor"]
        if cursor is None:
            return met, len(serials)
        Event().wait(0.03)  # a reader who looks at what it gets


def test_who_stands_still_is_on_exactly_one_page(api: httpx2.Client, restless: Event) -> None:
    """Whatever is stored meanwhile: plain orders, filters, words, each way round."""
    still = {row(number)["id"] for number in range(1, COUNT, 2)}
    states = 0
    for asked in LISTS:
        met, serials = walk(api, asked)
        states += serials
        found = [name for name in met if name in still]
        assert len(found) == len(set(found)), asked
        assert set(found) == still, asked
    assert states > 2 * len(LISTS), "the catalog has changed while it was read"
