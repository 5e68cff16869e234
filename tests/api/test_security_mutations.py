"""Who may change something: the holder of the token, or where there is none, this machine alone."""

from collections.abc import Iterator

import httpx2
import pytest
from fastapi import Request
from pydantic import SecretStr, ValidationError

from collinear.api.access import check
from collinear.domain.errors import NotAllowed
from collinear.settings import Settings
from tests.api.serving import running_api
from tests.api.wire import Wired, said
from tests.store.stock import Stock

REFRESH = "/api/datasets/refresh-cache"
TOKEN = "sesame-OPEN-0123456789"


def asked(api: httpx2.Client, *fields: str, host: str | None = None) -> Wired:
    """The answer to a request for a refresh with these header fields, as they are."""
    host = f"127.0.0.1:{api.base_url.port}" if host is None else host
    lines = [f"POST {REFRESH} HTTP/1.1", f"Host: {host}", *fields, "", ""]
    return said(api, "\r\n".join(lines).encode("latin-1"))


@pytest.mark.parametrize(
    "fields",
    [
        ["Origin: https://elsewhere.example"],
        ["Origin: null"],
        ["Origin: "],
        ["Origin: http://127.0.0.1.elsewhere.example:8000"],
        ["Origin: http://127.0.0.1:1"],
        ["Origin: http://[::1"],
        ["Origin: http://localhost:8000", "Origin: https://elsewhere.example"],
        ["Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Site: same-site"],
        ["Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"],
        ["X-Forwarded-For: 127.0.0.1"],
        ["X-FORWARDED-HOST: localhost"],
        ["X-Forwarded-Anything: 1"],
        ["Forwarded: for=127.0.0.1"],
        ["Via: 1.1 proxy"],
        ["X-Real-IP: 127.0.0.1"],
        ["CF-Connecting-IP: 127.0.0.1"],
        ["True-Client-IP: 127.0.0.1"],
        ["X-Original-Forwarded-For: 127.0.0.1"],
    ],
)
def test_without_a_token_what_may_come_from_elsewhere_is_refused(
    api: httpx2.Client, stock: Stock, fields: list[str]
) -> None:
    """A page of another site, or somebody behind a proxy; said once is enough."""
    answer = asked(api, *fields)
    assert (answer.status, answer.problem["type"]) == (403, "/problems/not-allowed")
    assert stock.runs.waiting() == []


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "localhost.elsewhere.example",
        "127.0.0.1.elsewhere.example",
        "192.0.2.1",
        "0.0.0.0",  # noqa: S104
        "[::",
        "localhost@elsewhere.example",
        "",
    ],
)
@pytest.mark.parametrize("with_origin", [True, False])
def test_without_a_token_no_other_name_leads_here(
    api: httpx2.Client, stock: Stock, host: str, with_origin: bool
) -> None:
    """A name that was made to point at this machine (rebinding), and a proxy that keeps names."""
    answer = asked(api, *([f"Origin: http://{host}"] if with_origin else []), host=host)
    assert (answer.status, answer.problem["type"]) == (403, "/problems/not-allowed")
    assert stock.runs.waiting() == []


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "LOCALHOST", "[::1]:8000"])
def test_without_a_token_this_machine_may_ask(api: httpx2.Client, stock: Stock, host: str) -> None:
    """By any of its names, and with a page that it shows itself."""
    assert asked(api, host=host).status == 202
    page = [f"Origin: http://{host}", "Sec-Fetch-Site: same-origin"]
    assert asked(api, *page, host=host).status == 202


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.1", False),
        ("10.0.0.1", False),
        ("::ffff:192.0.2.1", False),
        ("::ffff:7f00:2", True),
        ("::127.0.0.1", False),
        ("64:ff9b::127.0.0.1", False),
        ("2001:db8::1", False),
        ("fe80::1%lo", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("localhost", False),
        ("", False),
        (None, False),
    ],
)
def test_without_a_token_another_address_is_refused(peer: str | None, allowed: bool) -> None:
    """Whatever way of writing addresses the socket has; only the connection itself counts."""
    client = None if peer is None else (peer, 4711)
    request = Request({"type": "http", "client": client, "headers": [(b"host", b"localhost")]})
    if allowed:
        check(request, None)
    else:
        with pytest.raises(NotAllowed):
            check(request, None)


@pytest.fixture(scope="module")
def guarded(api_settings: Settings) -> Iterator[httpx2.Client]:
    with running_api(api_settings.model_copy(update={"admin_token": SecretStr(TOKEN)})) as api:
        yield api


@pytest.mark.parametrize(
    "fields",
    [
        [],
        ["Authorization:"],
        ["Authorization: Bearer"],
        ["Authorization: Bearer "],
        ["Authorization: Bearer x"],
        [f"Authorization: Bearer {TOKEN[:-1]}"],
        [f"Authorization: Bearer {TOKEN}x"],
        [f"Authorization: Bearer {TOKEN.lower()}"],
        [f"Authorization: Bearer {TOKEN} {TOKEN}"],
        [f"Authorization: Bearer {TOKEN}, Bearer {TOKEN}"],
        [f'Authorization: Bearer "{TOKEN}"'],
        [f"Authorization: Basic {TOKEN}"],
        [f"Authorization: {TOKEN}"],
        [f"Authorization: Bearer {TOKEN}", f"Authorization: Bearer {TOKEN}"],
        ["Authorization: Bearer wrong", f"Authorization: Bearer {TOKEN}"],
        [f"Authorization: Bearer {TOKEN}", "Authorization: Bearer wrong"],
        ["Authorization: Bearer \xff\xfe\u00e9"],
        ["Authorization: Bearer " + "x" * 20_000],
        [f"Cookie: token={TOKEN}"],
        [f"X-Authorization: Bearer {TOKEN}"],
        [f"Proxy-Authorization: Bearer {TOKEN}"],
    ],
)
def test_with_a_token_nothing_else_opens(
    guarded: httpx2.Client, stock: Stock, fields: list[str]
) -> None:
    """Neither nearly the token, nor twice, nor somewhere else; and nobody is told what it is."""
    answer = asked(guarded, *fields)
    assert (answer.status, answer.problem["type"]) == (401, "/problems/not-authenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="collinear"'
    assert TOKEN.encode() not in answer.body
    assert stock.runs.waiting() == []


def test_a_token_in_the_address_is_none(guarded: httpx2.Client, stock: Stock) -> None:
    """Addresses are written into logs everywhere."""
    answer = guarded.post(f"{REFRESH}?access_token={TOKEN}")
    assert answer.status_code in (401, 422)
    assert stock.runs.waiting() == []


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_opens(guarded: httpx2.Client, stock: Stock, scheme: str) -> None:
    """In the one place for it."""
    assert asked(guarded, f"Authorization: {scheme} {TOKEN}").status == 202


@pytest.mark.parametrize("token", [" ", "\t", "two words", "line\nend", "\x00", " padded"])
def test_a_token_that_cannot_be_sent_is_refused_at_the_start(token: str) -> None:
    """Rather than shut out everybody, or nobody; the message does not show it."""
    with pytest.raises(ValidationError, match="must be one word") as caught:
        Settings(_env_file=None, admin_token=SecretStr(token))
    assert token.strip() == "" or token not in str(caught.value)


def test_an_empty_token_is_none(settings: Settings, stock: Stock) -> None:
    """As if it had not been set: this machine alone."""
    with running_api(settings.model_copy(update={"admin_token": SecretStr("")})) as api:
        assert asked(api).status == 202
        assert asked(api, "X-Forwarded-For: 127.0.0.1").status == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_never_changes_anything(guarded: httpx2.Client, stock: Stock, method: str) -> None:
    """A link, a picture or a form of another site cannot ask for a refresh by a GET."""
    assert guarded.request(method, REFRESH).status_code == 405
    assert stock.runs.waiting() == []
