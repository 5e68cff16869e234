"""A catalog, and an API that serves it."""

from collections.abc import Iterator

import httpx2
import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.api.serving import running_api
from tests.hubs import RunningHub
from tests.store.stock import Stock


@pytest.fixture
def stock(store: redis.Redis, keys: Keys) -> Stock:
    return Stock(store, keys)


@pytest.fixture
def api(settings: Settings) -> Iterator[httpx2.Client]:
    with running_api(settings) as client:
        yield client


@pytest.fixture(scope="session")
def empty_api(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """An API over an empty catalog, for tests of what needs none."""
    settings = Settings(
        _env_file=None,
        redis_url=redis_url,
        key_prefix="{test:nothing}",
        data_dir=tmp_path_factory.mktemp("nothing"),
    )
    with running_api(settings) as client:
        yield client


@pytest.fixture
def api_with_hub(settings: Settings, hub: RunningHub) -> Iterator[httpx2.Client]:
    """An API that asks the test's own Hub."""
    changed = settings.model_copy(update={"hf_endpoint": hub.url, "hub_timeout": 2.0})
    with running_api(changed) as client:
        yield client
