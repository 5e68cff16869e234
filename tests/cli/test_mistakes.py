"""A user's mistake is one clear line on stderr, never a traceback."""

import socket
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from collinear.local.lock import hold

Collinear = Callable[..., CompletedProcess[str]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fly"], "No such command 'fly'"),
        (["up", "--wings"], "--wings"),
        (["up", "--port", "many"], "--port"),
        (["up", "--port", "65536"], "--port"),
        (["demo", "--rows", "/no/such/file"], "'/no/such/file' does not exist"),
        (["demo", "--datasets", "-1"], "--datasets"),
        (["hub", "--rows", "."], "--rows"),
    ],
)
def test_wrong_usage(collinear: Collinear, arguments: list[str], words: str) -> None:
    """Exit code 2, and the line names what is wrong."""
    told = collinear(*arguments)
    assert told.returncode == 2
    assert told.stdout == ""
    (line,) = told.stderr.splitlines()
    assert line.startswith("collinear: ")
    assert words in line


def test_wrong_settings_are_named_by_their_variables(collinear: Collinear) -> None:
    """One line for each, with the value, unless that is a secret."""
    told = collinear(
        "up", HF_ENDPOINT="hub", COLLINEAR_PORT="many", COLLINEAR_WORKER_CONCURRENCY="0"
    )
    assert told.returncode == 2
    assert sorted(told.stderr.splitlines()) == [
        "collinear: COLLINEAR_PORT is 'many': input should be a valid integer, "
        "unable to parse string as an integer.",
        "collinear: COLLINEAR_WORKER_CONCURRENCY is '0': "
        "input should be greater than or equal to 1.",
        "collinear: HF_ENDPOINT is 'hub': must be an address such as https://huggingface.co.",
    ]


@pytest.mark.parametrize("value", ["hub", "http://", "https://a b", "http://hub:99999"])
def test_an_address_that_is_none(collinear: Collinear, value: str) -> None:
    """A Hub that cannot be asked is noticed before anything is started."""
    told = collinear("up", HF_ENDPOINT=value)
    assert told.returncode == 2
    assert told.stderr == (
        f"collinear: HF_ENDPOINT is {value!r}: must be an address such as https://huggingface.co.\n"
    )


@pytest.mark.parametrize(
    "value",
    ["secret", "http://:secret@redis", "redis://:secret@h:99999", "redis://:secret@h:6379/main"],
)
def test_an_address_that_is_no_redis(collinear: Collinear, value: str) -> None:
    """The value may hold a password, and is not shown."""
    told = collinear("status", REDIS_URL=value)
    assert told.returncode == 2
    assert told.stderr == (
        "collinear: REDIS_URL is wrong: must be an address such as redis://127.0.0.1:6379/0.\n"
    )


def test_settings_that_do_not_fit_together(collinear: Collinear) -> None:
    """The line comes from the rule itself."""
    told = collinear("up", COLLINEAR_IMPACT_LIKES_MEDIUM="9", COLLINEAR_IMPACT_LIKES_HIGH="1")
    assert told.stderr == (
        "collinear: COLLINEAR_IMPACT_LIKES_MEDIUM must not be above its _HIGH.\n"
    )


def test_an_option_wins_over_a_wrong_variable(collinear: Collinear, tmp_path: Path) -> None:
    """Here the directory is the next thing in the way."""
    (tmp_path / "file").touch()
    told = collinear("up", "--port", "0", "--data-dir", "file", COLLINEAR_PORT="many")
    assert told.returncode == 1
    assert "cannot be used as data directory" in told.stderr


def test_a_traceback_for_those_who_ask(collinear: Collinear) -> None:
    """COLLINEAR_DEBUG=1 shows where."""
    assert "Traceback" in collinear("up", HF_ENDPOINT="hub", COLLINEAR_DEBUG="1").stderr


def test_up_on_a_taken_port(collinear: Collinear) -> None:
    """It is noticed before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        told = collinear("up", "--port", str(port))
    assert told.returncode == 1
    assert told.stderr == (
        f"collinear: Port {port} on 127.0.0.1 is taken by another program: "
        "choose another with --port (0: any free one).\n"
    )


def test_a_second_up_on_one_directory(collinear: Collinear, tmp_path: Path) -> None:
    """The first goes on; the second says so."""
    with hold(tmp_path / "data", "'collinear up'"):
        told = collinear("up", "--port", "0", "--data-dir", str(tmp_path / "data"))
    assert told.returncode == 1
    assert told.stderr.startswith("collinear: 'collinear up' (process ")
    assert "already runs on" in told.stderr


def test_up_with_a_redis_that_is_not_there(collinear: Collinear) -> None:
    """Said at once, and without its password."""
    told = collinear("up", "--port", "0", REDIS_URL="redis://:secret@127.0.0.1:1/0")
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert "REDIS_URL does not answer" in line
    assert "secret" not in line


def test_a_demo_does_not_touch_a_real_catalog(collinear: Collinear, tmp_path: Path) -> None:
    """A directory that `up` filled is not the demo's to wipe."""
    (tmp_path / "data" / "valkey").mkdir(parents=True)
    told = collinear("demo", "--port", "0", COLLINEAR_DATA_DIR=str(tmp_path / "data"))
    assert told.returncode == 1
    assert "holds a catalog that no demo made" in told.stderr
