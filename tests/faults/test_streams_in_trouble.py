"""What those hear who listen while Redis is killed, paused or restored, or the API is stopped."""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx2
import pytest
import redis

from collinear.local.ports import free_port
from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.api.serving import running_api
from tests.api.streaming import STREAM, Event, Listener, ask, asking, listening, send
from tests.api.test_streams import announce
from tests.faults.scene import answers
from tests.faults.valkey import OwnValkey
from tests.parts import PartProcess, Start, starter
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until

CHANGES = "/api/datasets/changes"


@pytest.fixture
def own(settings: Settings, valkey: OwnValkey) -> Settings:
    """With a server that the test may break."""
    quick = {"redis_url": valkey.url, "stream_heartbeat_seconds": 0.2}
    return settings.model_copy(update=quick)


@pytest.fixture
def stock(own: Settings) -> Iterator[Stock]:
    """A catalog in it."""
    with redis.Redis.from_url(own.redis_url, protocol=2) as client:
        stock = Stock(client, Keys(own.key_prefix))
        stock.put(dataset(1, "org/a"))
        yield stock


@pytest.fixture
def api(own: Settings, stock: Stock) -> Iterator[httpx2.Client]:
    with running_api(own) as client:
        yield client


def written(valkey: OwnValkey, stock: Stock) -> None:
    """Wait until nothing that was stored can be lost with the server."""
    wait_until(
        lambda: (
            stock.client.info("persistence")["aof_pending_bio_fsync"] == 0
            and stock.client.execute_command("WAITAOF", 1, 0, 2000)[0] == 1
        ),
        "the append-only file to be on the disk",
    )


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (OwnValkey.pause, OwnValkey.resume),
        (OwnValkey.end, OwnValkey.start),
        (lambda valkey: valkey.end(signal.SIGTERM), OwnValkey.start),
    ],
    ids=["paused", "killed", "restarted"],
)
def test_a_listener_hears_of_the_trouble_and_misses_nothing(
    api: httpx2.Client,
    stock: Stock,
    valkey: OwnValkey,
    begin: Callable[[OwnValkey], None],
    end: Callable[[OwnValkey], None],
) -> None:
    """It is told once, heartbeats go on, and after the end of it the changes do."""
    with listening(api) as listener, listening(api, more="include=document") as other:
        listener.until("start")
        stock.put(dataset(2, "org/b"))
        assert listener.until("message")[-1].data["id"] == "org/b"
        written(valkey, stock)
        begin(valkey)
        trouble = listener.until("trouble")[-1]
        assert "Redis does not answer" in trouble.data["detail"]
        assert {event.name for event in listener.events(5)} == {":"}
        end(valkey)
        stock.put(dataset(3, "org/c"))
        told = [event for event in listener.until("message") if event.name != ":"]
        assert [event.name for event in told] == ["recovered", "message"]
        assert told[-1].data["id"] == "org/c"
        ids = [event.data["id"] for event in until_message(other, 2)]
        assert ids == ["org/b", "org/c"]


def until_message(listener: Listener, count: int) -> list[Event]:
    """So many changes, whatever else is told between."""
    return [listener.until("message")[-1] for _ in range(count)]


def test_a_server_that_comes_back_with_less_ends_the_streams(
    api: httpx2.Client, stock: Stock, valkey: OwnValkey
) -> None:
    """What was told is not true any more: who listens has to begin with the whole catalog."""
    with listening(api) as listener:
        listener.until("start")
        stock.put(dataset(2, "org/b"))
        assert listener.until("message")[-1].data["id"] == "org/b"
        valkey.end()
        valkey.forget_the_last(1_000_000)
        valkey.start()
        gone = listener.until("gone")[-1]
        assert gone.data["export"] == "/api/datasets/export"
        assert listener.event() is None


def test_nobody_begins_to_listen_while_redis_is_away(
    api: httpx2.Client, stock: Stock, valkey: OwnValkey
) -> None:
    """503 and when to come again, for streams and for polls; then it is as ever."""
    since = stock.serial
    written(valkey, stock)
    valkey.end()
    for path in (STREAM, f"{STREAM}?since={since}", f"{CHANGES}?since={since}&wait=60"):
        with asking(api, path, Accept="text/event-stream") as answer:
            assert answer.status == 503, path
            assert int(answer.headers["retry-after"]) >= 1
    valkey.start()
    wait_until(lambda: api.get(CHANGES).status_code == 200, "the API to recover")
    with listening(api, since) as listener:
        listener.until("start")
        stock.put(dataset(2, "org/b"))
        assert listener.until("message")[-1].data["id"] == "org/b"


def test_a_poll_waits_through_the_trouble(
    api: httpx2.Client, stock: Stock, valkey: OwnValkey
) -> None:
    """A restart costs who waits nothing but time."""
    poll = send(api, f"{CHANGES}?since={stock.serial}&wait=60")
    wait_until(lambda: waits(stock), "the poll to wait")
    written(valkey, stock)
    valkey.end()
    valkey.start()
    stock.put(dataset(2, "org/b"))
    with closing(Listener(poll)) as answer:
        assert b'"id":"org/b"' in answer.body()


def waits(stock: Stock) -> bool:
    return any("b" in one["flags"] for one in stock.client.client_list())


@pytest.fixture
def part(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    with starter(settings, tmp_path) as start:
        yield start


def test_a_process_that_is_stopped_lets_everybody_go(
    settings: Settings, store: redis.Redis, keys: Keys, part: Start
) -> None:
    """
    Three hundred who listen and one who waits: a last word for each, at once, and the process
    ends within its grace, though one who does not read cannot be told.  It had lifted its limit
    of open files, which was a low one.
    """
    stock = Stock(store, keys)
    stock.put(dataset(1, "org/a"))
    with few_open_files():
        process, base = started(part)
    with (
        httpx2.Client(base_url=base, trust_env=False, timeout=30) as api,
        ExitStack() as stack,
    ):
        wait_until(lambda: answers(api), "the API", within=30)
        soft, hard = resource.prlimit(process.process.pid, resource.RLIMIT_NOFILE)
        assert soft == hard
        epoch = stock.serial.epoch
        now = f"{epoch}:{announce(store, keys, 0, 40_000)[-1]}"
        idle = ask(api, f"{STREAM}?since={epoch}:0-0", room=4096)  # more than sockets hold
        stack.callback(idle.close)
        idle.more()
        listeners = [ask(api, STREAM) for _ in range(300)]
        for listener in listeners:
            stack.callback(listener.close)
            listener.until("start")
        poll = send(api, f"{CHANGES}?since={now}&wait=60")
        assert api.get("/livez").status_code == 200  # by now that has arrived too
        process.process.send_signal(signal.SIGTERM)
        for listener in listeners:
            [stop] = listener.events(1)
            assert (stop.name, stop.data["serial"]) == ("stop", now)
            assert listener.event() is None
        with closing(Listener(poll)) as waiting:
            assert b'"changes":[]' in waiting.body()
        assert process.process.wait(15) == 0
    assert "error" not in process.log.lower()  # it would tell that its patience was over


@contextmanager
def few_open_files() -> Iterator[None]:
    """What is started here may open as few files as nobody could serve a crowd with."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def started(part: Start) -> tuple[PartProcess, str]:
    port = free_port()
    return part("api", COLLINEAR_PORT=str(port)), f"http://127.0.0.1:{port}"
