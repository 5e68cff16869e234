"""Names and words of others stay names and words, wherever they are shown."""

import logging
from urllib.parse import quote

import httpx2
import pytest
import structlog

from collinear.domain.dataset import Dataset
from collinear.settings import Settings
from collinear.telemetry.text import on_one_line, visible
from tests.api.answers import found, raw
from tests.hubs import RunningHub
from tests.store.stock import Stock, dataset

NASTY = [
    "org/<script>alert(1)</script>",
    'org/"><img src=x onerror=alert(1)>',
    "org/a\r\nSet-Cookie: session=stolen",
    "org/a\nX-Injected: yes",
    "org/a\u2028b\u2029c",
    "org/\u202egnp.exe",
    "org/\x1b[2J\x1b[31m",
    "org/a\x00b",
    "org/'; DROP TABLE datasets; --",
    "org/{{7*7}}${7*7}%s%n",
    "org/../../etc/passwd",
    "org/a?b=c&d#e",
    "//elsewhere.example/a",
    "javascript:alert(1)",
]


def address(dataset_id: str) -> str:
    return "/api/datasets/" + quote(dataset_id.encode("utf-8", "surrogatepass"), safe="")


def is_clean(answer: httpx2.Response) -> None:
    """JSON that says so, with no line, field or sign in its header that was not meant."""
    assert answer.headers["content-type"] in ("application/json", "application/problem+json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    for name, value in answer.headers.items():
        assert name not in ("set-cookie", "x-injected")
        assert value.isascii()
        assert value.isprintable()
        assert "<" not in value or name == "link"


@pytest.mark.parametrize("dataset_id", NASTY, ids=range(len(NASTY)))
def test_a_dataset_may_be_called_anything(
    api: httpx2.Client, stock: Stock, dataset_id: str
) -> None:
    """What the Hub calls it comes back in JSON, letter by letter, and nowhere else."""
    about = f"<b>{dataset_id}\ud83d</b>"  # half a pair: the Hub has such texts
    stock.put(dataset(1, dataset_id, description=about, tags=(f"license:{dataset_id}",)))
    [item] = found(api.get("/api/datasets"))["items"]
    assert item["id"] == dataset_id
    is_clean(api.get("/api/datasets"))
    is_clean(raw(api, address(dataset_id)))
    is_clean(raw(api, address(dataset_id) + "/similar"))
    is_clean(api.get("/api/datasets/changes?include=document"))


def test_what_the_hub_is_asked_about_may_be_called_anything(
    api_with_hub: httpx2.Client, hub: RunningHub, stock: Stock
) -> None:
    """Neither its name nor that of a file or revision reaches a header."""
    stock.put(*(dataset(place, dataset_id) for place, dataset_id in enumerate(NASTY)))
    for dataset_id in NASTY:
        words = quote(dataset_id, safe="")
        for path in (
            "/commits",
            "/files",
            f"/files?revision={words}",
            f"/file-url?filename={words}",
        ):
            is_clean(raw(api_with_hub, address(dataset_id) + path))


@pytest.mark.parametrize("dataset_id", NASTY, ids=range(len(NASTY)))
def test_a_dataset_that_moved_leads_to_a_path_of_ours(
    api: httpx2.Client, stock: Stock, dataset_id: str
) -> None:
    """Whatever its new name is: ``Location`` never leaves this server, nor the line."""
    before = dataset(1, "org/before")
    stock.put(before)
    stock.put(Dataset(**{**vars_of(before), "id": dataset_id}))
    for path in ("", "/commits", "/files?revision=%22%3E%3Cx%3E"):
        answer = raw(api, "/api/datasets/org%2Fbefore" + path)
        assert answer.status_code == 308
        location = answer.headers["location"]
        assert location.startswith("/api/datasets/")
        assert location.isascii()
        assert location.isprintable()
        assert not set(location) & set('<>"\\ ')
        is_clean(answer)


def vars_of(known: Dataset) -> dict[str, object]:
    return {name: getattr(known, name) for name in known.__dataclass_fields__}


@pytest.mark.parametrize(
    "path",
    [
        "/<script>alert(1)</script>",
        "/%3Cscript%3Ealert(1)%3C/script%3E",
        "/api/datasets/%3Cimg%20src=x%3E",
        "/api/datasets?limit=%3Cscript%3E",
        "/api/datasets?%3Cscript%3E=1",
        "/api/datasets?sort_by=%0d%0aX-Injected:1",
        "/api/datasets?cursor=%3Csvg/onload=alert(1)%3E",
        "/api/datasets?search=%22%3E%3Cscript%3E&facets=%3Cx%3E",
        "/api/datasets/changes?since=%3Cscript%3E",
        "/api/datasets/refresh-cache/%3Cscript%3E",
        "/problems/%3Cscript%3E",
        "/docs/%3Cscript%3E",
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "*/*", "application/xhtml+xml"])
def test_a_problem_is_never_a_page(api: httpx2.Client, path: str, accept: str) -> None:
    """It may name what was asked for, and is JSON whatever the browser would rather have."""
    answer = api.get(path, headers={"accept": accept})
    assert answer.status_code in (200, 404, 422, 400, 410, 503)
    is_clean(answer)


@pytest.mark.parametrize(
    "given", ["a b", "x\u00fc", "<script>", "a" * 101, "", '"', "a;b", "a,b", "{x}"]
)
def test_a_request_id_that_could_do_harm_is_replaced(api: httpx2.Client, given: str) -> None:
    """It stands in logs, in the messages to the workers, and in a header."""
    own = api.get("/livez", headers={"x-request-id": given.encode()}).headers["x-request-id"]
    assert own != given
    assert own.isalnum()


def test_an_event_is_one_line_of_the_log() -> None:
    """Whatever is told: no line begins that was not written by us, and no terminal is painted."""
    event = {"event": "a\nb", "id": "x\r\n2026-01-01 [info] all is well", "n": 1, "t": "\x1b[2J"}
    shown = on_one_line(None, "info", dict(event))
    printed = str(structlog.dev.ConsoleRenderer(colors=False)(None, "info", dict(shown)))
    assert len(printed.splitlines()) == 1
    assert printed.isprintable()
    assert "all is well" in printed


def test_a_traceback_keeps_its_lines_and_begins_none() -> None:
    """They are indented, so that the words of an error cannot pose as an event."""
    trace = "Traceback:\nValueError: x\n2026-01-01 [info] all is well\x1b[2J"
    shown = on_one_line(None, "error", {"event": "failed", "exception": trace})
    lines = str(shown["exception"]).split("\n")
    assert len(lines) == 3
    assert all(line.startswith("    ") and line.isprintable() for line in lines)


@pytest.mark.parametrize("text", ["a/b", "größe", "データ", "a b", ""])
def test_what_can_be_seen_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_what_is_logged_of_a_request_is_one_line(
    settings: Settings, api: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes that are no HTTP are told of without repeating them."""
    with caplog.at_level(logging.DEBUG):
        raw(api, "/%0d%0a2026%20[info]%20all%20is%20well")
        api.get("/api/datasets/a%0ab")
    for record in caplog.records:
        assert "\n" not in record.getMessage()
        assert "all is well" not in record.getMessage()
