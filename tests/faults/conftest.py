"""Real processes in real trouble; leases are short, so that what was lost is found in seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery import Celery

from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.runs import Runs
from collinear.wiring.queue import create_celery
from tests.faults.scene import QUICK, Scene
from tests.faults.valkey import OwnValkey, own_valkey
from tests.hubs import RunningHub
from tests.parts import Start, starter


@pytest.fixture
def start(settings: Settings, hub: RunningHub, tmp_path: Path) -> Iterator[Start]:
    with starter(settings, tmp_path, HF_ENDPOINT=hub.url, **QUICK) as start:
        yield start


@pytest.fixture
def celery(settings: Settings) -> Celery:
    return create_celery(settings)


@pytest.fixture
def scene(
    settings: Settings, hub: RunningHub, start: Start, store: redis.Redis, keys: Keys
) -> Scene:
    """A Hub, a store that other tests share, and processes to start."""
    return Scene(settings, hub, start, store, keys)


@pytest.fixture
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnValkey]:
    with own_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def own_scene(
    valkey: OwnValkey, settings: Settings, hub: RunningHub, tmp_path: Path, keys: Keys
) -> Iterator[Scene]:
    """The same with a server that the test may break."""
    settings = settings.model_copy(update={"redis_url": valkey.url})
    with (
        redis.Redis.from_url(valkey.url, protocol=2) as client,
        starter(settings, tmp_path, HF_ENDPOINT=hub.url, **QUICK) as start,
    ):
        yield Scene(settings, hub, start, client, keys)


@pytest.fixture
def runs(store: redis.Redis, keys: Keys) -> Runs:
    return Runs(store, keys, lease_seconds=1)
