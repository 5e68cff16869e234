"""One supervisor per data directory."""

import subprocess
import sys
from pathlib import Path

import pytest

from collinear.local.errors import AlreadyRunning, CannotStart
from collinear.local.lock import hold, is_held

HOLDER = """
import sys, signal, pathlib
from collinear.local.lock import hold
with hold(pathlib.Path(sys.argv[1]), "'collinear up'"):
    print("held", flush=True)
    signal.pause()
"""


def test_a_second_one_is_told_who_was_first(tmp_path: Path) -> None:
    """The refusal names the command and its process; kill -9 of the first frees the directory."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        assert is_held(tmp_path)
        with pytest.raises(AlreadyRunning) as refusal, hold(tmp_path, "'collinear demo'"):
            pass
        assert str(refusal.value).startswith(f"'collinear up' (process {first.pid}) already runs")
        first.kill()

    assert not is_held(tmp_path)
    with hold(tmp_path, "'collinear demo'"):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    """A file stands where the data should go."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(CannotStart, match="choose another with --data-dir"),
        hold(tmp_path / "file" / "data", "'collinear up'"),
    ):
        pass


def test_nobody_was_ever_here(tmp_path: Path) -> None:
    """Asking makes nothing."""
    assert not is_held(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []
