"""Answers on stdout."""

import sys
from typing import Any

from rich.console import Console, RenderableType

from collinear.cli.text import printable_json

_WIDE = 200


def console() -> Console:
    """The console of stdout; where that is no terminal nothing is coloured or cut short."""
    found = Console(highlight=False, markup=False, emoji=False)
    if not found.is_terminal:
        found.width = _WIDE
    return found


def table(shown: RenderableType) -> None:
    """Print something for people."""
    terminal = console()
    if terminal.is_terminal:
        terminal.print(shown)
        return
    with terminal.capture() as captured:
        terminal.print(shown)
    for line in captured.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")


def json_bytes(answer: bytes) -> None:
    """Print JSON for programs, on one line."""
    sys.stdout.write(printable_json(answer.decode()) + "\n")
    sys.stdout.flush()


def json_value(answer: Any) -> None:
    """Print a value as JSON on one line."""
    import orjson

    json_bytes(orjson.dumps(answer))
