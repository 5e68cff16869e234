"""The log file of a part: what it printed, in this life and the last ones."""

import os
import shutil
import unicodedata
from pathlib import Path

_LARGE = 20 * 2**20
_TAIL = 4096


def open_log(path: Path) -> int:
    """A descriptor that appends to the file; a large file is put aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    put_aside(path)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def put_aside(path: Path, *, larger_than: int = _LARGE) -> None:
    """
    Keep a file that has grown large as ``NAME.1`` and go on with an empty one.

    A process that appends to it meanwhile keeps its descriptor; what it prints between
    copying and emptying is lost.
    """
    if path.exists() and path.stat().st_size > larger_than:
        shutil.copyfile(path, path.with_name(path.name + ".1"))
        os.truncate(path, 0)


def last_line(path: Path, *, since: int = 0) -> str:
    """The last line with something in it after byte ``since``, safe to show; "" if none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(min(since, size), size - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in map(_printable, reversed(lines)) if line), "")


def _printable(line: str) -> str:
    return "".join(
        character for character in line if unicodedata.category(character)[0] != "C"
    ).strip()
