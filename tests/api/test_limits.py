"""What the API bears: sizes, times, and how much at a time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import pytest

from collinear.settings import Settings
from tests.api.answers import found, refused
from tests.api.serving import running_api
from tests.api.wire import Wire, get, said, wired
from tests.hubs import RunningHub
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until

LIVE = "/livez"
POST = b"POST /livez HTTP/1.1\r\nHost: a\r\n"


@contextmanager
def limited(settings: Settings, **limits: object) -> Iterator[httpx2.Client]:
    """An API with other limits."""
    with running_api(settings.model_copy(update=limits)) as api:
        yield api


@pytest.mark.parametrize("length", [20_000, 70_000, 1_000_000])
@pytest.mark.parametrize("begin", ["/livez?", "/"])
def test_an_address_that_is_too_long_is_not_read(
    api: httpx2.Client, begin: str, length: int
) -> None:
    """Path and query together; however long it is, and before it has ended."""
    problem = said(api, get(begin + "a" * length)).problem
    assert (problem["status"], problem["type"]) == (414, "/problems/url-too-long")


def test_an_address_may_be_as_long_as_is_said(api: httpx2.Client) -> None:
    """Many filters fit."""
    tags = "&".join(f"tag=a-rather-long-tag-number-{number}" for number in range(480))
    assert 15_000 < len(tags) < 16_000
    assert api.get(f"/api/datasets?{tags}").status_code in (200, 422, 503)


@pytest.mark.parametrize(
    "fields",
    [
        b"X: y\r\n" * 150,
        b"X: y\r\n" * 1_600_000,
        b"X: " + b"y" * 40_000 + b"\r\n",
        b"X: " + b"y" * 10_000_000 + b"\r\n",
        b"y" * 10_000_000 + b": x\r\n",
        b"".join(b"X%d: %s\r\n" % (number, b"y" * 1000) for number in range(50)),
    ],
    ids=["many", "a million", "long", "ten megabytes", "long name", "many and long"],
)
def test_a_header_that_is_too_large_is_not_read(api: httpx2.Client, fields: bytes) -> None:
    """By their number or their size; the process does not keep what it does not want."""
    problem = said(api, b"GET /livez HTTP/1.1\r\nHost: a\r\n", fields, b"\r\n").problem
    assert (problem["status"], problem["type"]) == (431, "/problems/headers-too-large")


CHUNK = b"10000\r\n" + b"a" * 65_536 + b"\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        b"Content-Length: 65537\r\n\r\n",
        b"Content-Length: 10000000000\r\n\r\n" + b"a" * 1000,
        b"Content-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n",
        b"Content-Length: 10000000\r\n\r\n" + b"a" * 10_000_000,
        b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK * 150,
    ],
    ids=["a byte too many", "announced", "expected", "sent", "in chunks"],
)
def test_a_body_that_is_too_large_is_not_read(api: httpx2.Client, request_: bytes) -> None:
    """Refused when it is announced, else when it has become too large; nobody is told to go on."""
    problem = said(api, POST + request_).problem
    assert (problem["status"], problem["type"]) == (413, "/problems/body-too-large")


@pytest.mark.parametrize(
    "request_",
    [
        b"Content-Length: 65536\r\n\r\n" + b"a" * 65_536,
        b"Transfer-Encoding: chunked\r\n\r\n" + b"5\r\nhello\r\n" * 100 + b"0\r\n\r\n",
        b"Content-Length: 0\r\n\r\n",
    ],
)
def test_a_small_body_does_no_harm(api: httpx2.Client, request_: bytes) -> None:
    """Nothing needs one: it is read and forgotten, and the connection goes on."""
    with wired(api) as wire:
        for _ in range(2):
            assert wire.send(POST + request_).read().status == 405
        assert wire.send(get(LIVE)).read().status == 200


def test_who_waits_to_be_told_is_told(api: httpx2.Client) -> None:
    """``Expect: 100-continue`` with a body that may come."""
    with wired(api) as wire:
        wire.send(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert wire.read().status == 100
        assert wire.send(b"hello").read().status == 405


def test_requests_in_one_breath_are_answered_in_order(api: httpx2.Client) -> None:
    """A few of them; a flood is not kept in memory."""
    with wired(api) as wire:
        wire.send(b"".join(get(f"/nowhere/{number}") for number in range(20)))
        for number in range(20):
            assert wire.read().problem["instance"] == f"/nowhere/{number}"
    with wired(api) as wire:
        assert wire.send(get(LIVE) * 10_000).ended()


@pytest.fixture(scope="module")
def impatient(api_settings: Settings) -> Iterator[httpx2.Client]:
    with limited(api_settings, arrival_seconds=0.4, keep_alive_seconds=1) as api:
        yield api


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /livez?",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Half: ",
        b"\r\n\r\n",
        POST + b"Content-Length: 1000\r\n\r\nhalf",
        POST + b"Transfer-Encoding: chunked\r\n\r\nfff\r\nhalf",
    ],
)
def test_a_request_that_does_not_arrive_is_not_waited_for(
    impatient: httpx2.Client, beginning: bytes
) -> None:
    """Neither a head nor a body, and it does not help to send a byte now and then."""
    stopped = threading.Event()

    def drip(wire: Wire) -> None:
        while not stopped.wait(0.05):
            wire.send(b"\r\n" if beginning == b"\r\n\r\n" else b"a")

    with wired(impatient) as wire:
        wire.send(beginning)
        dripping = threading.Thread(target=drip, args=(wire,))
        dripping.start()
        try:
            answer = wire.read()
        finally:
            stopped.set()
            dripping.join()
        assert (answer.status, answer.problem["type"]) == (408, "/problems/too-slow")
        assert wire.ended()


def test_a_connection_that_says_nothing_ends(impatient: httpx2.Client) -> None:
    """Before the first request, and after an answer."""
    with wired(impatient) as wire:
        assert wire.ended()
    with wired(impatient) as wire:
        assert wire.send(get(LIVE)).read().status == 200
        assert wire.ended()


def test_many_slow_connections_keep_nobody_out(settings: Settings) -> None:
    """A hundred that never finish their request, and one that does."""
    with limited(settings, arrival_seconds=1) as api:
        wires = []
        with wired(api) as first:
            for _ in range(100):
                context = wired(api)
                wires.append((context, context.__enter__().send(b"GET / HTTP/1.1\r\nX: ")))
            assert first.send(get(LIVE)).read().status == 200
        for context, wire in wires:
            assert wire.read().status == 408
            context.__exit__(None, None, None)


def test_bodies_that_drip_keep_nobody_out(settings: Settings) -> None:
    """They take no place before they have arrived."""
    with limited(settings, max_requests=1) as api, wired(api) as one, wired(api) as two:
        for wire in (one, two):
            wire.send(POST + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n")
            assert wire.read().status == 100  # it is being waited for
        assert api.get("/api/impact-policy").status_code == 200
        assert one.send(b"0123456789").read().status == 405


def test_a_caller_who_does_not_read_is_hung_up_on(settings: Settings, stock: Stock) -> None:
    """Its answers fill the buffers, and then it is over: they are not kept for ever."""
    stock.put(*(dataset(n, f"org/{n}", description="x" * 3000) for n in range(200)))
    with limited(settings, stall_seconds=0.5) as api, wired(api) as wire:
        wire.send(get("/api/datasets?limit=200") * 30)
        # It would be kept for as long as it lives, were it not ended from the other side
        assert wait_until(lambda: _is_reset(wire), "the API to hang up")


def _is_reset(wire: Wire) -> bool:
    try:
        wire.socket.send(b"\r\n")
    except (ConnectionResetError, BrokenPipeError):
        return True
    return False


def test_there_are_only_so_many_connections(settings: Settings) -> None:
    """One too many is told so, and when there is room again it is let in."""
    with limited(settings, max_connections=3) as api:
        contexts = [wired(api) for _ in range(3)]
        wires = [context.__enter__() for context in contexts]
        for wire in wires:
            assert wire.send(get(LIVE)).read().status == 200
        with wired(api) as another:
            answer = another.read()
            assert (answer.status, answer.problem["type"]) == (503, "/problems/overloaded")
            assert answer.headers["retry-after"] == "1"
            assert another.ended()
        for context in contexts:
            context.__exit__(None, None, None)

        def let_in() -> bool:
            with wired(api) as wire:
                return wire.send(get(LIVE)).read().status == 200

        assert wait_until(let_in, "room for another connection")


@pytest.fixture
def slow_hub(hub: RunningHub, stock: Stock) -> RunningHub:
    """A Hub that takes its time over commits."""
    row = hub.add(id="acme/widgets")
    stock.put(dataset(1, "acme/widgets", sha=row["sha"]))
    hub.fault("slow", times=1000, match="/commits/", delay=3)
    return hub


COMMITS = "/api/datasets/acme/widgets/commits"


def test_there_are_only_so_many_requests_at_a_time(
    settings: Settings, slow_hub: RunningHub
) -> None:
    """One too many is refused at once; operators and streams are not kept out."""
    with (
        limited(settings, max_requests=2, hf_endpoint=slow_hub.url) as api,
        ThreadPoolExecutor(2) as pool,
    ):

        def admitted(limit: int) -> httpx2.Response:
            """Tried again where the question of the test itself took the place."""
            answers = (api.get(f"{COMMITS}?limit={limit}") for _ in range(1000))
            return next(answer for answer in answers if "overloaded" not in answer.text)

        waiting = [pool.submit(admitted, limit) for limit in (1, 2)]
        wait_until(lambda: api.get("/api/impact-policy").status_code == 503, "two requests")
        answer = api.get("/api/datasets")
        refused(answer, 503, "overloaded")
        assert answer.headers["retry-after"] == "1"
        assert api.get("/livez").status_code == 200
        assert api.get("/metrics").status_code == 200
        found(api.get("/api/datasets/changes"))
        slow_hub.clear_faults()
        for answer in [future.result() for future in waiting]:
            assert answer.status_code in (200, 502, 504)
        found(api.get("/api/datasets"))


def test_there_are_only_so_many_streams_at_a_time(settings: Settings, stock: Stock) -> None:
    """They are counted for themselves, and end when their callers leave."""
    stream = get("/api/datasets/changes/stream")
    with limited(settings, max_streams=2) as api:
        with wired(api) as one, wired(api) as two:
            assert one.send(stream).read().status == 200
            assert two.send(stream).read().status == 200
            refused(api.get("/api/datasets/changes/stream"), 503, "overloaded")
            refused(api.get("/api/datasets/export"), 503, "overloaded")
            found(api.get("/api/datasets"))
        wait_until(lambda: api.get("/api/datasets/changes").status_code == 200, "them to leave")


def test_an_answer_that_does_not_begin_is_given_up(
    settings: Settings, slow_hub: RunningHub
) -> None:
    """With a word about it; and the process is as well as before."""
    with limited(settings, request_seconds=0.3, hf_endpoint=slow_hub.url) as api:
        answer = api.get(COMMITS)
        refused(answer, 503, "took-too-long")
        assert answer.headers["retry-after"] == "5"
        found(api.get("/api/datasets"))


def test_a_stream_outlives_the_time_that_others_have(settings: Settings, stock: Stock) -> None:
    """Once it has begun it may last."""
    stock.put(dataset(1, "org/a"))
    with (
        limited(settings, request_seconds=0.3, stream_heartbeat_seconds=0.5) as api,
        api.stream("GET", "/api/datasets/changes/stream") as stream,
    ):
        lines = (line for line in stream.iter_lines() if line.startswith(":"))
        assert next(lines)
        assert next(lines)
