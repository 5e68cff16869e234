"""Answers that are given again from memory: only while they are true, or marked as stale."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.api.serving import running_api
from tests.faults.valkey import OwnValkey, own_valkey
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until

LIST = "/api/datasets?limit=5&sort_by=downloads"
SEARCH = "/api/datasets?search=word"
DETAIL = "/api/datasets/org/word-1"


@pytest.fixture
def filled(stock: Stock, settings: Settings) -> Stock:
    stock.put(*(dataset(n, f"org/word-{n}", downloads=n) for n in range(5)))
    stock.index(settings.index_dir)
    return stock


def outcomes(api: httpx2.Client) -> dict[str, float]:
    """How often the memory had an answer, by outcome."""
    found = {}
    for line in api.get("/metrics").text.splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("collinear_remembered_answers_total{"):
            found[name.split('"')[1]] = float(value)
    return found


@pytest.mark.parametrize("path", [LIST, SEARCH, DETAIL, f"{DETAIL}/similar"])
def test_the_same_question_is_answered_from_memory(
    api: httpx2.Client, filled: Stock, path: str
) -> None:
    """Body and headers are what they were; the operators see it."""
    first = api.get(path)
    before = outcomes(api).get("hit", 0)

    second = api.get(path)

    assert outcomes(api)["hit"] == before + 1
    assert second.content == first.content
    ours = {"date", "x-request-id"}
    assert {k: v for k, v in second.headers.items() if k not in ours} == {
        k: v for k, v in first.headers.items() if k not in ours
    }
    assert api.head(path).headers["etag"] == first.headers["etag"]
    tagged = api.get(path, headers={"if-none-match": first.headers["etag"]})
    assert tagged.status_code == 304
    assert "content-type" not in tagged.headers
    assert api.get(path, headers={"if-none-match": "*"}).status_code == 304


def test_nothing_that_is_remembered_is_old(api: httpx2.Client, filled: Stock) -> None:
    """Whoever asks after a change sees it, however often it changes."""
    for downloads in range(100, 140):
        filled.put(dataset(3, "org/word-3", downloads=downloads))

        assert api.get(LIST).json()["items"][0]["downloads"] == downloads
        assert api.get("/api/datasets/org/word-3").json()["downloads"] == downloads


def test_many_who_ask_while_it_changes_see_no_past(api: httpx2.Client, filled: Stock) -> None:
    """An answer is at least as new as what was stored before its question was sent."""
    stored = 1_000

    def look() -> tuple[int, int, int]:
        before = stored
        answer = api.get(LIST)
        after = stored
        return before, answer.json()["items"][0]["downloads"], after + 1

    filled.put(dataset(3, "org/word-3", downloads=stored))
    with ThreadPoolExecutor(8) as callers:
        looks = []
        for _ in range(30):
            looks += [callers.submit(look) for _ in range(8)]
            filled.put(dataset(3, "org/word-3", downloads=stored + 1))
            stored += 1
        for done in looks:
            before, seen, after = done.result()
            assert before <= seen <= after


def test_an_index_that_moves_on_is_asked_again(
    api: httpx2.Client, filled: Stock, settings: Settings
) -> None:
    """The catalog is the same; what is found in it is not."""
    filled.put(dataset(9, "org/word-9"))
    assert api.get(SEARCH).json()["total"] == 5

    filled.index(settings.index_dir)

    wait_until(lambda: api.get(SEARCH).json()["total"] == 6, "the new commit to be noticed")


def test_each_encoding_is_remembered_for_itself(api: httpx2.Client, filled: Stock) -> None:
    filled.put(*(dataset(n, f"org/{n}", description="word " * 30) for n in range(10, 110)))
    path = "/api/datasets?limit=100"
    plain = api.get(path, headers={"accept-encoding": "identity"})
    tags = {plain.headers["etag"]}
    for accepted, chosen in (
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, br;q=0.5", "br"),
        ("gzip;q=1.0, *;q=0", "gzip"),
    ):
        for _ in range(2):
            answer = api.get(path, headers={"accept-encoding": accepted})
            assert answer.headers["content-encoding"] == chosen
            assert answer.headers["vary"] == "Accept-Encoding"
            assert answer.json() == plain.json()
        tags.add(answer.headers["etag"])
    raw = api.build_request("GET", path, headers={"accept-encoding": "zstd"})
    answer = api.send(raw, stream=True)
    try:
        assert answer.headers["content-encoding"] == "zstd"
        assert b"".join(answer.iter_raw())[:4] == bytes.fromhex("28b52ffd")
        tags.add(answer.headers["etag"])
    finally:
        answer.close()
    assert len(tags) == 4


def test_little_memory_holds_little(filled: Stock, settings: Settings) -> None:
    """What was not asked for longest goes; an answer that is too large is not kept at all."""
    small = settings.model_copy(update={"answer_cache_bytes": 100_000})
    with running_api(small) as api:
        for offset in range(200):
            assert api.get(f"/api/datasets?limit=1&offset={offset}").status_code == 200
        api.get("/api/datasets?limit=1&offset=199")
        assert outcomes(api) == {"hit": 1}
        api.get("/api/datasets?limit=1&offset=0")
        assert outcomes(api) == {"hit": 1}

    none = settings.model_copy(update={"answer_cache_bytes": 0})
    with running_api(none) as api:
        for _ in range(3):
            assert api.get(LIST).status_code == 200
        assert outcomes(api) == {}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnValkey]:
    with own_valkey(tmp_path) as server:
        yield server


def test_while_redis_is_away_what_is_remembered_is_marked(
    own: OwnValkey, settings: Settings
) -> None:
    """Stale, with its age, and not to be kept; what nobody remembers is a problem."""
    with redis.Redis.from_url(own.url, protocol=2) as client:
        Stock(client, Keys(settings.key_prefix)).put(dataset(1, "org/word-1", downloads=7))
    with running_api(settings.model_copy(update={"redis_url": own.url})) as api:
        fresh = api.get(LIST)
        own.end()

        stale = api.get(LIST)
        assert stale.status_code == 200
        assert stale.content == fresh.content
        assert stale.headers["cache-control"] == "no-store"
        assert stale.headers["cache-status"].startswith("collinear; hit; ttl=-")
        assert "the store does not answer" in stale.headers["cache-status"]
        assert int(stale.headers["age"]) >= 0
        # nobody can say that it has not changed
        tagged = api.get(LIST, headers={"if-none-match": fresh.headers["etag"]})
        assert tagged.status_code == 200
        assert api.get("/api/datasets?limit=6").status_code == 503

        own.start()
        wait_until(lambda: "age" not in api.get(LIST).headers, "a fresh answer")
