"""Requests that mean to be read in two ways, or to reach what is not there."""

import httpx2
import pytest

from collinear.api.app import create_app
from collinear.settings import Settings
from tests.api.answers import raw, refused
from tests.api.wire import get, said, wired
from tests.store.stock import Stock, dataset

POST = b"POST /livez HTTP/1.1\r\nHost: a\r\n"
GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        POST + b"Content-Length: 5, 5\r\n\r\nhello",
        POST + b"Content-Length: +5\r\n\r\nhello",
        POST + b"Content-Length: -5\r\n\r\nhello",
        POST + b"Content-Length: 0x5\r\n\r\nhello",
        POST + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
        POST + b"Content-Length:\r\n\r\n",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n5;\r\nhelloX\r\n0\r\n\r\n",
        GET + b"X: a\r\n b\r\n\r\n",
        GET + b"X: a\rb\r\n\r\n",
        GET + b"X: a\0b\r\n\r\n",
        GET + b"Host: b\r\n\r\n",
        b"GET /livez HTTP/1.1\nHost: a\n\n",
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET /livez\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET livez HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\u00fc HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
        b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"NONSENSE / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a hello of TLS\r\n\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(api: httpx2.Client, request_: bytes) -> None:
    """A proxy in front may have read it in the other one: no request hides in another."""
    problem = said(api, request_).problem
    assert (problem["status"], problem["type"]) == (400, "/problems/bad-http")


def test_nothing_is_answered_after_what_cannot_be_read(api: httpx2.Client) -> None:
    """Nobody knows where the next request would begin."""
    with wired(api) as wire:
        wire.send(
            POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", get("/")
        )
        assert wire.read().headers["connection"] == "close"
        assert wire.ended()


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_no_other_protocol_is_spoken(api: httpx2.Client, upgrade: str) -> None:
    """An offer to change it is passed over, and what follows is not read as HTTP."""
    fields = ("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {upgrade}", "HTTP2-Settings: AAMA")
    answer = said(api, get("/livez", *fields))
    assert answer.status == 200


@pytest.mark.parametrize(
    "target", ["http://elsewhere.example/livez", "https://user:word@elsewhere.example:1/livez"]
)
def test_a_whole_address_leads_nowhere_else(api: httpx2.Client, target: str) -> None:
    """We are no proxy: what counts of it is the path."""
    assert said(api, get(target)).body == b'{"status":"alive"}'


def test_every_route_refuses_methods_that_it_does_not_have(
    api: httpx2.Client, settings: Settings
) -> None:
    """And names those that it has; TRACE is nowhere, and nothing is sent back as it came."""
    paths = create_app(settings).openapi()["paths"]
    assert len(paths) > 15
    for path, operations in paths.items():
        asked = path.replace("{dataset_id}", "org%2Fname").replace("{", "").replace("}", "")
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "OPTIONS", "POST", "GET"):
            if method.lower() in operations:
                continue
            answer = raw(api, asked, method)
            refused(answer, 405, "wrong-method")
            known = {known.upper() for known in operations if known in ("get", "post")}
            allowed = set(answer.headers["allow"].split(", "))
            assert allowed == known | ({"HEAD"} if "GET" in known else set()), path
            assert "org/name" not in answer.headers.values()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/docs/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd", 404),
        ("/docs/assets/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", 404),
        ("/docs/assets/../../../../../../../etc/passwd", 404),
        ("/docs/assets/%252e%252e/%252e%252e/etc/passwd", 404),
        ("/docs/assets//etc/passwd", 404),
        ("/docs/assets/..%5c..%5cetc%5cpasswd", 404),
        ("/docs/assets/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", 404),
        ("/docs/assets/swagger-ui.css%00.js", 404),
        ("/docs/assets/", 404),
        ("/problems/..%2f..%2fetc%2fpasswd", 404),
        ("/api/datasets/%2e%2e/%2e%2e/etc/passwd", 404),
        ("/api/datasets/org/..%2f..%2fmeta", 404),
        ("/api/datasets/%00", 404),
        ("/api/datasets/a%00b", 404),
        ("/api/datasets/%c0%ae%c0%ae", 422),
        ("/api/datasets/%ff%fe", 422),
        ("/api/datasets/%ed%a0%80", 422),
        ("/api/datasets/%u0041", 404),
        ("/api/datasets/%", 404),
        ("/api/datasets/%zz", 404),
        ("//elsewhere.example/api/datasets", 404),
        ("/\\elsewhere.example", 404),
        ("/api/../livez", 404),
        ("/api/datasets;x=1", 404),
        ("/%61pi/datasets/meta%20", 404),
    ],
)
def test_tricks_with_paths_find_nothing(
    api: httpx2.Client, stock: Stock, path: str, status: int
) -> None:
    """They are names that nobody has, in whatever spelling; no file is near any of them."""
    stock.put(dataset(1, "org/name"))
    answer = raw(api, path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "root:" not in answer.text
    assert "location" not in answer.headers
