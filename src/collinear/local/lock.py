"""One supervisor per data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collinear.local.errors import AlreadyRunning, CannotStart


def lock_file(data_dir: Path) -> Path:
    """The file whose lock a running supervisor holds; it names the supervisor."""
    return data_dir / "up.lock"


@contextmanager
def hold(data_dir: Path, who: str) -> Iterator[None]:
    """
    Hold the data directory, which is made if it is not there.

    The operating system frees the lock when the process ends, however it ends; the file
    itself stays.  ``who`` is what a second supervisor tells about the first.

    Raises:
        AlreadyRunning: Another process holds it.
        CannotStart: The directory cannot be made or written to.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock_file(data_dir), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(
            f"{data_dir} cannot be used as data directory ({error.strerror}): "
            "choose another with --data-dir."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode(errors="replace").strip()
            raise AlreadyRunning(data_dir, holder or "Another collinear") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{who} (process {os.getpid()})\n".encode())
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def is_held(data_dir: Path) -> bool:
    """Whether a supervisor runs on the data directory."""
    try:
        descriptor = os.open(lock_file(data_dir), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
