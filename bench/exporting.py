"""The whole catalog in one file: how fast it is written and served, and what that takes."""

import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Event
from urllib.parse import urlsplit

import redis
import uvicorn
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from bench.system import BenchRow, BenchSystem, mebibytes, until
from collinear.local.ports import free_port
from collinear.store.keys import Keys
from collinear.store.parquet.copy import ParquetCopy

_TIMES = 5
_FORMATS = {"jsonl": "jsonl.gz", "parquet": "parquet"}


def measure_exporting(system: BenchSystem) -> Iterator[BenchRow]:
    """Seconds, megabytes a second against a plain file over the same server, and memory."""
    wrote = _write(system)
    yield BenchRow(
        "Parquet file written",
        f"{wrote['seconds']:.1f} s, {mebibytes(wrote['size'])}",
        f"{wrote['rows'] / wrote['seconds']:,.0f} datasets/s",
        f"peak {mebibytes(wrote['peak'])}",
    )
    before, _ = system.memory("api")
    for format, suffix in _FORMATS.items():
        url = f"{system.api_url}/api/datasets/export?format={format}"
        started = time.perf_counter()
        size = _take(url)
        first = time.perf_counter() - started
        [path] = (system.folder / "exports").glob(f"*.{suffix}")
        with _plain_server(path) as plain:
            # by turns, so that what else the machine does is the same for both
            ours, plainly = [], []
            for _ in range(_TIMES):
                ours.append(_seconds(url))
                plainly.append(_seconds(plain))
        rate, plain_rate = size / median(ours) / 1e6, size / median(plainly) / 1e6
        yield BenchRow(
            f"export, {format}, {mebibytes(size)}",
            f"{rate:,.0f} MB/s; the first after a run {size / first / 1e6:,.0f} MB/s",
            f"plain file {plain_rate:,.0f} MB/s",
            f"{rate / plain_rate:.2f}",
        )
    after, _ = system.memory("api")
    yield BenchRow(
        "memory of the api, before and after", f"{mebibytes(before)}, {mebibytes(after)}"
    )


def _seconds(url: str) -> float:
    started = time.perf_counter()
    _take(url)
    return time.perf_counter() - started


def _take(url: str) -> int:
    """Download and forget; how many bytes came."""
    where = urlsplit(url)
    assert where.hostname is not None
    assert where.port is not None
    buffer = bytearray(2**20)
    path = f"{where.path}?{where.query}"
    with socket.create_connection((where.hostname, where.port), 600) as caller:
        caller.sendall(f"GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += caller.recv(4096)
        assert b" 200 " in head, head
        size = len(head.partition(b"\r\n\r\n")[2])
        while count := caller.recv_into(buffer):
            size += count
    return size


def _write(system: BenchSystem) -> dict[str, float]:
    """By a process of its own, as a worker does it."""
    until(lambda: not system.store.exists(system.keys.parquet_writer), 600)
    system.store.hdel(system.keys.meta, "parquet_serial")
    command = [sys.executable, "-m", "bench.exporting", "write", system.redis_url]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return dict(json.loads(told))


@contextmanager
def _plain_server(path: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "bench.exporting", "serve", str(path), str(port)]
    with subprocess.Popen(command) as server:
        try:
            until(lambda: _is_open(port), 20)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


def _is_open(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def main(what: str, *arguments: str) -> None:
    """What the benchmark runs in processes of their own."""
    if what == "serve":
        path, port = arguments

        async def plain(scope: Scope, receive: Receive, send: Send) -> None:
            await FileResponse(path)(scope, receive, send)

        config = uvicorn.Config(
            plain, port=int(port), loop="uvloop", http="httptools", lifespan="off", log_config=None
        )
        uvicorn.Server(config).run()
        return
    with redis.Redis.from_url(arguments[0], protocol=2) as client:
        started = time.perf_counter()
        written = ParquetCopy(client, Keys(), Event()).write()
        assert written is not None
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    json.dump(
        {"seconds": seconds, "size": written.size, "rows": written.rows, "peak": peak}, sys.stdout
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
