"""Listening: every change once, in order, as it happens, whatever happens to the connection."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx2
import psutil
import pytest
import redis

from collinear.api.shapes import models
from collinear.domain.change import Serial
from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.api.answers import found, raw
from tests.api.serving import running_api
from tests.api.streaming import STREAM, Event, Listener, ask, asking, listening
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until

CHANGES = "/api/datasets/changes"


@pytest.fixture
def history(stock: Stock) -> Stock:
    """Three datasets have come."""
    stock.put(dataset(1, "org/a"), dataset(2, "org/b"), dataset(3, "org/c"))
    return stock


def announce(store: redis.Redis, keys: Keys, first: int, count: int, **options: int) -> list[str]:
    """Changes of datasets that are numbers, straight into the stream."""
    with store.pipeline() as pipe:
        for number in range(first, first + count):
            fields = {"op": "update", "id": f"org/{number}", "hub_id": f"{number:x}"}
            more = {"previous_id": "", "changed": "likes", "at": "2026-01-01T00:00:00Z"}
            pipe.xadd(keys.changes, fields | more, approximate=False, **options)
        return [position.decode() for position in pipe.execute()]


def waiters(stock: Stock) -> int:
    """How many connections wait for news at Redis."""
    return sum("b" in one["flags"] for one in stock.client.client_list())


def numbers(events: list[Event]) -> list[int]:
    return [int(event.data["id"][4:]) for event in events]


def changes_of(listener: Listener, count: int) -> list[int]:
    """So many changes, whatever heartbeats come between."""
    got: list[int] = []
    while len(got) < count:
        got += numbers([event for event in listener.events(1) if event.name == "message"])
    return got


def test_what_happens_is_told_as_it_happens(api: httpx2.Client, history: Stock) -> None:
    """A stream begins now and says where that is; a change has its serial, and no other name."""
    with listening(api) as listener:
        assert listener.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert listener.headers["cache-control"] == "no-store"
        assert listener.headers["x-catalog-serial"] == str(history.serial)
        assert listener.headers["x-accel-buffering"] == "no"
        [start] = listener.events(1)
        assert start == Event("start", str(history.serial), {"serial": str(history.serial)})

        history.put(dataset(4, "org/d"))
        history.put(dataset(1, "new/a", likes=3))
        history.drop(dataset(2, "org/b"))
        events = listener.events(3)

    page = models.Changes.model_validate_json(
        api.get(CHANGES, params={"since": start.data["serial"]}).content
    )
    assert [models.Change.model_validate(event.data) for event in events] == page.changes
    assert [change.op for change in page.changes] == ["create", "move", "delete"]
    assert [(event.name, event.id) for event in events] == [
        ("message", change.serial) for change in page.changes
    ]


def test_whoever_comes_back_missed_nothing(api: httpx2.Client, history: Stock) -> None:
    """From any event on; the header of a client that comes back wins over its address."""
    beginning = f"{history.serial.epoch}:0-0"
    with listening(api, beginning) as listener:
        whole = listener.events(4)[1:]
    assert [event.data["id"] for event in whole] == ["org/a", "org/b", "org/c"]
    for place, event in enumerate(whole):
        with listening(api, beginning, Last_Event_ID=event.id or "") as listener:
            [start] = listener.events(1)
            assert start.id == event.id
            assert listener.events(2 - place) == whole[place + 1 :]
            history.put(dataset(4, "org/d", likes=place + 1))
            assert listener.events(1)[0].data["id"] == "org/d"
    with listening(api, beginning, Last_Event_ID="") as listener:
        assert listener.events(4)[1:] == whole


def test_reconnecting_again_and_again_while_much_is_written(
    api: httpx2.Client, history: Stock, redis_url: str, keys: Keys
) -> None:
    """Three thousand changes over connections that break all the time: each comes once."""

    def write() -> None:
        with redis.Redis.from_url(redis_url, protocol=2) as client:
            for first in range(0, 3000, 20):
                announce(client, keys, first, 20)

    writer = threading.Thread(target=write)
    place, got, connections = str(history.serial), list[int](), 0
    writer.start()
    try:
        while len(got) < 3000:
            connections += 1
            portion = min(1 + connections * 13 % 97, 3000 - len(got))
            with listening(api, Last_Event_ID=place) as listener:
                events = listener.events(1 + portion)[1:]
            got += numbers(events)
            place = events[-1].id or ""
    finally:
        writer.join()
    assert got == list(range(3000))
    assert connections > 20


def test_two_hundred_who_listen_hear_the_same(api: httpx2.Client, history: Stock) -> None:
    """In the same order, from one reader of the stream."""
    listeners: list[Listener] = []
    try:
        for _ in range(200):
            listeners.append(ask(api, STREAM))
            assert listeners[-1].status == 200
            listeners[-1].until("start")
        history.put(*(dataset(n, f"more/{n}") for n in range(10, 60)))
        heard = [listener.events(50) for listener in listeners]
        wait_until(lambda: waiters(history) == 1, "one of us to wait for all")
    finally:
        for listener in listeners:
            listener.close()
    assert all(events == heard[0] for events in heard)
    assert [event.data["id"] for event in heard[0]] == [f"more/{n}" for n in range(10, 60)]


def test_the_documents_come_along(api: httpx2.Client, history: Stock) -> None:
    """As they are now, in the replay and afterwards, beside those who did not ask for them."""
    beginning = f"{history.serial.epoch}:0-0"
    history.drop(dataset(2, "org/b"))
    with (
        listening(api) as plain,
        listening(api, beginning, more="include=document") as listener,
    ):
        plain.until("start")
        events = listener.events(5)[1:]
        assert [(event.data["document"] or {}).get("id") for event in events] == [
            "org/a",
            None,
            "org/c",
            None,
        ]
        history.put(dataset(1, "org/a", downloads=7))
        [change] = listener.events(1)
        assert change.data["document"]["downloads"] == 7
        [without] = plain.events(1)
        assert "document" not in without.data
        assert without.id == change.id


def test_a_listener_from_before_the_beginning(api: httpx2.Client, settings: Settings) -> None:
    """There is no catalog, hence no serial; the first change of all is heard nevertheless."""
    with listening(api) as listener:
        [start] = listener.events(1)
        assert start == Event("start", None, {"serial": None})
        with redis.Redis.from_url(settings.redis_url, protocol=2) as client:
            stock = Stock(client, Keys(settings.key_prefix))
            stock.put(dataset(1, "org/a"))
        [change] = listener.events(1)
        assert (change.data["id"], change.data["op"]) == ("org/a", "create")


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "br", "gzip, zstd, br"])
def test_nothing_is_held_back_to_be_compressed(
    api: httpx2.Client, history: Stock, encoding: str
) -> None:
    with listening(api, Accept_Encoding=encoding) as listener:
        assert "content-encoding" not in listener.headers
        listener.until("start")
        history.put(dataset(4, "org/d"))
        assert listener.events(1)[0].data["id"] == "org/d"


def test_asked_for_its_headers_it_answers_and_ends(api: httpx2.Client, history: Stock) -> None:
    """HEAD, which every cache and every curl -I may try."""
    for path in (STREAM, f"{CHANGES}?format=ndjson", f"{CHANGES}?wait=60&since={history.serial}"):
        answer = raw(api, path, "HEAD")
        assert (answer.status_code, answer.content) == (200, b""), path
    assert raw(api, STREAM, "HEAD").headers["content-type"].startswith("text/event-stream")


def test_a_dataset_may_be_called_so(api: httpx2.Client, history: Stock) -> None:
    """It is found; who says that it takes events has the stream, whoever calls a dataset so."""
    history.put(dataset(9, "changes/stream"))
    assert found(raw(api, STREAM))["id"] == "changes/stream"
    assert found(raw(api, "/api/datasets/changes%2Fstream"))["id"] == "changes/stream"
    with listening(api, Accept="text/event-stream") as listener:
        assert listener.events(1)[0].name == "start"


@pytest.fixture
def quick(settings: Settings) -> Iterator[httpx2.Client]:
    """Heartbeats all the time, and little is kept for the slow."""
    changed = {
        "stream_heartbeat_seconds": 0.05,
        "stream_backlog": 2000,
        "stream_backlog_bytes": 200_000,
    }
    with running_api(settings.model_copy(update=changed)) as client:
        yield client


@pytest.fixture
def impatient(settings: Settings) -> Iterator[httpx2.Client]:
    """An API that hangs up on who does not read for two seconds."""
    with running_api(settings.model_copy(update={"stall_seconds": 2.0})) as client:
        yield client


def test_silence_is_filled_with_heartbeats(quick: httpx2.Client, history: Stock) -> None:
    """So that neither side takes a dead connection for a quiet one."""
    with listening(quick) as listener:
        events = listener.events(6)[1:]
        assert events == [Event(":", None, "still here")] * 5
        history.put(dataset(4, "org/d"))
        assert listener.until("message")[-1].data["id"] == "org/d"


def test_a_replay_may_be_longer_than_what_is_kept(
    quick: httpx2.Client, history: Stock, store: redis.Redis, keys: Keys
) -> None:
    """Ten times the backlog, read from the store; what comes meanwhile follows without a gap."""
    since = history.serial
    announce(store, keys, 0, 20_000)
    with listening(quick, since) as listener:
        assert listener.events(1)[0].name == "start"
        got = numbers(listener.events(5000))
        announce(store, keys, 20_000, 500)
        got += changes_of(listener, 15_500)
    assert got == list(range(20_500))


def test_who_reads_too_slowly_is_told_and_cut_off(
    quick: httpx2.Client, history: Stock, store: redis.Redis, keys: Keys
) -> None:
    """With the serial to go on from: who comes back there misses nothing."""
    with asking(quick, STREAM, room=4096) as listener:
        listener.until("start")
        for first in range(0, 40_000, 1000):  # what neither sockets nor the backlog hold
            announce(store, keys, first, 1000)
        events = [event for event in listener.until("overrun") if event.name != ":"]
        assert listener.event() is None
    last = events.pop()
    assert last.data["serial"] == events[-1].id
    assert "detail" in last.data
    got = numbers(events)
    assert got == list(range(len(got)))
    assert len(got) < 40_000
    with listening(quick, Last_Event_ID=last.data["serial"]) as listener:
        again = listener.events(2)[1]
    assert numbers([again]) == [len(got)]


def test_who_does_not_read_at_all_is_hung_up_on(
    impatient: httpx2.Client, history: Stock, store: redis.Redis, keys: Keys
) -> None:
    """After the seconds that a caller may stall; others do not notice."""
    with asking(impatient, STREAM, room=4096) as idle, listening(impatient) as busy:
        busy.until("start")
        for first in range(0, 40_000, 1000):
            announce(store, keys, first, 1000)
            assert changes_of(busy, 1000) == list(range(first, first + 1000))
        wait_until(lambda: not is_connected(impatient, idle), "the other one to be cut off")
        with pytest.raises((ConnectionError, ValueError)):  # what was on its way has no end
            idle.body()


def is_connected(api: httpx2.Client, listener: Listener) -> bool:
    """Whether the server, which is in this process, still has the connection."""
    return any(
        one.laddr.port == api.base_url.port and one.raddr and one.raddr.port == listener.port
        for one in psutil.Process().net_connections("tcp")
    )


def test_a_place_that_is_gone_is_a_problem_before_anything_is_sent(
    api: httpx2.Client, history: Stock
) -> None:
    """Trimmed, of another epoch, or of the future: 410 and where to begin again."""
    whole = found(api.get(CHANGES))["changes"]
    history.client.xtrim(history.keys.changes, maxlen=1, approximate=False)
    for since in (whole[0]["serial"], "another:1-0", f"{history.serial.epoch}:9999999999999-0"):
        for headers in ({}, {"Last_Event_ID": since}):
            path = STREAM if headers else f"{STREAM}?since={since}"
            with asking(api, path, **headers) as answer:
                assert answer.status == 410
                assert answer.headers["x-catalog-serial"] == str(history.serial)
                assert b"/api/datasets/export" in answer.body()


def test_trimmed_under_the_hands_of_a_listener(
    api: httpx2.Client, history: Stock, store: redis.Redis, keys: Keys
) -> None:
    """The stream says so, points to the whole catalog, and ends: never a silent gap."""
    with listening(api) as listener:
        listener.until("start")
        with store.pipeline() as pipe:  # at one moment, so that nobody can read between
            pipe.xtrim(keys.changes, maxlen=0, approximate=False)
            pipe.xadd(keys.changes, {"op": "x"})
            pipe.execute()
        gone = listener.until("gone")[-1]
        assert listener.event() is None
    assert gone.id is None
    assert gone.data["status"] == 410
    assert gone.data["type"] == "/problems/position-gone"
    assert gone.data["export"] == "/api/datasets/export"


def test_another_epoch_ends_a_stream(api: httpx2.Client, history: Stock) -> None:
    """The store was restored; a new listener begins in the new epoch."""
    with listening(api) as old:
        old.until("start")
        history.client.hset(history.keys.meta, "epoch", "another")
        assert old.until("gone")[-1].data["status"] == 410
        assert old.event() is None
    with listening(api) as new:
        place = Serial.parse(new.until("start")[-1].data["serial"])
        assert place.epoch == "another"


@pytest.mark.parametrize(
    ("query", "headers", "named"),
    [
        ("since=nonsense", {}, "since"),
        ("since=a:1-0&since=a:2-0", {}, "since"),
        ("sicne=a:1-0", {}, "sicne"),
        ("include=everything", {}, "include"),
        ("limit=3", {}, "limit"),
        ("", {"Last_Event_ID": "nonsense"}, "Last-Event-ID"),
        ("", {"Last_Event_ID": f"a:1-{2**64}"}, "Last-Event-ID"),
        ("", {"Last_Event_ID": "a:1-0\r\nLast-Event-ID: a:2-0"}, "Last-Event-ID"),
        ("", {"Last_Event_ID": "\xff"}, "Last-Event-ID"),
    ],
)
def test_what_cannot_be_is_named(
    api: httpx2.Client, history: Stock, query: str, headers: dict[str, str], named: str
) -> None:
    with asking(api, f"{STREAM}?{query}", **headers) as answer:
        assert answer.status == 422
        assert f'"parameter":"{named}"'.encode() in answer.body()


def test_serials_only_grow(api: httpx2.Client, history: Stock) -> None:
    with listening(api, f"{history.serial.epoch}:0-0") as listener:
        history.put(*(dataset(n, f"more/{n}") for n in range(10, 40)))
        events = listener.events(34)[1:]
    orders = [Serial.parse(event.data["serial"]).order for event in events]
    assert all(before < after for before, after in pairwise(orders))


def test_the_recipe_of_the_documentation_works(
    api: httpx2.Client, history: Stock, tmp_path: Path
) -> None:
    """As it stands there, but for the address."""
    page = (Path(__file__).parents[2] / "docs" / "changes.md").read_text()
    code = page.partition("```python\n")[2].partition("```")[0]
    assert "http://127.0.0.1:8000" in code
    recipe = tmp_path / "recipe.py"
    recipe.write_text(code.replace("http://127.0.0.1:8000", str(api.base_url).rstrip("/")))
    with subprocess.Popen([sys.executable, recipe], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            wait_until(lambda: waiters(history), "the recipe to listen")
            history.put(dataset(4, "org/d"))
            history.drop(dataset(1, "org/a"))
            told = [process.stdout.readline() for _ in range(2)]
        finally:
            process.kill()
    assert told == [b"create org/d\n", b"delete org/a\n"]
