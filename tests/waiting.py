"""Waiting for something to become true, instead of sleeping and hoping."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, *, within: float = 10.0) -> T:
    """The first true value of ``condition``; an assertion that names ``what`` when time is up."""
    pause = threading.Event()
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within} s for {what}")
        pause.wait(0.02)
