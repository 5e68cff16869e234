"""Traces, where somebody wants them; nothing of them where nobody does."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pydantic import ValidationError

from collinear.settings import Settings
from collinear.store.budget import Budget
from collinear.telemetry.scope import (
    HEADER,
    Scope,
    about,
    carried,
    failed,
    inside,
    known_facts,
    on_behalf_of,
)
from collinear.telemetry.traces import create_tracing
from collinear.wiring.hub import create_listing, open_hub
from collinear.wiring.stores import catalog_keys, open_store
from tests.observed.collector import running_collector


def test_without_a_collector_nothing_of_it_is_loaded() -> None:
    """Neither by the API nor by the worker; metrics, which the Redis client loads, are not ours."""
    program = (
        "import sys, collinear.api.main, collinear.worker.main, collinear.indexer.main; "
        "from collinear.telemetry.traces import create_tracing; "
        "assert create_tracing('', part='api') is None; "
        "ours = ('opentelemetry.exporter', 'opentelemetry.sdk.trace'); "
        "print([name for name in sys.modules if name.startswith(ours)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


AWAY = """
import sys
from collinear.telemetry import configure_logging
from collinear.telemetry.traces import create_tracing
configure_logging(level="INFO", style="json")
tracing = create_tracing(sys.argv[1], part="api")
for _ in range(3):
    tracing.begin("lost", kind="server", attributes={}).end()
tracing.close()
"""


def test_a_collector_that_is_away_is_one_line() -> None:
    """However many spans are lost; and whoever ends does not wait for it for long."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        one_by_one = {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "OTEL_EXPORTER_OTLP_TIMEOUT": "0.2"}
        done = subprocess.run(
            [sys.executable, "-c", AWAY, url],
            env={**os.environ, **one_by_one},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in told] == ["traces_lost"]
    assert told[0]["collector"] == url


class _Listing(BaseHTTPRequestHandler):
    """A Hub of one empty page, which remembers what it was asked with."""

    asked: list[dict[str, str]]

    def do_GET(self) -> None:
        self.asked.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: Any) -> None:
        """Nothing to tell."""


@contextmanager
def listing_hub() -> Iterator[tuple[str, list[dict[str, str]]]]:
    asked: list[dict[str, str]] = []
    handler = type("Handler", (_Listing,), {"asked": asked})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="hub")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_the_hub_is_told_nothing_of_our_traces(settings: Settings) -> None:
    """The request to it is a span of ours; what it is sent is what it was always sent."""
    with running_collector() as collector, listing_hub() as (url, asked):
        changed = settings.model_copy(update={"hf_endpoint": url})
        tracing = create_tracing(collector.url, part="worker")
        assert tracing is not None
        span = tracing.begin("task", kind="consumer", attributes={"a": 1})
        with open_store(changed) as client, open_hub(changed) as http:
            budget = Budget(client, catalog_keys(changed), share=0.5)
            listing = create_listing(changed, http, budget)
            with inside(Scope(span=span)):
                assert listing.by_creation().rows == []
                failed("not what it should be")
            client.delete(catalog_keys(changed).budget)
        span.end()
        tracing.close()
    assert asked
    assert not any({"traceparent", "tracestate", "baggage"} & headers.keys() for headers in asked)
    [task] = collector.named("task")
    assert task.failed
    assert {one.parent for one in collector.named("hub listing")} == {task.id}


@pytest.mark.parametrize("url", ["collector:4318", "http://me:secret@host:4318"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """So is one with a password, and what was wrong is told without it."""
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None, otel_endpoint=url)
    assert "secret" not in str(refused.value)


def test_what_travels_says_on_whose_behalf() -> None:
    """The request and the run go on with a message; another's request takes the place of ours."""
    assert carried() == {}
    with inside(Scope(facts={"request_id": "a", "task_id": "t"})):
        assert carried() == {"request_id": "a"}
        with about(run="r"):
            assert carried() == {"request_id": "a", "run": "r"}
            with on_behalf_of({"request_id": "b", "traceparent": "00-1-2-01"}, run="s"):
                assert carried() == {"request_id": "b", "run": "s", "traceparent": "00-1-2-01"}
                assert known_facts() == {"request_id": "b", "run": "s", "task_id": "t"}
            with on_behalf_of(None, run="s"):  # the schedule's
                assert carried() == {"run": "s"}
        assert known_facts() == {"request_id": "a", "task_id": "t"}
    assert HEADER == "collinear"
