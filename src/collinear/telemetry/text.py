"""Log lines that people read: whatever is told, an event is one line of the log."""

from typing import Any

import structlog


def on_one_line(
    logger: Any, name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """
    Write signs that are not to be seen (line ends, escapes of terminals, directions) as escapes.

    Names and messages come from others: none of them begins a line of its own, or paints a
    terminal.  The lines of a traceback stay lines, and are indented.
    """
    trace = event.pop("exception", None)
    shown = {
        key: visible(value) if isinstance(value, str) else value for key, value in event.items()
    }
    if isinstance(trace, str):
        lines = [f"    {visible(line)}" for line in trace.split("\n")]
        shown["exception"] = "\n".join(lines)
    return shown


def visible(text: str) -> str:
    """The text with an escape for each sign that cannot be seen."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )
