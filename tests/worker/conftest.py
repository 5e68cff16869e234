"""Real processes of the worker and the scheduler, on real messages."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.hubs import RunningHub
from tests.waiting import wait_until

COLLINEAR = str(Path(sys.executable).with_name("collinear"))


class PartProcess:
    """A part of the system as a process of its own; what it logs goes to a file."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


@contextmanager
def running_part(name: str, environment: dict[str, str], log: Path) -> Iterator[PartProcess]:
    with log.open("ab") as output:
        process = subprocess.Popen([COLLINEAR, name], env=environment, stdout=output, stderr=output)
    try:
        yield PartProcess(process, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def start(
    settings: Settings, hub: RunningHub, tmp_path: Path
) -> Iterator[Callable[..., PartProcess]]:
    """Starts a part: ``start("worker")``; further settings by name. All are gone afterwards."""
    with ExitStack() as stack:

        def begin(name: str, **extra: str) -> PartProcess:
            environment = {
                **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
                "REDIS_URL": settings.redis_url,
                "HF_ENDPOINT": hub.url,
                "COLLINEAR_KEY_PREFIX": settings.key_prefix,
                "COLLINEAR_DATA_DIR": str(settings.data_dir),
                "COLLINEAR_PAGE_SIZE": "2",
                "COLLINEAR_OVERSEE_SECONDS": "0.5",
                "COLLINEAR_LEASE_SECONDS": "2",
                **extra,
            }
            log = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}.log"
            return stack.enter_context(running_part(name, environment, log))

        yield begin


@pytest.fixture
def loaded(store: redis.Redis, keys: Keys) -> Callable[[], None]:
    """Waits until the first load is complete."""
    return lambda: (
        wait_until(lambda: store.hget(keys.meta, "warmed") == b"true", "the first load", within=30)
        and None
    )
