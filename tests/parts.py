"""The parts of the system as real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from collinear.settings import Settings

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


Start = Callable[..., PartProcess]


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


@contextmanager
def starter(settings: Settings, folder: Path, **common: str) -> Iterator[Start]:
    """``start("worker")`` starts a part; further settings by name. All are gone afterwards."""
    with ExitStack() as stack:

        def start(name: str, **extra: str) -> PartProcess:
            environment = {
                **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
                "REDIS_URL": settings.redis_url,
                "COLLINEAR_KEY_PREFIX": settings.key_prefix,
                "COLLINEAR_DATA_DIR": str(settings.data_dir),
                **common,
                **extra,
            }
            log = folder / f"{name}-{len(list(folder.iterdir()))}.log"
            return stack.enter_context(running_part(name, environment, log))

        yield start
