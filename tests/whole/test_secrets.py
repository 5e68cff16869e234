"""Tokens and passwords are used, and shown nowhere: the real system, with every kind of trouble."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest
import redis
from pydantic import ValidationError

from collinear.settings import Settings
from tests.faults.valkey import OwnValkey, own_valkey
from tests.hubs import RunningHub
from tests.local.conftest import processes_of
from tests.local.running import COLLINEAR, environment_of, started
from tests.waiting import wait_until

HUB, ADMIN, REDIS = "hf_MARKERofTheHub0123", "MARKERofTheAdmin4567", "MARKERofRedis8901"
SECRETS = (HUB, ADMIN, REDIS)
REFRESH = "/api/datasets/refresh-cache"


class Seen:
    """Everything that anybody got to see, and where."""

    def __init__(self) -> None:
        self._texts: list[tuple[str, bytes]] = []

    def add(self, where: str, text: bytes | str) -> None:
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        self._texts.append((where, data))

    def answer(self, answer: httpx2.Response) -> httpx2.Response:
        self.add(str(answer.url), f"{answer.headers!r}".encode() + answer.content)
        return answer

    def leaks(self) -> list[tuple[str, str, bytes]]:
        """Each secret with where it stands, and what stands around it."""
        return [
            (secret, where, text[max(place - 80, 0) : place + 40])
            for where, text in self._texts
            for secret in SECRETS
            if (place := text.find(secret.encode())) >= 0
        ]


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[OwnValkey]:
    """A Valkey that asks for a password."""
    folder = tmp_path / "valkey"
    folder.mkdir()
    with own_valkey(folder) as server:
        with redis.Redis.from_url(server.url) as client:
            client.config_set("requirepass", REDIS)
        yield server


def test_no_secret_is_shown_anywhere(tmp_path: Path, hub: RunningHub, locked: OwnValkey) -> None:
    """
    Three secrets, a system that logs all it can, and trouble with the Hub, the callers and Redis.

    Neither logs, answers, the store, files, command lines nor what the commands print has any of
    the three.
    """
    seen = Seen()
    for name in ("a", "b", "c"):
        hub.add(id=f"org/{name}")
    url = f"redis://:{REDIS}@127.0.0.1:{locked.port}/0"
    told = {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": HUB,
        "COLLINEAR_ADMIN_TOKEN": ADMIN,
        "COLLINEAR_LOG_LEVEL": "DEBUG",
        "COLLINEAR_RATE_LIMIT": "1000",
        "REDIS_URL": url,
    }
    data = tmp_path / "data"
    with started(data, "up", "--port", "0", **told) as system:
        system.until("ready: 3 datasets")
        bearer = {"authorization": f"Bearer {ADMIN}"}
        with httpx2.Client(base_url=system.address, timeout=20, trust_env=False) as api:
            trouble_with_callers(api, seen, bearer)
            trouble_with_the_hub(api, seen, hub, bearer)
            for process in processes_of(data):
                seen.add(f"process {process.pid}", " ".join(process.cmdline()))
            seen.add("the supervisor", " ".join(psutil.Process(system.process.pid).cmdline()))
            with redis.Redis.from_url(url, protocol=2) as client:
                look_into(client, seen)
            commands(data, seen, told)
            trouble_with_redis(api, seen, locked, data / "logs")
        system.stop()
    seen.add("printed", "".join(system.lines))
    files = [path for path in data.rglob("*") if path.is_file()]
    assert {"api.log", "worker.log", "beat.log", "indexer.log"} <= {path.name for path in files}
    for path in files:
        seen.add(str(path), path.read_bytes())
    assert seen.leaks() == []


def trouble_with_callers(api: httpx2.Client, seen: Seen, bearer: dict[str, str]) -> None:
    for path in ("/livez", "/readyz", "/readyz?verbose", "/metrics", "/openapi.json", "/docs"):
        seen.answer(api.get(path, headers=bearer))
    for path in ("?limit=x", "/meta", "/cache-status", "/dead-letters", "/changes", "/none/none"):
        seen.answer(api.get(f"/api/datasets{path}", headers=bearer))
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {ADMIN}"}):
        assert seen.answer(api.post(REFRESH, headers=headers)).status_code == 401
    seen.answer(api.post(f"{REFRESH}?kind=none", headers=bearer))
    seen.answer(api.post(f"{REFRESH}?kind=full", headers=bearer | {"x-request-id": "of-the-test"}))


def trouble_with_the_hub(
    api: httpx2.Client, seen: Seen, hub: RunningHub, bearer: dict[str, str]
) -> None:
    for kind in ("500", "html", "truncated", "hang_up"):
        hub.fault(kind, times=2)
        for question in ("commits", "files", "file-url?filename=README.md"):
            seen.answer(api.get(f"/api/datasets/org/a/{question}", headers=bearer))
        hub.clear_faults()
    hub.fault("html")
    task = seen.answer(api.post(REFRESH, headers=bearer)).json()["task_id"]
    wait_until(
        lambda: seen.answer(api.get(f"{REFRESH}/{task}")).json()["state"] in ("SUCCESS", "FAILURE"),
        "the refresh to end",
        within=60,
    )


def trouble_with_redis(api: httpx2.Client, seen: Seen, server: OwnValkey, logs: Path) -> None:
    """It comes back with another password, which none of the parts knows."""
    server.end()
    seen.answer(api.get("/api/datasets?limit=7"))
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.config_set("requirepass", "another")
    for path in ("/api/datasets?limit=8", "/readyz", "/readyz?verbose", "/metrics"):
        seen.answer(api.get(path))
    worker = logs / "worker.log"
    wait_until(lambda: "password" in worker.read_text(), "the worker to find out", within=30)


def look_into(client: redis.Redis, seen: Seen) -> None:
    """Every key with what it holds, Celery's included."""
    read = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": client.xrange,
    }
    keys = list(client.scan_iter())
    assert len(keys) > 10
    for key in keys:
        if (held := read.get(client.type(key))) is not None:
            seen.add(key.decode(), repr(held(key)))


def commands(data: Path, seen: Seen, told: dict[str, str]) -> None:
    """Those that work, and those that run into something."""
    wrong = told["REDIS_URL"].replace("@", "x@")
    away = f"redis://:{REDIS}@127.0.0.1:1/0"
    nonsense = f"redis:/{REDIS}@nowhere"
    for arguments, changed in (
        (["verify"], {}),
        (["status"], {"REDIS_URL": wrong}),
        (["status"], {"REDIS_URL": away}),
        (["worker"], {"REDIS_URL": wrong}),
        (["status"], {"REDIS_URL": nonsense}),
        (["status"], {"COLLINEAR_BROKER_URL": nonsense, "COLLINEAR_PORT": "x"}),
        (["api"], {"COLLINEAR_ADMIN_TOKEN": f"{ADMIN} {ADMIN}"}),
        (["up"], {"HF_TOKEN": f"{HUB}\n", "COLLINEAR_RATE_LIMIT": "x"}),
    ):
        done = subprocess.run(
            [COLLINEAR, *arguments],
            env=environment_of(data, **{**told, **changed}),
            capture_output=True,
            timeout=60,
            check=False,
        )
        seen.add(f"collinear {' '.join(arguments)} {sorted(changed)}", done.stdout + done.stderr)


def test_no_secret_is_in_what_settings_say_of_themselves() -> None:
    """As text, in an error, as JSON."""
    settings = Settings(
        _env_file=None,
        hf_token=HUB,
        admin_token=ADMIN,
        redis_url=f"redis://:{REDIS}@127.0.0.1:1/0",
        broker_url=f"redis://:{REDIS}@127.0.0.1:1/1",
    )
    seen = Seen()
    seen.add("repr", repr(settings))
    seen.add("str", str(settings))
    for field, value in (("hf_token", f"{HUB} x"), ("admin_token", f"{ADMIN} x"), ("port", ADMIN)):
        with pytest.raises(ValidationError) as caught:
            Settings(_env_file=None, **{field: value})
        seen.add(field, f"{caught.value!s}{caught.value!r}")
    assert seen.leaks() == []
