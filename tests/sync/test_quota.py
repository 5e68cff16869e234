"""The Hub's real quotas, scaled down to seconds: a whole pass in time, and never a 429."""

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import httpx2
import pytest
import redis

from collinear.hub.listing import Cursor, HubListing
from collinear.hub.ratelimit import RateLimit
from collinear.store.budget import Budget
from collinear.store.keys import Keys
from collinear.sync.fetching import Fetcher
from tests.hubs import RunningHub, running_hub
from tests.waiting import wait_until

WINDOW = 4
SHARE = 0.5
DATASETS = "/api/datasets?limit=1"


class Party(NamedTuple):
    """What a worker asks the Hub with, and what the Hub said was left after each answer."""

    listing: HubListing
    fetcher: Fetcher
    budget: Budget
    left: list[int]


@contextmanager
def synchronising(hub: RunningHub, store: redis.Redis, keys: Keys) -> Iterator[Party]:
    """As the worker wires it, with pages of one row."""
    budget, left = Budget(store, keys, share=SHARE), []
    fetcher = Fetcher(budget, threading.Event())

    def observe(limit: RateLimit) -> None:
        left.append(limit.remaining)
        budget.observe(**limit._asdict())

    with httpx2.Client(base_url=hub.url, timeout=10, trust_env=False) as http:
        listing = HubListing(
            http, page_size=1, timeout=10, before=fetcher.wait_for_turn, observe=observe
        )
        yield Party(listing, fetcher, budget, left)


def page_map(hub: RunningHub) -> list[Cursor | None]:
    """The cursor of every page, found by a caller with a quota of its own."""
    token = {"authorization": "Bearer hf_cartographer"}
    cursors: list[Cursor | None] = [None]
    with httpx2.Client(base_url=hub.url, timeout=10, trust_env=False, headers=token) as http:
        listing = HubListing(http, page_size=1, timeout=10)
        while (cursor := listing.by_creation(cursors[-1]).next) is not None:
            cursors.append(cursor)
    return cursors


def walk(party: Party) -> list[str]:
    """A full pass: each page is asked for with the cursor of the one before."""
    page = party.fetcher.fetch(party.listing.by_creation)
    rows = page.rows
    while page.next is not None:
        page = party.fetcher.fetch(partial(party.listing.by_creation, page.next))
        rows += page.rows
    return [row["id"] for row in rows]


def walk_at_once(party: Party, cursors: Sequence[Cursor | None], *, threads: int = 4) -> list[str]:
    """A page-wise pass: all pages are known, and dispatched to several threads."""
    waiting: queue.SimpleQueue[Cursor | None] = queue.SimpleQueue()
    for cursor in cursors:
        waiting.put(cursor)
    found: list[str] = []

    def work() -> None:
        while True:
            try:
                cursor = waiting.get_nowait()
            except queue.Empty:
                return
            page = party.fetcher.fetch(partial(party.listing.by_creation, cursor))
            found.extend(row["id"] for row in page.rows)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sorted(found)


def least(requests: int, quota: int) -> float:
    """Seconds that so many requests take at least: windows that must pass before the last."""
    return (requests - 1) // int(quota * SHARE) * WINDOW


@pytest.mark.parametrize(
    ("quota", "pages", "at_once"),
    [(20, 39, False), (40, 79, True)],
    ids=["anonymous, a full pass", "free, a page-wise pass"],
)
def test_a_pass_takes_its_share_and_no_longer(
    quota: int, pages: int, at_once: bool, store: redis.Redis, keys: Keys
) -> None:
    """One request a page and one probe; three windows pass, and the rest takes no time."""
    ids = [f"acme/set-{n:03d}" for n in range(pages)]
    with (
        running_hub([{"id": name} for name in ids]) as hub,
        synchronising(hub, store, keys) as party,
    ):
        cursors = page_map(hub)
        hub.clear_requests()
        hub.quota(quota, WINDOW)
        began = time.monotonic()
        found = walk_at_once(party, cursors) if at_once else walk(party)
        took = time.monotonic() - began
        statuses = hub.stats()["by_status"]

    assert found == ids
    assert statuses == {"400": 1, "200": pages}  # the probe, and a request for each page
    assert min(party.left) >= quota * (1 - SHARE)
    shortest = least(pages + 1, quota)
    assert shortest == 3 * WINDOW
    assert shortest <= took + 0.1
    assert took <= 1.2 * shortest, f"{took:.1f} s instead of {shortest} s"


def test_what_people_ask_for_goes_through(store: redis.Redis, keys: Keys) -> None:
    """
    Whenever synchronisation has taken its share, people take all that is left of the window.

    Nobody is ever refused, and the pass takes no longer for it.
    """
    quota, pages = 20, 29
    ids = [f"acme/set-{n:03d}" for n in range(pages)]
    with (
        running_hub([{"id": name} for name in ids]) as hub,
        synchronising(hub, store, keys) as party,
    ):
        cursors = page_map(hub)
        hub.clear_requests()
        hub.quota(quota, WINDOW)
        found: list[str] = []
        began = time.monotonic()
        worker = threading.Thread(target=lambda: found.extend(walk_at_once(party, cursors)))
        worker.start()
        told = []
        ended: set[int | None] = {None}
        for _ in range(2):
            state = wait_until(
                lambda: (
                    (state := party.budget.state()).waiting_seconds > 0
                    and state.waiting_until not in ended
                    and state
                ),
                "synchronisation to wait",
            )
            assert state
            ended.add(state.waiting_until)
            told += [hub.get(DATASETS).status_code for _ in range(int(quota * (1 - SHARE)))]
        worker.join()
        took = time.monotonic() - began
        statuses = hub.stats()["by_status"]

    assert found == ids
    assert told == [200] * quota
    assert "429" not in statuses
    assert took <= 1.2 * least(pages + 1, quota)


def test_a_quota_that_nobody_tells_costs_one_refusal_a_thread(
    store: redis.Redis, keys: Keys
) -> None:
    """Without headers the 429 is the only word: all workers wait, and the pass still ends."""
    ids = [f"acme/set-{n:03d}" for n in range(10)]
    with (
        running_hub([{"id": name} for name in ids]) as hub,
        synchronising(hub, store, keys) as party,
    ):
        cursors = page_map(hub)
        hub.clear_requests()
        hub.quota(8, 3, told=False)
        found = walk_at_once(party, cursors, threads=2)
        statuses = hub.stats()["by_status"]

    assert found == ids
    assert party.left == []
    # waits of 1, 2 and 4 seconds, each begun by no more than what was under way
    assert 1 <= statuses.pop("429") <= 6
    assert statuses == {"400": 1, "200": 10}
