"""Bad input: each a problem that names what is wrong; never a 500, never an endless wait."""

import socket

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from collinear.api.kinds import KINDS, NAMED
from collinear.api.problems import kind_of
from collinear.domain.errors import CatalogError
from collinear.domain.query import DatasetQuery
from tests.api.answers import blamed, found, refused


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("limit=0", ["limit"]),
        ("limit=1001", ["limit"]),
        ("limit=abc", ["limit"]),
        ("limit=", ["limit"]),
        ("limit=1e3", ["limit"]),
        ("limit=NaN", ["limit"]),
        ("limit=1_0", ["limit"]),
        ("min_likes=5.0", ["min_likes"]),
        ("limit=%201", ["limit"]),
        ("limit=5&limit=1_0", ["limit"]),
        ("limit=" + "9" * 5000, ["limit"]),
        ("offset=-1", ["offset"]),
        ("offset=9007199254740993", ["offset"]),
        ("sort_by=size", ["sort_by"]),
        ("sort_by=relevance", ["sort_by"]),
        ("sort_order=down", ["sort_order"]),
        ("gated=maybe", ["gated"]),
        ("gated=true&gated=maybe", ["gated"]),
        ("impact_level=huge", ["impact_level"]),
        ("search=", ["search"]),
        ("search=%20%20", ["search"]),
        ("search=" + "x" * 10_240, ["search"]),
        ("author=", ["author"]),
        ("tag=" + "x" * 301, ["tag"]),
        ("&".join(["tag=x"] * 51), ["tag"]),
        ("min_downloads=-1", ["min_downloads"]),
        ("min_downloads=inf", ["min_downloads"]),
        ("max_likes=1.5", ["max_likes"]),
        ("min_size_bytes=9223372036854775808", ["min_size_bytes"]),
        ("min_likes=2&max_likes=1", ["max_likes"]),
        ("created_after=yesterday", ["created_after"]),
        ("created_after=2024-02-30", ["created_after"]),
        ("created_after=12345", ["created_after"]),
        ("modified_before=2024-01-01T25:00:00Z", ["modified_before"]),
        ("modified_after=2025-01-01&modified_before=2024-01-01", ["modified_before"]),
        ("created_after=99999-01-01", ["created_after"]),
        ("page=2", ["page"]),
        ("facets=licence", ["facets"]),
        ("facets=", ["facets"]),
        ("facets=license,,tag", ["facets"]),
        ("facets=tag,search", ["facets"]),
        ("facets=size_bytes", ["facets"]),
        ("facets=license:histogram", ["facets"]),
        ("facets=" + "x" * 10_000, ["facets"]),
        ("facets=tag&facet_limit=0", ["facet_limit"]),
        ("facet_limit=10001", ["facet_limit"]),
        ("highlight=some", ["highlight"]),
        ("Limit=3", ["Limit"]),
        ("limit=2&limit=3", ["limit"]),
        ("search=a&search=b", ["search"]),
        ("sort=likes", ["sort"]),
        ("=3", [""]),
        ("author=%ff", ["author"]),
        ("limit=%e6%97&search=%ED%A0%80&tag=x", ["limit", "search"]),
        ("%ff=3", ["?"]),
        ("limit=0&offset=-1&sort_by=x", ["limit", "offset", "sort_by"]),
        ("page=2&perpage=3", ["page", "perpage"]),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(
    api: httpx2.Client, query: str, names: list[str]
) -> None:
    """422 lists each with its reason."""
    blame = blamed(api.get(f"/api/datasets?{query}"))
    assert list(blame) == names
    assert all(blame.values())


@pytest.mark.parametrize(
    "query",
    [
        "search=%00",
        "search=%F0%9F%98%80",
        "author=%00&tag=%0a",
        "search=%22%28%29%5B%5D%2B-*%3A%5E~",
        "min_downloads=9223372036854775807",
        "created_after=1970-01-01&created_before=9999-12-31",
        "modified_after=2024-01-01T00:00:00%2B02:00",
        "modified_after=2024-01-01T00:00:00+02:00",
        "created_before=0001-01-01T00:00:00Z",
        "offset=9007199254740992",
    ],
)
def test_what_is_only_unusual_is_answered(api: httpx2.Client, query: str) -> None:
    """Nothing fits, and that is an answer; a year before the Hub is out of bounds at worst."""
    assert api.get(f"/api/datasets?{query}").status_code in (200, 422)


def test_a_near_miss_is_told_what_was_meant(api: httpx2.Client) -> None:
    """``licence`` is an honest mistake."""
    assert blamed(api.get("/api/datasets?licence=mit")) == {
        "licence": "is unknown; did you mean license?"
    }


def test_routes_without_parameters_take_none(api: httpx2.Client) -> None:
    """A parameter that does nothing would be believed to do something."""
    for path in (
        "/api/datasets/org/a",
        "/api/datasets/cache-status",
        "/api/datasets/meta",
        "/api/impact-policy",
        "/livez",
        "/metrics",
    ):
        assert list(blamed(api.get(f"{path}?verbose=1"))) == ["verbose"]


def test_wrong_methods_and_pages_are_problems_too(api: httpx2.Client) -> None:
    """Also those that the framework finds out about; 405 says what is taken."""
    for method, path, allowed in (
        ("POST", "/api/datasets", "GET, HEAD"),
        ("DELETE", "/api/datasets/org/name", "GET, HEAD"),
        ("PUT", "/api/datasets/org/name/files", "GET, HEAD"),
        ("PATCH", "/api/datasets/cache-status", "GET, HEAD"),
        ("GET", "/api/datasets/refresh-cache", "POST"),
        ("DELETE", "/api/datasets/refresh-cache", "POST"),
        ("POST", "/livez", "GET, HEAD"),
    ):
        answer = api.request(method, path)
        refused(answer, 405, "wrong-method")
        assert answer.headers["allow"] == allowed
    refused(api.request("BREW", "/api/datasets"), 400, "bad-http")
    for path in ("/nothing", "/api", "/api/", "/api/datasetsx", "/docs/assets/../../x", "/%00"):
        refused(api.get(path), 404, "no-such-page")


def _tree(root: type[CatalogError]) -> set[type[CatalogError]]:
    return {root}.union(*(_tree(cls) for cls in root.__subclasses__()))


def test_every_error_of_the_tree_has_an_answer() -> None:
    """A new error without a status of its own fails here, not in production."""
    served = ("collinear.domain", "collinear.api")
    tree = {cls for cls in _tree(CatalogError) if cls.__module__.startswith(served)}
    for cls in tree - {CatalogError}:
        kind = kind_of(cls.__new__(cls))
        assert kind is not KINDS[CatalogError], f"{cls.__name__} is not in the table"
        assert 300 <= kind.status < 600


def test_every_problem_explains_itself(api: httpx2.Client) -> None:
    """The type is an address that says what to do."""
    for name, kind in NAMED.items():
        body = found(api.get(f"/problems/{name}"))
        assert body["status"] == kind.status
        assert body["advice"]
    refused(api.get("/problems/nothing"), 404, "no-such-page")


_NAMES = [*DatasetQuery.model_fields, "page", "q"]
_texts = strategies.text(max_size=20) | strategies.sampled_from(
    ["0", "-1", "1e9", "true", "null", "[]", "{}", "%", "\x00", "../", "9" * 30, "likes", "asc"]
)
_segments = strategies.sampled_from(
    [
        "org",
        "a",
        "files",
        "commits",
        "file-url",
        "meta",
        "refresh-cache",
        "..",
        ".",
        "",
        "%",
        "\x00",
    ]
) | strategies.text(max_size=8)


@given(
    segments=strategies.lists(_segments, max_size=4),
    query=strategies.lists(strategies.tuples(strategies.sampled_from(_NAMES), _texts), max_size=4),
    method=strategies.sampled_from(["GET", "GET", "GET", "HEAD", "DELETE", "OPTIONS"]),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nothing_that_anybody_sends_breaks_anything(
    api: httpx2.Client, segments: list[str], query: list[tuple[str, str]], method: str
) -> None:
    """Whatever the path and the query: never a server error but the missing index."""
    path = "/".join(
        "".join(f"%{byte:02x}" for byte in segment.encode(errors="surrogatepass"))
        for segment in segments
    )
    url = api.base_url.copy_with(raw_path=f"/api/datasets/{path}".encode())
    answer = api.send(httpx2.Request(method, url.copy_merge_params(query)))
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and method != "HEAD":
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /api/datasets/\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /api/datasets?limit=\xff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /api/datasets HTTP/1.1\r\nhost: x\r\nx-request-id: a\nb\r\nconnection: close\r\n\r\n",
        b"GET /api/datasets HTTP/1.1\r\n" + b"x: " + b"y" * 200_000 + b"\r\n\r\n",
    ],
)
def test_bytes_that_are_hardly_http_are_answered_or_hung_up_on(
    api: httpx2.Client, sent: bytes
) -> None:
    """And the next caller is served."""
    with socket.create_connection(("127.0.0.1", api.base_url.port or 0), timeout=10) as peer:
        peer.sendall(sent)
        answer = peer.recv(65536)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert found(api.get("/livez")) == {"status": "alive"}
