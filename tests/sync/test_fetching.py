"""One question, however long it takes: pauses, what is told, and when it is given up."""

from collections.abc import Callable, Iterator
from threading import Event

import httpx2
import pytest
import redis

from collinear.domain.errors import (
    CursorRejected,
    HandedBack,
    HubContractBroken,
    HubError,
    HubRateLimited,
    HubUnavailable,
)
from collinear.hub.listing import HubListing
from collinear.store.budget import Budget
from collinear.store.keys import Keys
from collinear.sync.fetching import Fetcher
from tests.hubs import RunningHub

DOWN = HubUnavailable("The Hub answered 504.")


class Hasty(Event):
    """Pauses take no time; they are written down instead."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is not None:
            self.pauses.append(timeout)
        return self.is_set()


@pytest.fixture
def hasty() -> Hasty:
    return Hasty()


@pytest.fixture
def budget(store: redis.Redis, keys: Keys) -> Budget:
    return Budget(store, keys, share=0.5)


@pytest.fixture
def fetcher(budget: Budget, hasty: Hasty) -> Fetcher:
    return Fetcher(budget, hasty)


def failing(*errors: HubError) -> Callable[[], str]:
    """A question that fails so often before it is answered."""
    coming: Iterator[HubError] = iter(errors)

    def ask() -> str:
        if error := next(coming, None):
            raise error
        return "rows"

    return ask


def test_pauses_double_from_a_second_to_half_a_minute(fetcher: Fetcher, hasty: Hasty) -> None:
    """With a little chance in them, so that not all workers come back at once."""
    assert fetcher.fetch(failing(*[DOWN] * 9)) == "rows"

    for pause, least in zip(hasty.pauses, [1, 2, 4, 8, 16, 30, 30, 30, 30], strict=True):
        assert least <= pause <= min(least * 1.25, 30)


def test_what_lasts_is_told_with_how_long_it_lasts(fetcher: Fetcher) -> None:
    """Silent at first, then a reason, after eight failures also what will become of it."""
    told: list[str | None] = []
    fetcher.fetch(failing(*[DOWN] * 9), tell=told.append)

    assert len(told) == 8
    assert str(told[0]).startswith("The Hub answered 504.  Trying again in ")
    assert told[5] == (
        "The Hub answered 504.  Failing for 0 seconds now, 8 times in a row: asked again every "
        "30 s, and going on by itself from the same place."
    )
    assert told[-1] is None


def test_a_hiccup_is_not_told(fetcher: Fetcher) -> None:
    told: list[str | None] = []
    fetcher.fetch(failing(DOWN, DOWN), tell=told.append)

    assert told == []


def test_what_an_operator_must_set_right_is_told_at_once(fetcher: Fetcher) -> None:
    """It is asked again all the same: what was set wrong may be set right elsewhere."""
    told: list[str | None] = []
    fetcher.fetch(failing(HubContractBroken("check HF_ENDPOINT.")), tell=told.append)

    assert [str(one).partition("  ")[0] for one in told] == ["check HF_ENDPOINT.", "None"]


def test_with_so_many_attempts_the_last_failure_is_raised(fetcher: Fetcher, hasty: Hasty) -> None:
    """For a question whose answer can be done without."""
    last = HubUnavailable("for the third time")

    assert fetcher.fetch(failing(DOWN, DOWN), attempts=3) == "rows"
    with pytest.raises(HubUnavailable, match="for the third time"):
        fetcher.fetch(failing(DOWN, DOWN, last), attempts=3)
    assert len(hasty.pauses) == 4


def test_a_cursor_that_is_rejected_is_not_asked_again(fetcher: Fetcher, hasty: Hasty) -> None:
    with pytest.raises(CursorRejected):
        fetcher.fetch(failing(CursorRejected("unknown")))
    assert hasty.pauses == []


def test_a_wait_that_the_hub_names_holds_for_all(
    fetcher: Fetcher, hasty: Hasty, budget: Budget
) -> None:
    fetcher.fetch(failing(HubRateLimited("patience", retry_after=42.5)))

    assert hasty.pauses == [42.5]
    assert 42 < budget.take() <= 42.5


def test_a_refusal_that_names_no_wait_doubles(fetcher: Fetcher, hasty: Hasty) -> None:
    """A second, two, four: also where the Hub names a wait of nothing."""
    fetcher.fetch(
        failing(
            HubRateLimited("patience"),
            HubRateLimited("patience", retry_after=0.0),
            HubRateLimited("patience"),
        )
    )

    assert [int(pause) for pause in hasty.pauses[:2]] == [1, 2]
    assert 4 <= hasty.pauses[2] <= 5


def test_an_absurd_wait_is_capped(fetcher: Fetcher, hasty: Hasty, budget: Budget) -> None:
    budget.observe(remaining=9, reset=5, quota=10, window=60)
    fetcher.fetch(failing(HubRateLimited("patience", retry_after=1e8)))

    assert hasty.pauses == [60]


def test_whoever_is_told_to_stop_stops_waiting(
    fetcher: Fetcher, hasty: Hasty, budget: Budget
) -> None:
    hasty.set()
    with pytest.raises(HandedBack):
        fetcher.fetch(failing(DOWN))
    budget.block(60)
    with pytest.raises(HandedBack):
        fetcher.wait_for_turn()


@pytest.mark.parametrize(
    ("kind", "retry_after", "least", "most"),
    [
        ("503", "seconds", 7, 7),
        ("429", "seconds", 7, 7),
        ("429", "date", 7, 9),  # two dates of whole seconds
        ("429", None, 7, 7),
        ("503", None, 1, 1.25),
    ],
)
def test_the_wait_is_read_from_whatever_names_it(
    kind: str,
    retry_after: str | None,
    least: float,
    most: float,
    hub: RunningHub,
    fetcher: Fetcher,
    hasty: Hasty,
) -> None:
    """Retry-After in both forms, the RateLimit of a 429, or nothing at all: then it doubles."""
    hub.fault(kind, delay=7, retry_after=retry_after)
    with httpx2.Client(base_url=hub.url, timeout=10, trust_env=False) as http:
        fetcher.fetch(HubListing(http, page_size=2, timeout=10).by_creation)

    [pause] = hasty.pauses
    assert least <= pause <= most
