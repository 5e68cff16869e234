"""One life of a part: a process in a session of its own, with its log."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from collinear.local import logs
from collinear.local.parent import PIPE
from collinear.local.parts import Part

SUPERVISED = "COLLINEAR_SUPERVISED"
"""The environment variable by which the processes of a data directory are found again."""


class Child:
    """
    A started part.

    It has a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone,
    which then stops the parts in their order.

    Raises:
        OSError: The program cannot be started.
    """

    def __init__(self, part: Part, *, log: Path, mark: str, pipe: int) -> None:
        self.part = part
        self.started_at = time.monotonic()
        self._log = log
        descriptor = logs.open_log(log)
        try:
            self._log_start = os.fstat(descriptor).st_size
            self._process = subprocess.Popen(
                part.command,
                cwd=part.cwd,
                env={**os.environ, **part.environment, SUPERVISED: mark, PIPE: str(pipe)},
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
                pass_fds=(pipe,),
            )
        finally:
            os.close(descriptor)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started_at

    @property
    def last_line(self) -> str:
        """The last thing it printed in this life."""
        return logs.last_line(self._log, since=self._log_start)

    def poll(self) -> int | None:
        """None while it runs, then its exit code, or minus the signal that ended it."""
        code = self._process.poll()
        if code is not None:
            self._end_group()  # what it started itself must not outlive it
        return code

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process; its own children are its business."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and all that it started, and wait until it is gone."""
        self._end_group()
        self._process.kill()
        self._process.wait()

    def _end_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def describe(code: int) -> str:
    """``exit code 3`` or ``SIGKILL``."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
