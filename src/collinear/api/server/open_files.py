"""How many connections the operating system lets a process have."""

import resource
from contextlib import suppress

_ENOUGH = 65_536
"""Where the hard limit is no number; macOS refuses what is far beyond."""


def raise_open_files() -> None:
    """
    Lift the soft limit of open files to the hard one.

    It is 1,024 where nobody has changed it, and a thousand listeners are more than that.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _ENOUGH if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):  # then it stays as it was
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
