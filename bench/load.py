"""
Load from outside: requests at a fixed rate, whatever the answers take.

A request is due at its time, and its latency counts from then on: a server that stalls is not
asked less meanwhile, and the wait of those who queue up behind is not forgotten.  It runs in a
process of its own (``python -m bench.load``, a plan on standard input, the latencies on standard
output), over plain sockets that stay open, so that the load costs little of what it measures.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from statistics import quantiles
from typing import Any, NamedTuple, Protocol, cast
from urllib.parse import urlsplit

import uvloop

_MOST_CONNECTIONS = 64
_GRACE = 30.0
"""Seconds that answers may come late before the load gives up."""


class Latencies(NamedTuple):
    """Milliseconds from when each request was due until its answer was complete."""

    taken: list[float]
    failed: int
    """Answers that were neither 200 nor 304."""

    @property
    def p50(self) -> float:
        return self._percentile(50)

    @property
    def p95(self) -> float:
        return self._percentile(95)

    @property
    def p99(self) -> float:
        return self._percentile(99)

    def _percentile(self, percent: int) -> float:
        return quantiles(self.taken, n=100, method="inclusive")[percent - 1]

    def __str__(self) -> str:
        told = f"p50 {self.p50:.1f}, p95 {self.p95:.1f}, p99 {self.p99:.1f} ms"
        return f"{told}, {self.failed} FAILED" if self.failed else told


class Load:
    """Requests to one server at a fixed rate, in a process of its own."""

    def __init__(self, base: str, targets: Sequence[str], *, rate: float) -> None:
        """``targets``: paths with their queries, asked in this order; ``rate``: a second."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        json.dump({"base": base, "targets": list(targets), "rate": rate}, self._process.stdin)
        self._process.stdin.close()

    def result(self) -> Latencies:
        """Wait until all are answered."""
        assert self._process.stdout is not None
        with self._process.stdout as answer:
            told = json.load(answer)
        if self._process.wait() != 0:
            raise RuntimeError("the load generator failed")
        return Latencies(told["taken"], told["failed"])


def measure(base: str, targets: Sequence[str], *, rate: float) -> Latencies:
    """The latencies of these requests at this rate."""
    return Load(base, targets, rate=rate).result()


class Pool(Protocol):
    """Who has requests for connections."""

    def is_free(self, connection: "Connection") -> None:
        """The connection is open, or its answer complete."""

    def is_answered(self, due: float, status: int) -> None:
        """An answer is complete."""

    def is_lost(self, connection: "Connection") -> None:
        """It is closed."""


class Connection(asyncio.Protocol):
    """One request after the other; tells its pool when an answer is complete."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._buffer = bytearray()
        self._missing = -1
        self._status = 0
        self._due = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._pool.is_free(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._pool.is_lost(self)

    def ask(self, request: bytes, due: float) -> None:
        assert self._transport is not None
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._missing < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            self._status = int(head[9:12])
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._missing = end + 4 + (int(length) if length else 0)
        if len(self._buffer) >= self._missing:
            del self._buffer[: self._missing]
            self._missing = -1
            self._pool.is_answered(self._due, self._status)
            self._pool.is_free(self)


class _Pool:
    """Connections, the requests that are due and the latencies of those that are answered."""

    def __init__(self, host: str, port: int, wanted: int) -> None:
        self._host, self._port, self._wanted = host, port, wanted
        self._free: list[Connection] = []
        self._due: deque[tuple[bytes, float]] = deque()
        self._opening: set[asyncio.Task[Any]] = set()
        self._open = 0
        self.taken: list[float] = []
        self.failed = 0
        self.done = asyncio.Event()

    def ask(self, request: bytes, due: float) -> None:
        if self._free:
            self._free.pop().ask(request, due)
            return
        self._due.append((request, due))
        if self._open < _MOST_CONNECTIONS:
            self.open()

    def open(self) -> None:
        self._open += 1
        loop = asyncio.get_running_loop()
        task = loop.create_task(
            loop.create_connection(lambda: Connection(self), self._host, self._port)
        )
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def is_free(self, connection: Connection) -> None:
        if self._due:
            connection.ask(*self._due.popleft())
        else:
            self._free.append(connection)

    def is_lost(self, connection: Connection) -> None:
        self._open -= 1
        if connection in self._free:
            self._free.remove(connection)

    def is_answered(self, due: float, status: int) -> None:
        self.taken.append((time.perf_counter() - due) * 1000)
        self.failed += status not in {200, 304}
        if len(self.taken) == self._wanted:
            self.done.set()


async def _send(base: str, targets: Sequence[str], rate: float) -> dict[str, Any]:
    address = urlsplit(base)
    assert address.hostname is not None
    assert address.port is not None
    host = f"{address.hostname}:{address.port}"
    pool = _Pool(address.hostname, address.port, len(targets))
    for _ in range(4):
        pool.open()
    requests = [f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() for path in targets]
    await asyncio.sleep(0.2)
    started = time.perf_counter()
    for number, request in enumerate(requests):
        due = started + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        pool.ask(request, due)
    async with asyncio.timeout(_GRACE):
        await pool.done.wait()
    return {"taken": pool.taken, "failed": pool.failed}


def main() -> None:
    """Read a plan, send its requests, write what they took."""
    plan = json.load(sys.stdin)
    json.dump(uvloop.run(_send(plan["base"], plan["targets"], plan["rate"])), sys.stdout)


if __name__ == "__main__":
    main()
