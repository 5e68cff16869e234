"""How many requests a minute a client has."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from pydantic import ValidationError

from collinear.api.guard.clients import find_client
from collinear.settings import Settings
from tests.api.answers import refused
from tests.api.serving import running_api
from tests.faults.valkey import own_valkey
from tests.store.stock import Stock
from tests.waiting import wait_until

PATH = "/api/impact-policy"


@contextmanager
def limited(settings: Settings, **changes: object) -> Iterator[httpx2.Client]:
    """An API with a limit that holds on this machine too."""
    changed = {"rate_limit": 5, "rate_limit_loopback": True, **changes}
    with running_api(Settings.model_validate({**settings.model_dump(), **changed})) as api:
        yield api


def test_a_client_is_told_what_is_left_and_when_it_is_too_much(
    settings: Settings, stock: Stock
) -> None:
    """In every answer; then 429, with the seconds until there is more."""
    with limited(settings) as api:
        for left in (4, 3, 2, 1, 0):
            headers = api.get(PATH).headers
            assert headers["ratelimit-policy"] == '"default";q=5;w=60'
            assert headers["ratelimit"].startswith(f'"default";r={left};t=')
        answer = api.get(PATH)
        refused(answer, 429, "rate-limited")
        assert answer.headers["ratelimit"].startswith('"default";r=0;t=')
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        for path in ("/nowhere", "/docs", "/api/datasets?limit=x"):
            refused(api.get(path), 429, "rate-limited")
        for path in ("/livez", "/metrics"):
            assert api.get(path).status_code == 200
        assert api.get("/readyz").status_code != 429


def test_a_minute_that_is_over_is_forgotten(settings: Settings, stock: Stock) -> None:
    """The count ends by itself, and one that has lost its end gets another."""
    with limited(settings) as api:
        api.get(PATH)
        key = stock.keys.rate("127.0.0.1")
        assert 0 < stock.client.pttl(key) <= 60_000
        stock.client.set(key, 100)
        assert stock.client.pttl(key) == -1
        refused(api.get(PATH), 429, "rate-limited")
        assert 0 < stock.client.pttl(key) <= 60_000
        stock.client.pexpire(key, 1)
        wait_until(lambda: api.get(PATH).status_code == 200, "the minute to end")


def test_all_processes_count_together(settings: Settings, stock: Stock) -> None:
    """Two of them give no more than one."""
    with limited(settings) as one, limited(settings) as two:
        seen = [api.get(PATH).status_code for api in (one, two) * 4]
    assert seen == [200] * 5 + [429] * 3


def test_on_this_machine_there_is_no_limit_unless_it_is_asked_for(
    settings: Settings, stock: Stock
) -> None:
    """And nothing is counted; but a proxy here that tells of itself is no caller here."""
    with limited(settings, rate_limit_loopback=False) as api:
        assert "ratelimit" not in api.get(PATH).headers
        assert stock.client.exists(stock.keys.rate("127.0.0.1")) == 0
        through = api.get(PATH, headers={"x-forwarded-for": "203.0.113.9"})
        assert through.headers["ratelimit"].startswith('"default";r=4;')
        assert stock.client.get(stock.keys.rate("127.0.0.1")) == b"1"


def test_without_a_limit_nobody_is_counted(api: httpx2.Client, stock: Stock) -> None:
    """The default; also who comes from elsewhere."""
    for headers in ({}, {"x-forwarded-for": "203.0.113.9"}):
        assert "ratelimit" not in api.get(PATH, headers=headers).headers
    assert list(stock.client.scan_iter(match="*:rate:*")) == []


def test_a_trusted_proxy_speaks_for_its_clients(settings: Settings, stock: Stock) -> None:
    """Each has a count of its own, and none gets another by writing names in front."""
    with limited(settings, trusted_proxies="127.0.0.0/8, 10.0.0.1") as api:
        for forged in ("", "198.51.100.1, ", "127.0.0.1, 10.0.0.1, ", "nonsense, "):
            api.get(PATH, headers={"x-forwarded-for": f"{forged}203.0.113.9, 10.0.0.1"})
        assert stock.client.get(stock.keys.rate("203.0.113.9")) == b"4"
        api.get(PATH, headers={"x-forwarded-for": "203.0.113.10"})
        assert stock.client.get(stock.keys.rate("203.0.113.10")) == b"1"


def test_nobody_else_is_believed(settings: Settings, stock: Stock) -> None:
    """Without the setting the header is what anybody may write."""
    with limited(settings) as api:
        for number in range(6):
            answer = api.get(PATH, headers={"x-forwarded-for": f"203.0.113.{number}"})
        refused(answer, 429, "rate-limited")


@pytest.mark.parametrize(
    ("peer", "forwarded", "name", "local"),
    [
        ("203.0.113.9", "", "203.0.113.9", False),
        ("127.0.0.1", "", "127.0.0.1", True),
        ("127.8.9.1", "", "127.8.9.1", True),
        ("::1", "", "::/64", True),
        ("::ffff:127.0.0.1", "", "127.0.0.1", True),
        ("::ffff:203.0.113.9", "", "203.0.113.9", False),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64", False),
        ("2001:db8:1:2:ffff::1%eth0", "", "2001:db8:1:2::/64", False),
        ("127.0.0.1", "203.0.113.9", "127.0.0.1", False),
        ("10.1.2.3", "", "10.1.2.3", False),
        ("10.1.2.3", "203.0.113.9", "203.0.113.9", False),
        ("10.1.2.3", "203.0.113.9:4711", "203.0.113.9", False),
        ("10.1.2.3", "[2001:db8::1]:4711", "2001:db8::/64", False),
        ("10.1.2.3", "2001:db8::1", "2001:db8::/64", False),
        ("10.1.2.3", "198.51.100.1, 203.0.113.9, 10.9.9.9", "203.0.113.9", False),
        ("10.1.2.3", "10.9.9.9", "10.9.9.9", False),
        ("10.1.2.3", "unknown", "10.1.2.3", False),
        ("10.1.2.3", "203.0.113.9, _hidden, 10.4.4.4", "10.4.4.4", False),
        ("10.1.2.3", ",,", "10.1.2.3", False),
        ("10.1.2.3", "127.0.0.1", "127.0.0.1", False),
        ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9", False),
    ],
)
def test_who_asks(peer: str, forwarded: str, name: str, local: bool) -> None:
    """The peer, or the right-most address that is not a trusted proxy's; IPv6 by its network."""
    trusted = Settings(_env_file=None, trusted_proxies="10.0.0.0/8").trusted_proxies
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert find_client({"client": (peer, 1), "headers": headers}, trusted) == (name, local)


@pytest.mark.parametrize("proxies", ["nonsense", "10.0.0.0/33", "proxy.example", "10.0.0.1:80"])
def test_a_proxy_that_cannot_be_one_is_refused_at_the_start(proxies: str) -> None:
    """Rather than believe nobody, or everybody."""
    with pytest.raises(ValidationError, match="must be addresses or networks"):
        Settings(_env_file=None, trusted_proxies=proxies)


def test_everybody_is_let_in_where_nobody_can_be_counted(
    settings: Settings, tmp_path: Path
) -> None:
    """Redis is away, hangs, or takes no writes: the limit waits, and comes back by itself."""
    with own_valkey(tmp_path) as server, limited(settings, redis_url=server.url) as api:
        assert "ratelimit" in api.get(PATH).headers
        server.end()
        for _ in range(10):
            answer = api.get("/problems/bad-cursor")
            assert answer.status_code == 200
            assert "ratelimit" not in answer.headers
        server.start()
        wait_until(lambda: "ratelimit" in api.get("/problems/bad-cursor").headers, "the limit")
