"""The same changes for those who have no use for a stream: a poll that waits, and lines."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
import redis

from collinear.api.shapes import models
from collinear.store.keys import Keys
from tests.api.answers import blamed, found, refused
from tests.api.streaming import ask
from tests.api.test_streams import announce, waiters
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until

CHANGES = "/api/datasets/changes"
LINES = "application/x-ndjson"


@pytest.fixture
def history(stock: Stock) -> Stock:
    """Three datasets have come."""
    stock.put(dataset(1, "org/a"), dataset(2, "org/b"), dataset(3, "org/c"))
    return stock


def parsed(answer: httpx2.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == LINES
    return [json.loads(line) for line in answer.content.splitlines()]


def test_a_poll_waits_for_the_first_change(api: httpx2.Client, history: Stock) -> None:
    """And no longer: the answer is a page as ever."""
    since = str(history.serial)
    with ThreadPoolExecutor(1) as pool:
        asked = {"since": since, "wait": 60}
        answer = pool.submit(lambda: api.get(CHANGES, params=asked))
        wait_until(lambda: waiters(history), "the poll to wait")
        assert not answer.done()
        history.put(dataset(4, "org/d"))
        page = models.Changes.model_validate_json(answer.result().content)
    assert [change.id for change in page.changes] == ["org/d"]
    assert page.next == page.serial == str(history.serial)


def test_a_poll_does_not_wait_where_there_is_something(api: httpx2.Client, history: Stock) -> None:
    """Nor where there never will be; the client of this test would not wait for so long."""
    beginning = f"{history.serial.epoch}:0-0"
    page = found(api.get(CHANGES, params={"since": beginning, "wait": 60, "limit": 2}))
    assert len(page["changes"]) == 2
    refused(api.get(CHANGES, params={"since": "a:1-0", "wait": 60}), 410, "position-gone")
    never = f"{history.serial.epoch}:9999999999999-0"
    refused(api.get(CHANGES, params={"since": never, "wait": 60}), 410, "position-gone")


def test_a_poll_in_vain_is_an_empty_page(api: httpx2.Client, history: Stock) -> None:
    """From which the next one goes on; or a 304, for who has that page already."""
    asked = {"since": str(history.serial), "wait": 0.2}
    answer = api.get(CHANGES, params=asked)
    page = found(answer)
    assert (page["changes"], page["next"]) == ([], str(history.serial))
    again = api.get(CHANGES, params=asked, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_many_polls_are_woken_by_one_change(api: httpx2.Client, history: Stock) -> None:
    """One connection to Redis waits for all of them."""
    since = str(history.serial)
    with ThreadPoolExecutor(40) as pool:
        asked = {"since": since, "wait": 60}
        answers = [
            pool.submit(lambda: httpx2.get(f"{api.base_url}{CHANGES}", params=asked, timeout=30))
            for _ in range(40)
        ]
        wait_until(lambda: waiters(history) == 1, "the polls to wait")
        history.put(dataset(4, "org/d"))
        pages = [found(answer.result()) for answer in answers]
    assert all([one["id"] for one in page["changes"]] == ["org/d"] for page in pages)


def test_who_leaves_while_waiting_is_forgotten(api: httpx2.Client, history: Stock) -> None:
    """With the last one the reader of the stream ends too."""
    wait_until(lambda: not waiters(history), "others to have ended")
    with socket.create_connection(("127.0.0.1", api.base_url.port)) as connection:
        path = f"{CHANGES}?since={history.serial}&wait=60"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        wait_until(lambda: waiters(history), "the poll to wait")
    wait_until(lambda: not waiters(history), "the reader to end")


def test_a_new_epoch_wakes_a_poll(api: httpx2.Client, history: Stock) -> None:
    """With the same 410 as without waiting."""
    with ThreadPoolExecutor(1) as pool:
        asked = {"since": str(history.serial), "wait": 60}
        answer = pool.submit(lambda: api.get(CHANGES, params=asked))
        wait_until(lambda: waiters(history), "the poll to wait")
        history.client.hset(history.keys.meta, "epoch", "another")
        refused(answer.result(), 410, "position-gone")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("wait=10", "wait"),
        ("since=a:1-0&wait=61", "wait"),
        ("since=a:1-0&wait=-1", "wait"),
        ("since=a:1-0&wait=nan", "wait"),
        ("since=a:1-0&wait=inf", "wait"),
        ("since=a:1-0&wait=", "wait"),
        ("since=a:1-0&wait=1&wait=2", "wait"),
        ("since=nonsense&wait=10", "since"),
        ("format=xml", "format"),
        ("format=json&format=ndjson", "format"),
        ("limit=1001", "limit"),
        ("limit=1001&format=json", "limit"),
        ("limit=1000001&format=ndjson", "limit"),
        ("limit=0&format=ndjson", "limit"),
    ],
)
def test_what_cannot_be_is_named(api: httpx2.Client, query: str, named: str) -> None:
    assert list(blamed(api.get(f"{CHANGES}?{query}"))) == [named]


def test_lines_are_the_same_changes(api: httpx2.Client, history: Stock) -> None:
    """Asked for by what is accepted, or by the parameter; the serial of the last is the place."""
    page = found(api.get(CHANGES))
    by_header = api.get(CHANGES, headers={"accept": LINES})
    by_parameter = api.get(CHANGES, params={"format": "ndjson"})
    assert parsed(by_header) == parsed(by_parameter) == page["changes"]
    assert by_header.headers["x-catalog-serial"] == page["serial"]
    assert by_header.headers["cache-control"] == "no-store"  # it might have ended in a problem
    head = api.head(CHANGES, headers={"accept": LINES})
    assert (head.status_code, head.headers.get("content-length")) == (200, None)
    assert by_header.content.endswith(b"\n")
    since = page["changes"][0]["serial"]
    assert (
        parsed(api.get(CHANGES, params={"format": "ndjson", "since": since}))
        == (page["changes"][1:])
    )
    end = api.get(CHANGES, params={"format": "ndjson", "since": page["next"]})
    assert parsed(end) == []
    documents = {"include": "document"}
    assert (
        parsed(api.get(CHANGES, params={"format": "ndjson"} | documents))
        == (found(api.get(CHANGES, params=documents))["changes"])
    )


@pytest.mark.parametrize(
    ("accept", "in_lines"),
    [
        ("*/*", False),
        ("", False),
        ("application/json", False),
        (LINES, True),
        (f"{LINES}, */*;q=0.1", True),
        (f"application/json, {LINES}", False),
        (f"application/json;q=0.5, {LINES}", True),
        (f"application/json, {LINES};q=0.9", False),
        (f"{LINES};q=0", False),
        (f"{LINES};q=nonsense", False),
        (f"{LINES.upper()} ; charset=utf-8 ; q=0.4", True),
        ("text/html, image/png", False),
    ],
)
def test_what_is_accepted_decides(
    api: httpx2.Client, history: Stock, accept: str, in_lines: bool
) -> None:
    """JSON unless lines are preferred; caches are told that it depends on this."""
    answer = api.get(CHANGES, headers={"accept": accept})
    assert answer.headers["content-type"] == (LINES if in_lines else "application/json")
    assert "Accept" in [name.strip() for name in answer.headers["vary"].split(",")]
    plain = api.get(CHANGES, params={"format": "json"}, headers={"accept": accept})
    assert plain.headers["content-type"] == "application/json"


def test_the_two_shapes_are_two_answers(api: httpx2.Client, history: Stock) -> None:
    """A tag of one says nothing about the other."""
    etag = api.get(CHANGES).headers["etag"]
    assert api.get(CHANGES, headers={"if-none-match": etag}).status_code == 304
    lines = api.get(CHANGES, headers={"if-none-match": etag, "accept": LINES})
    assert lines.status_code == 200
    tagged = {"if-none-match": lines.headers["etag"], "accept": LINES}
    assert api.get(CHANGES, headers=tagged).status_code == 304


def test_lines_go_on_to_the_end(
    api: httpx2.Client, history: Stock, store: redis.Redis, keys: Keys
) -> None:
    """Far more than a page, in bounded pieces; a limit is kept to exactly."""
    since = str(history.serial)
    announce(store, keys, 0, 12_345)
    asked = {"since": since, "format": "ndjson"}
    changes = parsed(api.get(CHANGES, params=asked))
    assert [int(change["id"][4:]) for change in changes] == list(range(12_345))
    for limit in (1, 249, 250, 251, 12_344, 1_000_000):
        some = parsed(api.get(CHANGES, params={**asked, "limit": limit}))
        assert some == changes[:limit]


def test_lines_that_cannot_go_on_end_with_a_problem(
    api: httpx2.Client, history: Stock, store: redis.Redis, keys: Keys
) -> None:
    """The status is out by then; the last line says it, and so does the next request."""
    since = history.serial
    announce(store, keys, 0, 50_000)
    listener = ask(api, f"{CHANGES}?since={since}&format=ndjson", room=4096)
    try:
        assert listener.status == 200
        first = listener.more()
        announce(store, keys, 50_000, 10, maxlen=10)
        lines = [json.loads(line) for line in (first + listener.body()).splitlines()]
    finally:
        listener.close()
    problem = lines.pop()
    assert (problem["status"], problem["type"]) == (410, "/problems/position-gone")
    assert [int(change["id"][4:]) for change in lines] == list(range(len(lines)))
    gone = api.get(CHANGES, params={"since": lines[-1]["serial"]})
    refused(gone, 410, "position-gone")


def test_lines_can_be_waited_for(api: httpx2.Client, history: Stock) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = {"since": str(history.serial), "wait": 60, "format": "ndjson"}
        answer = pool.submit(lambda: api.get(CHANGES, params=asked))
        wait_until(lambda: waiters(history), "the poll to wait")
        history.put(dataset(4, "org/d"))
        assert [change["id"] for change in parsed(answer.result())] == ["org/d"]
