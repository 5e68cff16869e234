"""Parts are started in order, started again when they die, and stopped in order."""

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from collinear.local import events
from collinear.local.errors import PartRefused
from collinear.local.parts import Part, Readiness, answers
from collinear.local.ports import free_port
from tests.local.conftest import QUICK, STUBBORN, Watched, script
from tests.waiting import wait_until

Supervise = Callable[..., Watched]


def test_a_part_starts_when_those_before_it_work(supervise: Supervise, tmp_path: Path) -> None:
    """The worker waits for the server, however long that takes to answer."""
    door = tmp_path / "open"
    server = script("server", ready=lambda: Readiness(door.exists()))
    system = supervise(script("worker", after=("server",)), server, script("api"))

    system.until(events.PartUp, "api")
    assert len(system.processes()) == 2

    door.touch()
    system.until(events.AllUp)
    ups = [event.part for event in system.events_of(events.PartUp)]
    assert ups == ["api", "server", "worker"]


def test_a_server_works_when_it_answers(supervise: Supervise, tmp_path: Path) -> None:
    """Readiness is asked over HTTP."""
    port = free_port()
    server = Part(
        "server",
        (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"),
        cwd=tmp_path,
        ready=answers("127.0.0.1", port, "/"),
    )
    missing = answers("127.0.0.1", port, "/nothing-here")

    assert not server.ready().yes  # type: ignore[misc]
    system = supervise(server)
    system.until(events.PartUp, "server")
    assert not missing().yes


def test_a_part_that_dies_is_started_again(supervise: Supervise) -> None:
    """kill -9 of a part is told with its name and the signal, and another takes its place."""
    system = supervise(
        script("worker", "print('on it', flush=True); import signal; signal.pause()")
    )
    system.until(events.PartUp)
    (first,) = system.processes()

    first.kill()

    (death,) = system.until(events.PartDied)
    assert (death.part, death.how, death.last_line) == ("worker", "SIGKILL", "on it")
    system.until(events.PartUp, times=2)
    (second,) = system.processes()
    assert second.pid != first.pid


def test_what_a_dead_part_had_started_goes_with_it(supervise: Supervise) -> None:
    """Children of a killed worker are no orphans that go on working."""
    code = "import subprocess, sys; subprocess.run(['sleep', '1000'])"
    system = supervise(script("worker", code))
    system.until(events.PartUp)
    wait_until(lambda: len(system.processes()) == 2, "the worker's own child")
    before = {process.pid for process in system.processes()}

    min(system.processes(), key=lambda process: process.create_time()).kill()

    system.until(events.PartUp, times=2)
    assert not before & {process.pid for process in system.processes()}


def test_a_crash_loop_is_told_each_time_and_slows_down(supervise: Supervise) -> None:
    """A part that cannot start is tried again in growing intervals, with its last words."""
    system = supervise(script("worker", "import sys; sys.exit('no such queue')"))

    deaths = system.until(events.PartDied, times=4)

    assert [death.again_in for death in deaths[:4]] == [0.05, 0.1, 0.2, 0.2]
    assert {(death.how, death.last_line) for death in deaths} == {("exit code 1", "no such queue")}


def test_the_pause_is_short_again_after_a_while_of_work(
    supervise: Supervise, tmp_path: Path
) -> None:
    """A part that fell over twice long ago is not punished for it today."""
    tries = tmp_path / "tries"
    code = f"""
import pathlib, signal, sys
tries = pathlib.Path({str(tries)!r})
tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
sys.exit(1) if len(tries.read_text()) < 3 else signal.pause()
"""
    part = script("worker", code, ready=lambda: Readiness(written(tries) == "xxx"))
    system = supervise(part, patience=replace(QUICK, recovered=0.5))
    system.until(events.PartUp)
    (process,) = system.processes()
    deadline = time.monotonic() + 0.8
    wait_until(lambda: time.monotonic() > deadline, "it to have worked for a while")

    process.kill()

    deaths = system.until(events.PartDied, times=3)
    assert [death.again_in for death in deaths] == [0.05, 0.1, 0.05]


def test_a_program_that_is_not_there(supervise: Supervise) -> None:
    """It is told like a death, and does not end the others."""
    system = supervise(Part("ghost", ("/no/such/program",)), script("api"))

    death, *_ = system.until(events.PartDied, "ghost", times=2)

    assert "No such file" in death.last_line
    system.until(events.PartUp, "api")


def test_a_refusal_ends_the_first_start(supervise: Supervise) -> None:
    """Exit code 78 says: never like this.  The others are stopped, the reason is kept."""
    system = supervise(
        script("api"), script("worker", "import sys; print('wrong store'); sys.exit(78)")
    )

    system.thread.join(10)

    (error,) = system.raised
    assert isinstance(error, PartRefused)
    assert str(error) == "wrong store"
    assert system.processes() == []


def test_parts_stop_in_their_order(supervise: Supervise, tmp_path: Path) -> None:
    """The server that the others write to is asked last, when they are gone."""
    said = tmp_path / "said"
    code = f"""
import signal, sys
def leave(*_):
    with open({str(said)!r}, "a") as file: file.write(sys.argv[1] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, leave)
print("on", flush=True)
signal.pause()
"""
    parts = [
        Part(name, (sys.executable, "-IS", "-c", code, name), wave=wave)
        for name, wave in (("server", 2), ("worker", 0), ("hub", 1))
    ]
    system = supervise(*parts)
    system.until(events.AllUp)
    for part in parts:
        log = tmp_path / "logs" / f"{part.name}.log"
        wait_until(lambda log=log: log.read_text() == "on\n", "the part to listen")  # type: ignore[misc]

    system.end()

    assert said.read_text().split() == ["worker", "hub", "server"]
    assert isinstance(system.told[-1], events.Stopped)
    assert not system.events_of(events.PartKilled)


def test_a_part_that_lingers_is_killed(supervise: Supervise, tmp_path: Path) -> None:
    """Stopping has an end, whatever a part does with SIGTERM."""
    system = supervise(script("stubborn", STUBBORN, grace=0.3), script("api"))
    system.until(events.AllUp)
    wait_until((tmp_path / "logs" / "stubborn.log").read_text, "the part to ignore SIGTERM")

    began = time.monotonic()
    system.end()

    assert time.monotonic() - began < 3
    assert [killed.part for killed in system.events_of(events.PartKilled)] == ["stubborn"]


def test_a_part_that_was_not_listening_is_asked_again(supervise: Supervise, tmp_path: Path) -> None:
    """A program that is about to install its handler may miss the first signal."""
    code = """
import signal, sys
def first(*_): signal.signal(signal.SIGTERM, lambda *_: sys.exit())
signal.signal(signal.SIGTERM, first)
print("on", flush=True)
while True: signal.pause()
"""
    system = supervise(script("deaf", code, grace=60), patience=replace(QUICK, heard=0.2))
    system.until(events.AllUp)
    wait_until((tmp_path / "logs" / "deaf.log").read_text, "the part to run")

    system.end()

    assert not system.events_of(events.PartKilled)


def test_a_second_wish_to_stop_is_obeyed_at_once(supervise: Supervise, tmp_path: Path) -> None:
    """Who presses Ctrl-C twice does not want to wait."""
    system = supervise(script("stubborn", STUBBORN, grace=60))
    system.until(events.AllUp)
    wait_until((tmp_path / "logs" / "stubborn.log").read_text, "the part to ignore SIGTERM")
    system.stop.ask()
    system.until(events.Stopping)

    system.stop.ask(at_once=True)

    system.thread.join(5)
    assert not system.thread.is_alive()


def test_stopping_before_everything_is_up(supervise: Supervise) -> None:
    """A stop during the start stops what was started and starts nothing more."""
    system = supervise(
        script("server", ready=lambda: Readiness(False, "loading")),
        script("worker", after=("server",)),
    )
    wait_until(lambda: len(system.processes()) == 1, "the server")

    system.end()

    assert system.events_of(events.PartUp) == []


@pytest.mark.parametrize("at", [signal.SIGTERM, signal.SIGKILL])
def test_logs_are_kept_per_part(supervise: Supervise, tmp_path: Path, at: signal.Signals) -> None:
    """Both lives of a part are in its log, which only its owner can read."""
    system = supervise(script("worker", "print('here', flush=True); import signal; signal.pause()"))
    system.until(events.PartUp)
    os.kill(system.processes()[0].pid, at)
    system.until(events.PartUp, times=2)

    log = tmp_path / "logs" / "worker.log"
    assert log.read_text() == "here\nhere\n"
    assert log.stat().st_mode & 0o777 == 0o600


def written(path: Path) -> str:
    return path.read_text() if path.exists() else ""
