"""The embedded server keeps the catalog on disk, and to itself."""

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import redis

from collinear.local import events
from collinear.local.orphans import stop_orphans
from collinear.local.valkey import EmbeddedValkey
from collinear.settings import Settings
from collinear.wiring.stores import address_file, open_store
from tests.local.conftest import Watched
from tests.waiting import wait_until

Supervise = Callable[..., Watched]


@contextmanager
def client_of(url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(url, protocol=2) as client:
        yield client


def test_it_is_durable_private_and_never_evicts(supervise: Supervise, tmp_path: Path) -> None:
    """AOF on, RDB off, no eviction, a password, and files that only their owner reads."""
    with EmbeddedValkey(tmp_path) as valkey:
        supervise(valkey.part()).until(events.PartUp)

        with client_of(valkey.url) as client:
            told = client.config_get(
                "appendonly", "appendfsync", "maxmemory-policy", "save", "bind"
            )
        assert told == {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
            "bind": "127.0.0.1",
        }
        stranger = valkey.url.partition("@")[2]
        with (
            client_of(f"redis://{stranger}") as client,
            pytest.raises(redis.exceptions.AuthenticationError),
        ):
            client.ping()
        for path in (address_file(tmp_path), tmp_path / "valkey" / "valkey.conf"):
            assert path.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "valkey").stat().st_mode & 0o777 == 0o700


def test_the_password_is_on_no_command_line(supervise: Supervise, tmp_path: Path) -> None:
    """Who lists the processes of the machine learns nothing."""
    with EmbeddedValkey(tmp_path) as valkey:
        supervise(valkey.part()).until(events.PartUp)
        password = valkey.url.partition(":@")[0].split(":")[2].partition("@")[0]
        (server,) = servers_of(tmp_path)

        assert len(password) > 30
        assert password not in " ".join(server.cmdline())


def test_other_commands_find_it_while_it_runs(supervise: Supervise, tmp_path: Path) -> None:
    """The address appears when it answers, and goes with it."""
    settings = Settings(_env_file=None, redis_url="", data_dir=tmp_path)
    with EmbeddedValkey(tmp_path) as valkey:
        assert not address_file(tmp_path).exists()
        system = supervise(valkey.part())
        system.until(events.PartUp)
        with open_store(settings) as client:
            assert client.ping()
        system.end()
    assert not address_file(tmp_path).exists()
    assert sorted(path.name for path in (tmp_path / "valkey").iterdir()) == ["appendonlydir"]


def test_data_survive_the_supervisor_and_the_server(supervise: Supervise, tmp_path: Path) -> None:
    """What was stored is there after kill -9 at the same address, and after a clean restart."""
    with EmbeddedValkey(tmp_path) as valkey:
        system = supervise(valkey.part())
        system.until(events.PartUp)
        with client_of(valkey.url) as client:
            client.set("dataset", "stored")
            (server,) = servers_of(tmp_path)
            server.kill()
            system.until(events.PartUp, times=2)
            assert client.get("dataset") == b"stored"
        system.end()
    with EmbeddedValkey(tmp_path) as valkey:
        supervise(valkey.part()).until(events.PartUp)
        with client_of(valkey.url) as client:
            assert client.get("dataset") == b"stored"


def test_a_log_that_was_cut_off_is_read_as_far_as_it_goes(
    supervise: Supervise, tmp_path: Path
) -> None:
    """A machine that lost power leaves half a command at the end of the file."""
    with EmbeddedValkey(tmp_path) as valkey:
        system = supervise(valkey.part())
        system.until(events.PartUp)
        with client_of(valkey.url) as client:
            client.set("first", "1")
            client.set("second", "2")
        system.end()
    (written,) = (tmp_path / "valkey" / "appendonlydir").glob("*.incr.aof")
    os.truncate(written, written.stat().st_size - 3)

    with EmbeddedValkey(tmp_path) as valkey:
        supervise(valkey.part()).until(events.PartUp)
        with client_of(valkey.url) as client:
            assert client.mget("first", "second") == [b"1", None]


def test_it_says_how_far_it_has_loaded(supervise: Supervise, tmp_path: Path) -> None:
    """A large catalog takes a while to read back; until then the server is only on its way."""
    with EmbeddedValkey(tmp_path) as valkey:
        system = supervise(valkey.part())
        system.until(events.PartUp)
        with client_of(valkey.url) as client:
            client.mset({f"key {number}": secrets.token_hex(99) for number in range(200)})
            client.bgrewriteaof()
            wait_until(lambda: rewritten(client), "the keys to be in the base file")
        system.end()
    with EmbeddedValkey(tmp_path) as valkey:
        configuration = tmp_path / "valkey" / "valkey.conf"
        slow = "key-load-delay 10000\nloading-process-events-interval-bytes 1024\n"
        configuration.write_text(configuration.read_text() + slow)

        system = supervise(valkey.part())

        wait_until(
            lambda: any(event.note for event in system.events_of(events.PartSlow)), "its progress"
        )
        notes = {event.note for event in system.events_of(events.PartSlow)} - {""}
        assert all(note.startswith("loading the catalog") for note in notes)
        assert not address_file(tmp_path).exists()
        system.until(events.PartUp)


def test_the_server_of_a_killed_supervisor_is_stopped(tmp_path: Path) -> None:
    """It would otherwise write to the same files as the next one."""
    with EmbeddedValkey(tmp_path) as valkey:
        part = valkey.part()
        with subprocess.Popen(part.command, cwd=part.cwd, stdout=subprocess.DEVNULL) as server:
            ready = part.ready
            assert ready is not None
            wait_until(lambda: ready().yes, "the server to answer")

            assert stop_orphans(tmp_path) == 1
            assert server.wait(10) == 0
    assert stop_orphans(tmp_path) == 0


def test_a_stale_address_is_taken_away(tmp_path: Path) -> None:
    """Nobody should look for a server where a killed supervisor had one."""
    address = address_file(tmp_path)
    address.parent.mkdir(parents=True)
    address.write_text(json.dumps({"url": "redis://127.0.0.1:1/0"}))
    with EmbeddedValkey(tmp_path):
        assert not address.exists()


def rewritten(client: redis.Redis) -> bool:
    told = client.info("persistence")
    return not told["aof_rewrite_in_progress"] and told["aof_base_size"] > 10_000


def servers_of(data_dir: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] == "valkey-server"
        and process.info["cwd"] == str(data_dir / "valkey")
    ]
