"""One answer of the listing, however long it takes."""

import random
from collections.abc import Callable
from itertools import count
from threading import Event

from collinear.domain.errors import CursorRejected, HandedBack, HubError, HubRateLimited
from collinear.hub.listing import Cursor, ListingPage
from collinear.store.budget import Budget
from collinear.store.runs import Runs
from collinear.telemetry import get_logger

log = get_logger(__name__)

_TELL_AFTER = 3
"""Failures in a row after which the status tells of them."""
_LONGEST_PAUSE = 30.0


class Fetcher:
    """Asks within the budget, and asks again after a failure: the place is never lost."""

    def __init__(self, budget: Budget, runs: Runs, stopping: Event) -> None:
        self._budget = budget
        self._runs = runs
        self._stopping = stopping

    def fetch(
        self, page: Callable[[Cursor | None], ListingPage], cursor: Cursor | None
    ) -> ListingPage:
        """One answer of the listing, however long it takes: the place is never lost."""
        for failures in count():
            while (wait := self._budget.take()) > 0:
                self._pause(min(wait, _LONGEST_PAUSE))
            try:
                answer = page(cursor)
            except CursorRejected:
                raise
            except HubError as error:
                pause = _pause_after(error, failures)
                if isinstance(error, HubRateLimited):
                    self._budget.block(pause)
                log.warning("hub_failed", error=str(error), failures=failures + 1, pause=pause)
                if failures + 1 >= _TELL_AFTER:
                    self._runs.trouble(f"{error}  Still trying, every {pause:.0f} s now.")
                self._pause(pause)
            else:
                if failures >= _TELL_AFTER:
                    self._runs.trouble(None)
                return answer
        raise AssertionError("unreachable")

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise HandedBack("told to stop")


def _pause_after(error: HubError, failures: int) -> float:
    """Seconds to the next attempt: what the Hub asked for, else doubling from 1 s, with jitter."""
    if isinstance(error, HubRateLimited) and error.retry_after is not None:
        return error.retry_after
    return float(min(2**failures, _LONGEST_PAUSE)) * random.uniform(0.75, 1.25)
