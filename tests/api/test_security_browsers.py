"""What browsers are told: of every answer, and of pages of other sites."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr, ValidationError

from collinear.settings import Settings
from tests.api.answers import raw, refused
from tests.api.serving import running_api
from tests.api.wire import said

ANSWERS = [
    ("GET", "/livez"),
    ("HEAD", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/docs/begin.js"),
    ("GET", "/docs/assets/swagger-ui.css"),
    ("GET", "/docs/assets/none"),
    ("GET", "/problems/bad-cursor"),
    ("GET", "/api/datasets"),
    ("GET", "/api/datasets?limit=x"),
    ("GET", "/api/datasets/org/none"),
    ("GET", "/api/datasets/export"),
    ("GET", "/api/datasets/changes"),
    ("GET", "/api/datasets/%ff"),
    ("OPTIONS", "/api/datasets"),
    ("TRACE", "/api/datasets"),
    ("POST", "/api/datasets"),
    ("GET", "/%00"),
]


@pytest.mark.parametrize(("method", "path"), ANSWERS)
def test_every_answer_says_what_browsers_may_do_with_it(
    api: httpx2.Client, method: str, path: str
) -> None:
    """Nothing: it is no page, no script and no frame, and its address is told to nobody."""
    headers = raw(api, path, method).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "html" not in headers.get("content-type", "")
    for name in ("server", "x-powered-by", "set-cookie", "strict-transport-security"):
        assert name not in headers
    for name in headers:
        assert not name.startswith("access-control-")


def test_also_what_is_no_http_is_answered_so(api: httpx2.Client) -> None:
    """The layer below the application says the same."""
    headers = said(api, b"nonsense\r\n\r\n").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_the_page_of_the_api_runs_only_what_is_ours(api: httpx2.Client) -> None:
    """Scripts and styles are files; nothing in the page is run, and nobody may frame it."""
    page = api.get("/docs")
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )
    assert page.headers["cache-control"] == "no-cache"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in str(policy)
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", page.text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert address.startswith("/docs/")
        part = api.get(address)
        assert part.status_code == 200
        assert part.headers["cache-control"] == "no-cache", "after an upgrade all are new"


def test_the_page_of_the_api_works_in_a_browser(api: httpx2.Client, tmp_path: Path) -> None:
    """A real one, which keeps to the policy: it shows the routes and complains of nothing."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return  # the page itself is held to its policy above
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    options += [f"--user-data-dir={tmp_path}", "--virtual-time-budget=10000", "--dump-dom"]
    seen = subprocess.run(
        [browser, *options, f"{api.base_url}/docs"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "/api/datasets/{dataset_id}" in re.sub("<[^>]*>|\u200b", "", seen.stdout)
    assert "CONSOLE" not in seen.stderr


def test_https_is_insisted_on_where_the_operator_says_so(settings: Settings) -> None:
    """Not by default: the next thing on this machine may speak plain HTTP."""
    with running_api(settings.model_copy(update={"hsts_seconds": 86_400})) as api:
        assert api.get("/livez").headers["strict-transport-security"] == "max-age=86400"


FRIEND = "https://friend.example"
ASKING = {"origin": FRIEND, "access-control-request-method": "GET"}


@pytest.fixture(scope="module")
def befriended(api_settings: Settings) -> Iterator[httpx2.Client]:
    """An API that pages of two origins may read."""
    origins = (FRIEND, "http://127.0.0.1:5173")
    changed = {"cors_origins": origins, "admin_token": SecretStr("sesame")}
    with running_api(api_settings.model_copy(update=changed)) as api:
        yield api


@pytest.fixture(scope="module")
def public(api_settings: Settings) -> Iterator[httpx2.Client]:
    """An API that pages of all origins may read."""
    with running_api(api_settings.model_copy(update={"cors_origins": ("*",)})) as api:
        yield api


def test_without_a_setting_no_page_of_another_site_reads_anything(api: httpx2.Client) -> None:
    """And none is allowed to ask more than a link could."""
    answer = api.get("/api/datasets", headers={"origin": FRIEND})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    refused(api.options("/api/datasets", headers=ASKING), 405, "wrong-method")


@pytest.mark.parametrize("path", ["/api/datasets", "/api/datasets?limit=x", "/nowhere", "/livez"])
def test_a_page_that_was_named_reads_answers_and_their_headers(
    befriended: httpx2.Client, path: str
) -> None:
    """Problems too; and caches keep its answers apart from those of others."""
    headers = befriended.get(path, headers={"origin": FRIEND}).headers
    assert headers["access-control-allow-origin"] == FRIEND
    assert "access-control-allow-credentials" not in headers
    readable = {name.lower() for name in headers["access-control-expose-headers"].split(", ")}
    assert {
        "etag",
        "x-catalog-serial",
        "ratelimit",
        "link",
        "retry-after",
        "x-request-id",
    } <= readable
    assert {"content-range", "cache-status", "ratelimit-policy", "age"} <= readable
    assert "Origin" in ", ".join(headers.get_list("vary"))


@pytest.mark.parametrize(
    "origin",
    [
        "https://friend.example.evil.example",
        "https://evil-friend.example",
        "http://friend.example",
        "https://friend.example:444",
        "https://FRIEND.example",
        "null",
        "*",
        "",
        "https://friend.example, https://evil.example",
    ],
)
def test_a_page_that_was_not_named_reads_nothing(befriended: httpx2.Client, origin: str) -> None:
    """Nothing that only looks like a name that was; and caches know that it depends."""
    headers = befriended.get("/api/datasets", headers={"origin": origin}).headers
    assert "access-control-allow-origin" not in headers
    assert "Origin" in ", ".join(headers.get_list("vary"))
    refused(
        befriended.options("/api/datasets", headers={**ASKING, "origin": origin}),
        403,
        "foreign-origin",
    )


def test_two_origins_are_none(befriended: httpx2.Client) -> None:
    """No browser sends two; who does wants one to be overlooked."""
    both = [("origin", FRIEND), ("origin", "https://evil.example")]
    assert "access-control-allow-origin" not in befriended.get("/livez", headers=both).headers


def test_a_page_that_was_named_may_bring_the_token(befriended: httpx2.Client) -> None:
    """The browser asks first, and is told."""
    headers = {**ASKING, "access-control-request-method": "POST"}
    answer = befriended.options("/api/datasets/refresh-cache", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    asked = befriended.post("/api/datasets/refresh-cache", headers={"origin": FRIEND})
    refused(asked, 401, "not-authenticated")
    assert asked.headers["access-control-allow-origin"] == FRIEND


def test_all_pages_read_what_all_may_read_and_no_more(public: httpx2.Client) -> None:
    """Never with credentials, never with the token, never a mutation."""
    headers = public.get("/api/datasets", headers={"origin": "https://any.example"}).headers
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    asked = public.options("/api/datasets", headers=ASKING)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "authorization" not in asked.headers["access-control-allow-headers"].lower()
    answer = public.post("/api/datasets/refresh-cache", headers={"origin": FRIEND})
    refused(answer, 403, "not-allowed")


@pytest.mark.parametrize(
    "origins",
    [
        "*, https://friend.example",
        "https://*.example",
        "friend.example",
        "https://friend.example/",
        "https://Friend.example",
        "https://user@friend.example",
        "null",
        "file://",
    ],
)
def test_an_origin_that_cannot_be_one_is_refused_at_the_start(
    settings: Settings, origins: str
) -> None:
    """Rather than let in less, or more, than was meant."""
    with pytest.raises(ValidationError, match="must be origins"):
        Settings(_env_file=None, cors_origins=origins)
    named = Settings(_env_file=None, cors_origins="https://a.example,http://localhost:5173")
    assert named.cors_origins == ("https://a.example", "http://localhost:5173")
