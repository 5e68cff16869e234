"""A worker and a scheduler on real messages, quick to see what is due or lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.hubs import RunningHub
from tests.parts import Start, starter
from tests.waiting import wait_until


@pytest.fixture
def start(settings: Settings, hub: RunningHub, tmp_path: Path) -> Iterator[Start]:
    with starter(
        settings,
        tmp_path,
        HF_ENDPOINT=hub.url,
        COLLINEAR_PAGE_SIZE="2",
        COLLINEAR_OVERSEE_SECONDS="0.5",
        COLLINEAR_LEASE_SECONDS="2",
    ) as start:
        yield start


@pytest.fixture
def loaded(store: redis.Redis, keys: Keys) -> Callable[[], None]:
    """Waits until the first load is complete."""

    def wait() -> None:
        wait_until(lambda: store.hget(keys.meta, "warmed") == b"true", "the first load", within=30)

    return wait
