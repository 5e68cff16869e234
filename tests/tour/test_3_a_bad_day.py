"""A bad day: the Hub stumbles, parts are killed, and the catalog is whole in the evening."""

from collections.abc import Callable

import redis

from collinear.store.keys import Keys
from tests.agreement import assert_agreement, assert_snapshot
from tests.hubs import RunningHub
from tests.tour.conftest import LivingCatalog
from tests.waiting import wait_until


def test_everything_is_killed_once_and_nothing_is_lost(
    hub: RunningHub, open_catalog: Callable[[], LivingCatalog], store: redis.Redis, keys: Keys
) -> None:
    """Worker, beat and indexer die by kill -9 in mid-load, while the Hub fails now and then."""
    ids = [f"acme/set-{number:02d}" for number in range(40)]
    for name in ids:
        hub.add(id=name, description=f"about {name[-2:]} things")
    hub.fault("slow", times=1000, delay=0.1, match="cursor")
    catalog = open_catalog()
    wait_until(lambda: catalog.status()["total_items"] >= 6, "some pages", within=30)

    hub.fault("504", times=2)
    for part in ("worker", "indexer", "beat"):
        catalog.kill(part)
    assert len(catalog.ids()) >= 6
    hub.fault("truncated", times=1)
    for part in ("beat", "worker", "indexer"):
        catalog.restart(part)

    wait_until(lambda: not catalog.status()["warming_up"], "the load to end", within=60)
    hub.clear_faults()
    assert catalog.ids() == ids
    wait_until(lambda: len(catalog.search("things", limit="100")) == 40, "the index", within=20)
    wait_until(lambda: catalog.status()["progress"] is None, "quiet")
    assert_agreement(store, keys)
    assert_snapshot(store, keys)


def test_a_search_while_the_api_was_away(
    hub: RunningHub, open_catalog: Callable[[], LivingCatalog]
) -> None:
    """A killed API comes back with the same answers: it keeps nothing of its own."""
    hub.add(id="acme/kept", description="kept words")
    catalog = open_catalog()
    wait_until(lambda: catalog.search("kept") == ["acme/kept"], "the row", within=30)
    before = catalog.get("acme/kept").content

    catalog.kill("api")
    catalog.restart("api")

    def answers() -> bytes | None:
        try:
            return catalog.get("acme/kept").content
        except Exception:
            return None

    after = wait_until(answers, "the API to come back", within=30)
    assert after is not None
    assert after[:200] == before[:200]
    assert catalog.search("kept") == ["acme/kept"]
