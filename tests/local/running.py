"""A whole system in processes of its own, as a person starts it."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil

from tests.local.conftest import processes_of
from tests.waiting import wait_until

COLLINEAR = Path(sys.executable).with_name("collinear")


class Running:
    """A supervisor, and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[str], data_dir: Path) -> None:
        self.process = process
        self.data_dir = data_dir
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def until(self, pattern: str, *, times: int = 1, within: float = 40) -> re.Match[str]:
        """The line that matches, as soon as it is printed so often."""

        def found() -> list[re.Match[str]]:
            matches = [match for line in self.lines if (match := re.search(pattern, line))]
            return matches[times - 1 :]

        try:
            return wait_until(found, pattern, within=within)[0]
        except AssertionError as error:
            raise AssertionError(f"{error}; printed:\n{''.join(self.lines)}") from error

    @property
    def address(self) -> str:
        return self.until(r"Collinear Data Tool is on (\S+)")[1]

    def get(self, path: str) -> Any:
        """The JSON that the API answers; its status where that is an error."""
        answer = httpx2.get(self.address + path, timeout=10)
        return answer.json() if answer.is_success else answer.status_code

    def part(self, name: str) -> psutil.Process:
        """The process of a part, found as an operator would."""
        (found,) = [
            process
            for process in processes_of(self.data_dir)
            if f"collinear {name}" in " ".join(process.cmdline())
        ]
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code after the signal, which it must heed within 15 s."""
        self.process.send_signal(number)
        return self.process.wait(15)

    def left(self) -> list[psutil.Process]:
        """What still runs of it."""
        servers = [
            process
            for process in psutil.process_iter(["name", "cwd"])
            if process.info["name"] == "valkey-server"
            and process.info["cwd"] == str(self.data_dir / "valkey")
        ]
        return servers + processes_of(self.data_dir)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        for process in self.left():
            process.kill()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


def environment_of(data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of this process without anything that is meant for another system."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COLLINEAR_", "HF_", "REDIS_"))
    }
    return {**kept, "COLLINEAR_DATA_DIR": str(data_dir), "COLUMNS": "200", **more}


@contextmanager
def started(data_dir: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    """``collinear ARGUMENTS`` on a data directory; nothing of it is left afterwards."""
    data_dir.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [COLLINEAR, *arguments],
        env=environment_of(data_dir, **environment),
        cwd=data_dir.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    running = Running(process, data_dir)
    try:
        yield running
    finally:
        running.close()
