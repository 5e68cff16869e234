"""The wish to stop: by Ctrl-C, by SIGTERM, by closing the terminal."""

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ONE_KEYSTROKE = 0.5
"""Seconds: wrappers such as ``make`` may pass on a Ctrl-C that the terminal has sent already."""


class StopRequest:
    """
    Whether and how urgently the supervisor is asked to stop.

    ``wait`` may be left at any moment by ``ask``, from a signal handler or another thread:
    hence a pipe, which unlike an event cannot be locked at the wrong moment.
    """

    def __init__(self) -> None:
        self.asked = False
        self.at_once = False
        self._interrupted_at: float | None = None
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)

    def ask(self, *, at_once: bool = False) -> None:
        """Ask to stop; ``at_once``: without giving the parts time."""
        self.asked = True
        self.at_once = self.at_once or at_once
        try:
            os.write(self._write_end, b"!")
        except BlockingIOError:
            return

    def interrupt(self) -> None:
        """Ask as Ctrl-C does: the second one means at once."""
        now = time.monotonic()
        if self._interrupted_at is None:
            self._interrupted_at = now
            self.ask()
        elif now - self._interrupted_at > _ONE_KEYSTROKE:
            self.ask(at_once=True)

    def wait(self, seconds: float) -> None:
        """Wait, but not longer than until the next ``ask``."""
        ready, _, _ = select.select([self._read_end], [], [], seconds)
        if ready:
            os.read(self._read_end, 1024)

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._read_end)
        os.close(self._write_end)


@contextmanager
def listen_for_stop() -> Iterator[StopRequest]:
    """Turn the signals that end a program into a request, while the context is open."""
    request = StopRequest()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            request.interrupt()
        else:
            request.ask()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` wants us to go on
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        request.close()
