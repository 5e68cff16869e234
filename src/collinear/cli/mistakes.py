"""Errors of the command line: what a person reads instead of a traceback."""

import os
import sys
import traceback

OK, FAILED, USAGE, HELD, QUARANTINED = 0, 1, 2, 3, 4

EXIT_CODES = (
    "Exit codes: 0 done; 1 failed or refused, the line on stderr says why; 2 a wrong option, "
    "argument or setting; 3 a refresh whose removals are held; 4 a refresh that was stopped "
    "because the Hub's answers looked wrong, or a 'verify' that could not look; 130 interrupted "
    "by Ctrl-C. "
    "COLLINEAR_DEBUG=1 shows the traceback of an error."
)


class Mistake(Exception):
    """What was asked cannot be done as asked; one line for each reason."""

    def __init__(self, *lines: str, code: int = USAGE) -> None:
        super().__init__(*lines)
        self.lines = lines
        self.code = code


def complain(*lines: str) -> None:
    """Say on stderr what is wrong."""
    if os.environ.get("COLLINEAR_DEBUG", "") not in {"", "0"}:
        traceback.print_exc()
    for line in lines:
        print("collinear:", line, file=sys.stderr)  # noqa: T201 - this is where people read
