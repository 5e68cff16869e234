"""Values as people read them, and foreign text made safe for a terminal."""

import re
import unicodedata

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_JOINER = "\u200d"
_RISKY_IN_JSON = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def size(value: int | None) -> str:
    """``1.2 GB``, in powers of a thousand; ``-`` where unknown."""
    if value is None:
        return "-"
    amount, unit = float(value), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if unit == 0 or amount >= 99.95 else (
        f"{amount:.1f} {_UNITS[unit]}"
    )  # fmt: skip


def count(value: float | None) -> str:
    """``1,234,567``; ``-`` where unknown."""
    return "-" if value is None else f"{value:,}"


def duration(seconds: float) -> str:
    """``0.4 s``, ``45 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def printable(text: str) -> str:
    """
    Text of others on one line, with nothing in it that a terminal would obey.

    White space becomes a blank; control characters, marks that turn the reading direction
    and halves of characters become a replacement character.
    """
    return "".join(map(_harmless, text))


def shortened(text: str, most: int) -> str:
    """The text, or as many characters of it with an ellipsis behind them."""
    return text if len(text) <= most else f"{text[:most]}…"


def printable_json(text: str) -> str:
    """The same JSON with characters that a terminal may obey written as escapes."""
    return _RISKY_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _harmless(character: str) -> str:
    if character.isspace():
        return " "
    if character != _JOINER and unicodedata.category(character)[0] == "C":
        return "\ufffd"
    return character
