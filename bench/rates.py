"""
How much a server can do: as many requests as it answers, from a fixed number of connections.

As the load at a fixed rate, it runs in a process of its own (``python -m bench.rates``).
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import uvloop

from bench.load import Connection

_CONNECTIONS = 32


class Rate(NamedTuple):
    """What was answered in a time."""

    answered: int
    seconds: float
    failed: int
    """Answers that were neither 200, 204 nor 304."""

    @property
    def a_second(self) -> float:
        return self.answered / self.seconds


def measure_rate(
    base: str,
    targets: Sequence[str],
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
) -> Rate:
    """Ask for these paths in turn, over and over, for so long."""
    plan = {"base": base, "targets": targets, "seconds": seconds, "headers": dict(headers or {})}
    done = subprocess.run(
        [sys.executable, "-m", "bench.rates"],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=True,
    )
    return Rate(*json.loads(done.stdout))


class _Callers:
    """Each asks the next question as soon as it has an answer."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = cycle(requests)
        self.answered = self.failed = 0

    def is_answered(self, due: float, status: int) -> None:
        self.answered += 1
        self.failed += status not in {200, 204, 304}

    def is_free(self, connection: Connection) -> None:
        connection.ask(next(self._requests), 0.0)

    def is_lost(self, connection: Connection) -> None:
        self.failed += 1


async def _ask(plan: Mapping[str, Any]) -> tuple[int, float, int]:
    address = urlsplit(plan["base"])
    lines = "".join(f"{name}: {value}\r\n" for name, value in plan["headers"].items())
    callers = _Callers(
        [
            f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n{lines}\r\n".encode()
            for path in plan["targets"]
        ]
    )
    loop = asyncio.get_running_loop()
    for _ in range(_CONNECTIONS):
        await loop.create_connection(lambda: Connection(callers), address.hostname, address.port)
    await asyncio.sleep(0.5)  # the first answers warm up
    began, before = time.perf_counter(), callers.answered
    await asyncio.sleep(plan["seconds"])
    return callers.answered - before, time.perf_counter() - began, callers.failed


def main() -> None:
    """Read a plan, ask, write what was answered."""
    json.dump(uvloop.run(_ask(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
