"""A part of the system: a command, and how one sees that it works."""

import http.client
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Readiness(NamedTuple):
    """Whether a part works yet, and if not, what it is busy with (empty: it does not say)."""

    yes: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """
    One process of the system.

    Args:
        command: Program and arguments.
        environment: Added to the supervisor's own.
        cwd: Where it runs; None: where the supervisor does.
        after: Names of the parts that must work before this one is started.
        ready: Asked again and again after a start; None: it works when it has lived a while.
        wave: Parts of a lower wave are stopped before those of a higher one.
        grace: Seconds between being asked to stop and being killed.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    after: tuple[str, ...] = ()
    ready: Callable[[], Readiness] | None = None
    wave: int = 0
    grace: float = 8.0


def answers(host: str, port: int, path: str) -> Callable[[], Readiness]:
    """A question to a part that serves HTTP: whether it answers ``path`` with a success."""

    def ask() -> Readiness:
        connection = http.client.HTTPConnection(host, port, timeout=1)
        try:
            connection.request("GET", path)
            return Readiness(connection.getresponse().status < 300)
        except (OSError, http.client.HTTPException):
            return Readiness(False)
        finally:
            connection.close()

    return ask


def command_of(part: str) -> tuple[str, ...]:
    """The command line of one of our own parts: the console script of this environment."""
    script = Path(sys.executable).with_name("collinear")
    if script.exists():
        return (str(script), part)
    return (sys.executable, "-m", "collinear", part)
