"""Keeps the parts running: starts them in order, starts them again, stops them in order."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from collinear.local import events, logs
from collinear.local.child import Child, describe
from collinear.local.errors import PartRefused
from collinear.local.parts import Part, Readiness
from collinear.local.stopping import StopRequest

REFUSAL = 78
"""The exit code of a part that will never start as things are (sysexits: a configuration error)."""

_TICK = 0.1
_LOG_CHECK = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """
    How long to wait for what, in seconds.

    A part that died is started again after ``first_pause``, which doubles up to
    ``longest_pause``, and is forgotten when it has worked for ``recovered``.  A part without a
    question of its own works when it has lived for ``settled``.  That one is still starting is
    told every ``slow``.  A part that still runs is asked to stop again every ``heard``.
    """

    first_pause: float = 0.5
    longest_pause: float = 10.0
    recovered: float = 30.0
    settled: float = 1.0
    slow: float = 3.0
    heard: float = 3.0


@dataclass(slots=True)
class _Post:
    """A part and how it is doing."""

    part: Part
    pause: float
    child: Child | None = None
    up_since: float | None = None
    start_at: float = 0.0
    told_slow_at: float = field(default=0.0)


class Supervisor:
    """
    Runs the parts until it is asked to stop.

    Args:
        logs_dir: What a part prints goes to ``PART.log`` in there.
        mark: By which the processes are found again should this process be killed.
        report: Told about every event; must not raise.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        logs_dir: Path,
        mark: str,
        report: Callable[[events.Event], None],
        patience: Patience = Patience(),
    ) -> None:
        self._posts = [_Post(part, patience.first_pause) for part in parts]
        self._logs_dir = logs_dir
        self._mark = mark
        self._report = report
        self._patience = patience
        self._all_up = False
        self._logs_checked_at = time.monotonic()
        self._pipe = -1

    def run(self, stop: StopRequest, each: Callable[[], None] = lambda: None) -> None:
        """
        Supervise until asked to stop; no part is left when this returns or raises.

        ``each`` is called several times a second.

        Raises:
            PartRefused: During the first start a part ended with the exit code ``REFUSAL``.
        """
        self._pipe, alive = os.pipe()
        try:
            while not stop.asked:
                self._look_after_all()
                each()
                stop.wait(_TICK)
        finally:
            try:
                self._stop_all(stop)
            finally:
                os.close(alive)
                os.close(self._pipe)

    def _look_after_all(self) -> None:
        for post in self._posts:
            self._look_after(post)
        if not self._all_up and all(post.up_since is not None for post in self._posts):
            self._all_up = True
            self._report(events.AllUp())
        now = time.monotonic()
        if now - self._logs_checked_at > _LOG_CHECK:
            self._logs_checked_at = now
            for post in self._posts:
                logs.put_aside(self._log_of(post.part))

    def _look_after(self, post: _Post) -> None:
        now = time.monotonic()
        if post.child is None:
            if now >= post.start_at and self._may_start(post.part):
                self._start(post)
        elif (code := post.child.poll()) is not None:
            last_line = post.child.last_line
            if code == REFUSAL and not self._all_up:
                raise PartRefused(post.part.name, last_line)
            self._died(post, describe(code), last_line)
        elif post.up_since is None:
            self._ask_whether_ready(post, post.child)
        elif now - post.up_since > self._patience.recovered:
            post.pause = self._patience.first_pause

    def _may_start(self, part: Part) -> bool:
        return all(
            post.up_since is not None for post in self._posts if post.part.name in part.after
        )

    def _start(self, post: _Post) -> None:
        try:
            post.child = Child(
                post.part, log=self._log_of(post.part), mark=self._mark, pipe=self._pipe
            )
        except OSError as error:
            self._died(post, "cannot be started", str(error))
        post.told_slow_at = 0.0

    def _ask_whether_ready(self, post: _Post, child: Child) -> None:
        if post.part.ready is None:
            ready = Readiness(child.age >= self._patience.settled)
        else:
            ready = post.part.ready()
        if ready.yes:
            post.up_since = time.monotonic()
            self._report(events.PartUp(post.part.name, child.age))
        elif child.age - post.told_slow_at > self._patience.slow:
            post.told_slow_at = child.age
            self._report(events.PartSlow(post.part.name, child.age, ready.note))

    def _died(self, post: _Post, how: str, last_line: str) -> None:
        post.child, post.up_since = None, None
        post.start_at = time.monotonic() + post.pause
        self._report(events.PartDied(post.part.name, how, last_line, post.pause))
        post.pause = min(2 * post.pause, self._patience.longest_pause)

    def _stop_all(self, stop: StopRequest) -> None:
        running = {post.part.name: post.child for post in self._posts if post.child is not None}
        children = [child for child in running.values() if child.poll() is None]
        if children:
            self._report(events.Stopping())
        for wave in sorted({child.part.wave for child in children}):
            self._stop_wave([child for child in children if child.part.wave == wave], stop)
        self._report(events.Stopped())

    def _stop_wave(self, children: list[Child], stop: StopRequest) -> None:
        began = asked_at = time.monotonic()
        for child in children:
            child.ask_to_stop()
        while children := [child for child in children if child.poll() is None]:
            now = time.monotonic()
            ask_again = now - asked_at > self._patience.heard
            if ask_again:  # a signal is lost on a program that is just preparing to hear it
                asked_at = now
            for child in children:
                if ask_again:
                    child.ask_to_stop()
                if stop.at_once or now - began > child.part.grace:
                    child.kill()
                    self._report(events.PartKilled(child.part.name))
            stop.wait(_TICK)

    def _log_of(self, part: Part) -> Path:
        return self._logs_dir / f"{part.name}.log"
