"""Every command explains itself, with an example, and quickly."""

import os
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest
from typer.main import get_command

from collinear import __version__
from collinear.cli.main import app

Collinear = Callable[..., CompletedProcess[str]]
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(collinear: Collinear, command: str) -> None:
    """A reader copies it; it names the command itself."""
    told = collinear(command, "--help")
    assert told.returncode == 0
    assert f"collinear {command}" in told.stdout.partition("Example: ")[2]


def test_help_is_quick_and_lists_all(collinear: Collinear) -> None:
    """No part of the system is imported to explain it."""
    collinear("--help")
    before = os.times()
    told = collinear("--help")
    after = os.times()
    assert after.children_user - before.children_user < 0.5
    assert all(f"  {command}" in told.stdout for command in COMMANDS)
    assert "Exit codes: 0 done; 1 failed" in told.stdout


def test_alone_it_says_what_there_is(collinear: Collinear) -> None:
    """Without a word after it, the help."""
    assert collinear().stdout == collinear("--help").stdout


def test_the_version_in_two_ways(collinear: Collinear) -> None:
    """As an option and as a command."""
    assert collinear("--version").stdout == collinear("version").stdout
    assert __version__ in collinear("version").stdout
