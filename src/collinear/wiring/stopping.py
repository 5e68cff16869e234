"""How a process is told to stop."""

import signal
from threading import Event
from types import FrameType

ENDINGS = (signal.SIGTERM, signal.SIGINT)
"""The signals that tell a process to stop."""


def stop_on_signals(stopping: Event) -> None:
    """Let the signals that tell a process to stop set the event; nothing is interrupted."""

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in ENDINGS:
        signal.signal(number, stop)
