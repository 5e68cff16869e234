"""How a part notices that its supervisor is gone."""

import os
import signal
import threading

PIPE = "COLLINEAR_PARENT_PIPE"
"""The environment variable with the number of the pipe that only the supervisor keeps open."""


def stop_with_supervisor() -> None:
    """
    Ask this process to stop (SIGTERM) as soon as its supervisor is gone, however it went.

    Does nothing in a process that no supervisor started.
    """
    number = os.environ.pop(PIPE, "")
    if not number:
        return
    descriptor = int(number)
    os.set_inheritable(descriptor, False)
    threading.Thread(target=_watch, args=(descriptor,), name="supervisor", daemon=True).start()


def _watch(descriptor: int) -> None:
    # Nobody ever writes: the read returns when the last writing end is closed.
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
