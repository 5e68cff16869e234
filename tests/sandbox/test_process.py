"""The sandbox as a process: what it prints, how it ends, what it refuses."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from collinear.domain.errors import CatalogError
from collinear.sandbox.main import run_hub
from tests.waiting import wait_until

RUN = """
import json, sys
from collinear.sandbox.main import run_hub
run_hub(**json.loads(sys.argv[1]))
"""


def start(options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_answers_lives_and_stops_on_a_signal(number: signal.Signals) -> None:
    """One line on standard output, exit code 0, nothing on standard error."""
    with start('{"port": 0, "datasets": 500, "life": 0.05, "quota": 500}') as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("Sandbox Hub with 500 datasets on http://127.0.0.1:")
        url = line.rpartition(" ")[2]
        with httpx2.Client(base_url=url, verify=False) as client:
            answer = client.get("/api/datasets?sort=createdAt&limit=1")
            assert answer.headers["ratelimit-policy"] == '"fixed window";"api";q=500;w=300'
            first = answer.json()
            wait_until(
                lambda: client.get("/api/datasets?sort=createdAt&limit=1").json() != first,
                "something new on the living Hub",
            )
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
        assert (process.returncode, out, err) == (0, "", "")


def test_it_can_be_stopped_while_it_still_reads_its_rows() -> None:
    """A million rows take a while; nobody has to wait for them in order to leave."""
    with start('{"port": 0, "datasets": 3000000}') as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.terminate()
        assert process.wait(10) == 0


def test_what_it_refuses(tmp_path: Path) -> None:
    """A busy port, a bad file, numbers that make no sense: one sentence each."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CatalogError, match=f"cannot listen on 127.0.0.1:{port}"):
            run_hub(port=port, datasets=1)
    with pytest.raises(OSError, match="nowhere"):
        run_hub(port=0, rows=tmp_path / "nowhere.jsonl")
    bad = tmp_path / "rows.jsonl"
    bad.write_text("what?\n")
    with pytest.raises(CatalogError, match="line 1"):
        run_hub(port=0, rows=bad)
    for options in ({"datasets": -1}, {"quota": 0}, {"window": 0}, {"life": 0.0}):
        with pytest.raises(CatalogError, match=next(iter(options))):
            run_hub(port=0, **options)
