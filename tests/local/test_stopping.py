"""Ctrl-C, SIGTERM and a closed terminal are wishes to stop; a part whose supervisor dies stops."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from collinear.local.parent import PIPE
from collinear.local.stopping import StopRequest, listen_for_stop
from tests.waiting import wait_until

LISTENER = """
from collinear.local.stopping import listen_for_stop
with listen_for_stop() as stop:
    print("listening", flush=True)
    while not stop.asked:
        stop.wait(10)
    print("asked", stop.at_once, flush=True)
"""

CHILD = """
import signal
from collinear.local.parent import stop_with_supervisor
stop_with_supervisor()
print("working", flush=True)
signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_that_end_a_program(number: signal.Signals) -> None:
    """Each is a wish to stop, which is heard at once."""
    with subprocess.Popen(
        [sys.executable, "-c", LISTENER], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "listening\n"
        began = time.monotonic()
        program.send_signal(number)
        assert program.stdout.readline() == "asked False\n"
        assert time.monotonic() - began < 2
    assert program.returncode == 0


def test_a_program_under_nohup_survives_the_terminal() -> None:
    """Who said so beforehand keeps the system when the terminal closes."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with listen_for_stop() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.asked
    finally:
        signal.signal(signal.SIGHUP, before)


def test_only_a_second_keystroke_is_impatience() -> None:
    """Wrappers pass the first Ctrl-C on, so that it comes twice within a moment."""
    with listen_for_stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: stop.asked, "the first to be heard")
        assert not stop.at_once
        later = time.monotonic() + 0.6
        wait_until(lambda: time.monotonic() > later, "a moment")
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: stop.at_once, "the second to be heard")


def test_waiting_ends_when_someone_asks() -> None:
    """From another thread as well."""
    stop = StopRequest()
    threading.Timer(0.05, stop.ask).start()
    began = time.monotonic()
    stop.wait(10)
    assert stop.asked
    assert time.monotonic() - began < 5
    stop.close()


def test_a_part_stops_when_its_supervisor_is_gone() -> None:
    """However it went: the pipe that it held open closes with it."""
    ours, theirs = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=(ours,),
        env={**os.environ, PIPE: str(ours)},
    ) as part:
        os.close(ours)
        assert part.stdout is not None
        assert part.stdout.readline() == "working\n"
        os.close(theirs)
        assert part.wait(5) == -signal.SIGTERM
