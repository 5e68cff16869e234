"""A catalog that a real run has loaded from a Hub, with an index beside it, and a look at it."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind
from collinear.sync.walk import Sync
from collinear.verify.report import Example
from collinear.wiring.synchronisation import open_sync
from tests.agreement import disagreements, verified
from tests.hubs import RunningHub
from tests.store.stock import Stock
from tests.sync.conftest import Walker

Found = dict[str, list[Example]]
Look = Callable[[], Found]
NAMES = [f"{owner}/set-{number}" for owner in ("acme", "Beta") for number in range(3)]


@pytest.fixture
def sync(settings: Settings, hub: RunningHub) -> Iterator[Sync]:
    known = settings.model_copy(update={"hf_endpoint": hub.url, "page_size": 2})
    with open_sync(known, Event()) as sync:
        yield sync


@pytest.fixture
def walker(sync: Sync) -> Walker:
    return Walker(sync)


@pytest.fixture
def catalog(hub: RunningHub, walker: Walker) -> Walker:
    """Six datasets with a history: a rename, a departure, a change since the snapshot."""
    for place, name in enumerate(NAMES):
        hub.add(id=name, downloads=place * 20_000, mainSize=10, description="naïve 数据")
    hub.add(id="acme/leaves")
    hub.add(id="Acme/Old")
    walker.run()
    hub.rename("Acme/Old", "acme/new")
    hub.delete("acme/leaves")
    walker.run()
    hub.edit("acme/set-1", commit=True, downloads=123_456)
    walker.run(Kind.DELTA)
    return walker


@pytest.fixture
def look(store: redis.Redis, keys: Keys, settings: Settings, catalog: Walker) -> Look:
    """What is found wrong with the catalog and its index, by check."""
    stock = Stock.__new__(Stock)
    stock.client, stock.keys = store, keys
    stock.index(settings.index_dir)
    return lambda: disagreements(verified(store, keys, index_dir=settings.index_dir, patience=0))
