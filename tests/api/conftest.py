"""
A catalog, and an API that serves it.

Starting an API takes longer than most tests: one per test process serves them all.  Each test
has the catalog and the index to itself, and leaves nothing of them.
"""

import shutil
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.api.serving import running_api
from tests.hubs import RunningHub
from tests.store.stock import Stock


@pytest.fixture(scope="session")
def api_settings(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        _env_file=None,
        redis_url=redis_url,
        key_prefix=f"{{test:{uuid4().hex}}}",
        data_dir=tmp_path_factory.mktemp("api"),
    )


@pytest.fixture(scope="session")
def lasting_api(api_settings: Settings) -> Iterator[httpx2.Client]:
    with running_api(api_settings) as client:
        yield client


@pytest.fixture
def keys(api_settings: Settings) -> Keys:
    """The keys of the API's own prefix."""
    return Keys(api_settings.key_prefix)


@pytest.fixture
def settings(api_settings: Settings) -> Iterator[Settings]:
    """What the API serves with; the index is gone afterwards."""
    yield api_settings
    shutil.rmtree(api_settings.index_dir, ignore_errors=True)


@pytest.fixture
def stock(store: redis.Redis, keys: Keys) -> Stock:
    return Stock(store, keys)


@pytest.fixture
def api(lasting_api: httpx2.Client, settings: Settings, store: redis.Redis) -> httpx2.Client:
    """A client of the API, over a catalog that is empty."""
    assert store.keys(settings.key_prefix.replace("{", "[{]") + "*") == []
    return lasting_api


@pytest.fixture
def fresh_api(settings: Settings) -> Iterator[httpx2.Client]:
    """An API that has never seen an index: one that has keeps what it saw."""
    with running_api(settings) as client:
        yield client


@pytest.fixture
def api_with_hub(settings: Settings, hub: RunningHub) -> Iterator[httpx2.Client]:
    """An API that asks the test's own Hub."""
    changed = settings.model_copy(update={"hf_endpoint": hub.url, "hub_timeout": 2.0})
    with running_api(changed) as client:
        yield client
