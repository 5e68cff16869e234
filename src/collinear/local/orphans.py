"""Processes that outlived their supervisor."""

import os
from contextlib import suppress
from pathlib import Path

import psutil

from collinear.local.child import SUPERVISED


def stop_orphans(data_dir: Path, *, grace: float = 10.0) -> int:
    """
    Stop whatever a killed supervisor left running on the data directory; how many there were.

    The parts end by themselves when their supervisor is gone; the embedded server does not,
    and a second one on the same files would spoil them.  Call it with the lock held: then no
    process that is found belongs to a living supervisor.
    """
    found = [process for process in psutil.process_iter() if _belongs_to(data_dir, process)]
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(found, timeout=grace)
    for process in stubborn:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=grace)
    return len(found)


def _belongs_to(data_dir: Path, process: psutil.Process) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        if process.name() == "valkey-server":  # writes its title over its environment
            return Path(process.cwd()) == (data_dir / "valkey").resolve()
        return process.environ().get(SUPERVISED) == str(data_dir)
    except (psutil.Error, OSError):
        return False  # gone meanwhile, or another user's
