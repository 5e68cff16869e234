"""Real, tiny processes under a real supervisor."""

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from collinear.local import events
from collinear.local.child import SUPERVISED
from collinear.local.parts import Part
from collinear.local.stopping import StopRequest
from collinear.local.supervisor import Patience, Supervisor
from tests.waiting import wait_until

E = TypeVar("E", bound=events.Event)

QUICK = Patience(first_pause=0.05, longest_pause=0.2, recovered=60, settled=0.1, slow=0.2)
LIVE = "import signal; signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on'); " + (
    "import sys; sys.stdout.flush(); signal.pause(); signal.pause()"
)


def script(name: str, code: str = LIVE, **more: object) -> Part:
    """A part that runs a few words of Python."""
    return Part(name, (sys.executable, "-IS", "-c", code), **more)  # type: ignore[arg-type]


@dataclass
class Watched:
    """A supervisor at work in a thread, and all that it told."""

    mark: Path
    stop: StopRequest
    thread: threading.Thread
    told: list[events.Event]
    raised: list[Exception] = field(default_factory=list)

    def events_of(self, kind: type[E], part: str | None = None) -> list[E]:
        return [
            event
            for event in list(self.told)
            if isinstance(event, kind) and (part is None or event.part == part)  # type: ignore[attr-defined]
        ]

    def until(self, kind: type[E], part: str | None = None, *, times: int = 1) -> list[E]:
        return wait_until(
            lambda: (found := self.events_of(kind, part))[times - 1 :] and found,
            f"{times} x {kind.__name__} {part or ''}; so far {self.told}",
        )

    def processes(self) -> list[psutil.Process]:
        return processes_of(self.mark)

    def end(self) -> None:
        self.stop.ask()
        self.thread.join(20)
        assert not self.thread.is_alive(), "the supervisor did not stop"


def processes_of(mark: Path) -> list[psutil.Process]:
    """Every process that a supervisor with this mark started, and what those started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(SUPERVISED) == str(mark):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """``supervise(part, ...)`` starts a supervisor; after the test nothing of it is left."""
    started: list[Watched] = []

    def start(*parts: Part, patience: Patience = QUICK) -> Watched:
        told: list[events.Event] = []
        supervisor = Supervisor(
            parts,
            logs_dir=tmp_path / "logs",
            mark=str(tmp_path),
            report=told.append,
            patience=patience,
        )
        stop = StopRequest()

        def run() -> None:
            try:
                supervisor.run(stop)
            except Exception as error:
                watched.raised.append(error)

        watched = Watched(tmp_path, stop, threading.Thread(target=run), told)
        started.append(watched)
        watched.thread.start()
        return watched

    yield start
    for watched in started:
        watched.end()
        watched.stop.close()
    wait_until(lambda: not processes_of(tmp_path), "nothing to be left of the parts", within=2)
