"""A thousand who listen to one process: what they cost, and how long a change takes to the last."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median, quantiles
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import psutil
import uvloop

from bench.system import BenchRow, BenchSystem, mebibytes, until
from collinear.api.server.open_files import raise_open_files

_LISTENERS = 1000
_CHANGES = 50
"""One after the other, each told to everybody before the next one comes."""
_BURST = 5000
"""Changes that come together, as from a page of a run."""
_IDLE = 10.0
"""Seconds over which an idle process is watched."""


class _Idle(NamedTuple):
    memory: int
    """Bytes that are nobody else's."""
    processor: float
    """The part of one processor."""


class _Listener(asyncio.Protocol):
    """Counts the changes that arrive."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._rest = b""
        self.begun = False
        self.changes = 0
        self.words = b""
        """The last of what was said."""
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.WriteTransport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self.changes += (self._rest[-5:] + data).count(b'"op":')
        self._rest = data
        self.begun = self.begun or b"event: start" in data
        self.words = (self.words + data)[-300:]

    def connection_lost(self, error: Exception | None) -> None:
        self.ended.set_result(None)


def measure_streams(system: BenchSystem) -> Iterator[BenchRow]:
    """The API is started anew: nothing else is in its memory."""
    raise_open_files()
    system.stop("api")
    system.start("api")
    until(lambda: system.answers(f"{system.api_url}/livez"), 60)
    yield from uvloop.run(_measure(system))
    system.start("api")


async def _measure(system: BenchSystem) -> list[BenchRow]:
    host, _, port = urlsplit(system.api_url).netloc.partition(":")
    request = f"GET /api/datasets/changes/stream HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    alone = await _idle(system)
    listeners: list[_Listener] = []
    for _ in range(_LISTENERS):
        _, listener = await loop.create_connection(partial(_Listener, request), host, int(port))
        listeners.append(listener)
    await _until(lambda: all(listener.begun for listener in listeners))
    crowded = await _idle(system)

    taken, before = [], _used(system)
    for number in range(_CHANGES):
        began = time.perf_counter()
        _announce(system, 1)
        await _until(partial(_all_have, listeners, number + 1))
        taken.append((time.perf_counter() - began) * 1000)
    each_change = (_used(system) - before) / _CHANGES * 1000
    began, before = time.perf_counter(), _used(system)
    _announce(system, _BURST)
    await _until(partial(_all_have, listeners, _CHANGES + _BURST))
    burst, used = time.perf_counter() - began, _used(system) - before
    after = system.memory("api")[1]

    began = time.perf_counter()
    process = system.parts.pop("api")
    process.terminate()
    await asyncio.gather(*(one.ended for one in listeners))
    gone = time.perf_counter() - began
    await loop.run_in_executor(None, process.wait, 20)
    stopped = time.perf_counter() - began
    told = sum(b"event: stop" in one.words for one in listeners)

    each = (crowded.memory - alone.memory) / _LISTENERS / 1024
    return [
        BenchRow(
            f"{_LISTENERS:,} idle listeners: memory of the API process",
            f"{mebibytes(crowded.memory)}, {each:.1f} KiB each",
            f"{mebibytes(alone.memory)} without them; {mebibytes(after)} after all below",
        ),
        BenchRow(
            "… its use of one processor",
            f"{crowded.processor:.1%}",
            f"{alone.processor:.1%} without them",
        ),
        BenchRow(
            "one change, until the last of them has it",
            f"p50 {median(taken):.0f}, p99 {quantiles(taken, n=100)[98]:.0f} ms",
            f"{each_change:.0f} ms of one processor",
        ),
        BenchRow(
            f"{_BURST:,} changes at once, until the last has the last",
            f"{burst:.1f} s, {_BURST * _LISTENERS / burst:,.0f} events/s",
            f"{used:.1f} s of one processor",
        ),
        BenchRow(
            "stopping the process with all of them",
            f"{gone:.2f} s until all are gone, {stopped:.2f} s until it ended",
            f"{told:,} heard the last word",
        ),
    ]


def _all_have(listeners: Sequence[_Listener], changes: int) -> bool:
    return all(listener.changes >= changes for listener in listeners)


async def _idle(system: BenchSystem) -> _Idle:
    await asyncio.sleep(2)
    before = _used(system)
    await asyncio.sleep(_IDLE)
    return _Idle(system.memory("api")[1], (_used(system) - before) / _IDLE)


def _used(system: BenchSystem) -> float:
    """Seconds that the API process has computed."""
    times = psutil.Process(system.parts["api"].pid).cpu_times()
    return times.user + times.system


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the listeners waited in vain")
        await asyncio.sleep(0.001)


def _announce(system: BenchSystem, count: int) -> None:
    """Changes of nobody's dataset, straight into the stream."""
    with system.store.pipeline(transaction=False) as pipe:
        for _ in range(count):
            pipe.xadd(
                system.keys.changes,
                {
                    "op": "update",
                    "id": "org/nobody",
                    "hub_id": "0" * 24,
                    "previous_id": "",
                    "changed": "downloads,likes",
                    "at": "2026-01-01T00:00:00.000Z",
                },
            )
        pipe.execute()
