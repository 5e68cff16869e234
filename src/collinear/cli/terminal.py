"""The terminal of ``up`` and ``demo``: what comes up, how far the first load is, what breaks."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.text import Text

from collinear.cli import text
from collinear.local import events

Report = Callable[[events.Event], None]


class Line(NamedTuple):
    """One line about an event."""

    words: str
    style: str = ""


@contextmanager
def open_terminal() -> Iterator[Report]:
    """What shows events to people: with a progress bar on a terminal, else as plain lines."""
    if sys.stdout.isatty():
        with PrettyTerminal(Console(highlight=False, markup=False, emoji=False)) as terminal:
            yield terminal.show
    else:
        yield PlainTerminal(print).show


class PlainTerminal:
    """Lines without control codes; of the first load one now and then."""

    def __init__(self, write: Callable[..., None], *, every: float = 5.0) -> None:
        self._write = write
        self._every = every
        self._story = Story()
        self._waiting_told = -every
        self._loading_told = -every

    def show(self, event: events.Event) -> None:
        """Print what there is to say; a closed terminal is no reason to fail."""
        with suppress(OSError, ValueError):
            for line in self._lines(event):
                self._write(line.words, flush=True)

    def _lines(self, event: events.Event) -> list[Line]:
        now = time.monotonic()
        if isinstance(event, events.Loading):
            if now - self._loading_told < self._every:
                return []
            self._loading_told = now
            return [Line(self._story.loading(event))]
        if isinstance(event, events.PartSlow):
            if now - self._waiting_told < self._every:
                return []
            self._waiting_told = now
            return [Line(waiting(event))]
        return self._story.tell(event)


class PrettyTerminal:
    """Coloured lines, and below them a bar while something takes its time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._story = Story()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            console=console,
            transient=True,
        )
        self._waits: dict[str, TaskID] = {}
        self._load: TaskID | None = None

    def __enter__(self) -> "PrettyTerminal":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, ValueError):
            self._progress.stop()

    def show(self, event: events.Event) -> None:
        """Show an event; a closed terminal is no reason to fail."""
        with suppress(OSError, ValueError):
            self._draw(event)
            for line in self._story.tell(event):
                self._console.print(Text(line.words, style=line.style))

    def _draw(self, event: events.Event) -> None:
        match event:
            case events.PartSlow():
                self._wait(event)
            case events.PartUp() | events.PartDied():
                self._forget(event.part)
            case events.Loading():
                self._draw_load(event)
            case events.Ready() if self._load is not None:
                self._progress.remove_task(self._load)
                self._load = None
            case events.Stopping():
                self._progress.stop()
        if not self._progress.tasks:
            self._progress.stop()
        elif self._progress.live.is_started:
            self._progress.refresh()

    def _wait(self, event: events.PartSlow) -> None:
        if event.part not in self._waits:
            self._waits[event.part] = self._progress.add_task("", total=None)
        self._progress.update(self._waits[event.part], description=waiting(event))
        self._progress.start()

    def _forget(self, part: str) -> None:
        if part in self._waits:
            self._progress.remove_task(self._waits.pop(part))

    def _draw_load(self, event: events.Loading) -> None:
        if self._load is None:
            self._load = self._progress.add_task("", total=None)
        self._progress.update(
            self._load,
            completed=event.rows,
            total=self._story.expected,
            description=self._story.loading(event),
        )
        self._progress.start()


class Story:
    """Events in words; remembers what earlier ones told."""

    def __init__(self) -> None:
        self._starting: events.Starting | None = None
        self._address_told = False
        self.expected: int | None = None
        """How many datasets there will be, once that is known."""

    def tell(self, event: events.Event) -> list[Line]:
        """The lines about an event; none if it is not worth one."""
        match event:
            case events.Starting():
                self._starting = event
                kept = " (the data of the last demo are kept)" if event.kept else ""
                return [Line(f"Catalog of {event.hub} in {event.data_dir}{kept}", "dim")]
            case events.Expected(total):
                self.expected = total
                return []
            case events.OrphansStopped(number):
                what = "process" if number == 1 else "processes"
                return [Line(f"Stopped {number} {what} of a killed run", "yellow")]
            case events.PartUp(part, seconds):
                return [Line(f"  {part} is up ({seconds:.1f} s)", "green"), *self._address(part)]
            case events.PartDied():
                return [Line(_died(event), "red")]
            case events.PartKilled(part):
                return [Line(f"{part} did not stop and was killed", "yellow")]
            case events.Stopping():
                return [Line("Stopping ...", "dim")]
            case events.Stopped():
                return [Line("Stopped.", "dim")]
            case _:
                return [Line(f"{_clock()} {words}", style) for words, style in _catalog(event)]

    def loading(self, event: events.Loading) -> str:
        """``First load: 12,000 of 20,000 datasets``."""
        of = f" of {self.expected:,}" if self.expected else ""
        return f"First load: {event.rows:,}{of} datasets"

    def _address(self, part: str) -> list[Line]:
        if part != "api" or self._address_told or self._starting is None:
            return []
        self._address_told = True
        address = self._starting.address
        return [
            Line(f"Collinear Data Tool is on {address}", "bold"),
            Line(f"  docs: {address}/docs   logs: {self._starting.logs_dir}", "dim"),
        ]


def waiting(event: events.PartSlow) -> str:
    """``hub is starting (12 s)``, and what it is busy with."""
    note = f": {text.printable(event.note)}" if event.note else ""
    return f"{event.part} is starting ({event.seconds:.0f} s){note}"


def _died(event: events.PartDied) -> str:
    last = f": {text.printable(event.last_line)}" if event.last_line else ""
    again = f"starting it again in {event.again_in:g} s"
    return f"{_clock()} {event.part} died ({event.how}), {again}{last}"


def _catalog(event: events.Event) -> list[Line]:
    match event:
        case events.Ready(total):
            return [Line(f"ready: {total:,} datasets", "bold green")]
        case events.RunFinished(kind, rows, total):
            return [Line(f"{kind} refresh finished: {rows:,} seen, {total:,} datasets", "green")]
        case events.RemovalsHeld(number, of):
            return [
                Line(
                    f"{number:,} of {of:,} datasets would go, which is many: nothing was removed; "
                    "'collinear refresh --accept-removals' removes them",
                    "yellow",
                )
            ]
        case events.Trouble(message):
            return [Line(text.printable(message), "red")]
        case events.TroubleOver():
            return [Line("that trouble is over", "green")]
        case _:
            return []


def _clock() -> str:
    return time.strftime("%H:%M:%S")
