"""What people see of `up` and `demo`."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from collinear.cli.terminal import PlainTerminal, PrettyTerminal
from collinear.local import events

START = events.Starting(
    address="http://127.0.0.1:8000",
    data_dir=Path("/data"),
    logs_dir=Path("/data/logs"),
    hub="https://huggingface.co",
    kept=False,
)
FIRST_LOAD = [
    START,
    events.PartSlow("hub", 3.2, "on its way"),
    events.Expected(20_000),
    events.PartUp("hub", 4.0),
    events.PartUp("api", 1.2),
    events.Loading(5_000),
    events.PartDied("worker", "SIGKILL", "page \x1b[2J 6", 0.5),
    events.Loading(12_000),
    events.Ready(20_000),
    events.RunFinished("pages", 20_000, 20_003),
    events.RemovalsHeld(900, 20_000),
    events.Trouble("The Hub does not answer."),
    events.TroubleOver(),
    events.PartKilled("worker"),
    events.Stopping(),
    events.Stopped(),
]


def test_plain_lines_for_a_log_file() -> None:
    """No control codes; the address on a line of its own; the load now and then."""
    lines: list[str] = []
    terminal = PlainTerminal(lambda line, flush: lines.append(line))
    for event in FIRST_LOAD:
        terminal.show(event)

    told = "\n".join(lines)
    assert "Collinear Data Tool is on http://127.0.0.1:8000" in lines
    assert "First load: 5,000 of 20,000 datasets" in lines
    assert "12,000" not in told  # too soon after the last one
    assert "ready: 20,000 datasets" in told
    assert "worker died (SIGKILL), starting it again in 0.5 s: page \ufffd[2J 6" in told
    assert "collinear refresh --accept-removals" in told
    assert "The Hub does not answer." in told
    assert "\x1b" not in told
    assert lines[-1] == "Stopped."


def test_the_address_is_told_once() -> None:
    """Also if the API is started again."""
    lines: list[str] = []
    terminal = PlainTerminal(lambda line, flush: lines.append(line))
    for event in (START, events.PartUp("api", 1), events.PartUp("api", 1)):
        terminal.show(event)
    assert sum("Collinear Data Tool is on" in line for line in lines) == 1


def test_a_bar_for_people() -> None:
    """On a terminal the first load is a bar below the lines."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, highlight=False)
    with PrettyTerminal(console) as terminal:
        for event in FIRST_LOAD:
            terminal.show(event)
    shown = screen.getvalue()
    assert "First load: 12,000 of 20,000 datasets" in shown
    assert "hub is starting (3 s): on its way" in shown
    assert "Collinear Data Tool is on http://127.0.0.1:8000" in shown
    assert "page \ufffd[2J 6" in shown
    assert shown.endswith("Stopped.\x1b[0m\n")


class Closed(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize("pretty", [True, False])
def test_a_closed_terminal_is_no_reason_to_fail(*, pretty: bool) -> None:
    """The parts still have to be stopped."""
    screen = Closed()
    if pretty:
        with PrettyTerminal(Console(file=screen, force_terminal=True)) as terminal:
            for event in FIRST_LOAD:
                terminal.show(event)
    else:
        plain = PlainTerminal(lambda line, flush: print(line, file=screen, flush=flush))
        for event in FIRST_LOAD:
            plain.show(event)
