"""The life of one run, as an operator and a front end see it."""

from collections.abc import Callable

import redis

from collinear.store.keys import Keys
from tests.agreement import assert_agreement, assert_at_rest, assert_snapshot
from tests.hubs import RunningHub
from tests.tour.conftest import LivingCatalog
from tests.waiting import wait_until


def test_the_first_load_tells_where_it_is(
    hub: RunningHub, open_catalog: Callable[[], LivingCatalog]
) -> None:
    """Warming up with progress, then warm; what is stored already can be browsed."""
    for number in range(30):
        hub.add(id=f"acme/set-{number:02d}")
    hub.fault("slow", times=1000, delay=0.3, match="cursor")
    catalog = open_catalog()

    part = wait_until(
        lambda: (s := catalog.status())["progress"] and s["progress"]["rows"] >= 3 and s,
        "the first page",
        within=30,
    )
    assert isinstance(part, dict)
    assert part["warming_up"]
    assert part["refreshing"]
    assert part["progress"]["kind"] == "full"
    assert 0 < len(catalog.ids()) < 30

    hub.clear_faults()
    wait_until(lambda: not catalog.status()["warming_up"], "the load to end", within=30)
    whole = catalog.status()
    assert (whole["total_items"], whole["refreshing"], whole["last_error"]) == (30, False, None)
    assert len(catalog.ids()) == 30


def test_a_refresh_touches_only_what_changed(
    hub: RunningHub, open_catalog: Callable[[], LivingCatalog], store: redis.Redis, keys: Keys
) -> None:
    """One request for each page of the listing, one change for each dataset that changed."""
    for number in range(7):
        hub.add(id=f"acme/set-{number}", likes=1)
    catalog = open_catalog()
    wait_until(lambda: catalog.status()["total_items"] == 7, "the first load", within=30)
    wait_until(lambda: not catalog.status()["refreshing"], "its end")
    hub.edit("acme/set-3", likes=2)

    summary = catalog.refresh()

    assert (summary["rows"], summary["updated"], summary["unchanged"]) == (7, 1, 6)
    assert catalog.get("acme/set-3").json()["likes"] == 2
    assert store.xlen(keys.changes) == 8
    wait_until(lambda: catalog.status()["progress"] is None, "quiet")
    assert_agreement(store, keys)
    assert_snapshot(store, keys)
    assert_at_rest(store, keys)
