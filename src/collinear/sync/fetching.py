"""One answer of the Hub, however long it takes."""

import random
from collections.abc import Callable
from itertools import count
from threading import Event
from time import monotonic
from typing import TypeVar

from collinear.domain.errors import (
    CursorRejected,
    HandedBack,
    HubContractBroken,
    HubError,
    HubRateLimited,
)
from collinear.store.budget import Budget
from collinear.telemetry import get_logger

log = get_logger(__name__)

Answer = TypeVar("Answer")
Tell = Callable[[str | None], None]
"""Hears of a trouble that lasts, in a sentence; and None when it is over."""

_TELL_AFTER = 3
"""Failures in a row after which the trouble is told."""
_SETTLE_AFTER = 8
"""Failures in a row after which nobody expects the next attempt to do better."""
_LONGEST_PAUSE = 30.0


class Fetcher:
    """Asks within the budget, and asks again after a failure: the place is never lost."""

    def __init__(self, budget: Budget, stopping: Event) -> None:
        self._budget = budget
        self._stopping = stopping

    def wait_for_turn(self) -> None:
        """
        Come back when one request may be sent; it is taken from the budget.

        Raises:
            HandedBack: The worker is told to stop while it waits.
        """
        while (wait := self._budget.take()) > 0:
            self._pause(min(wait, _LONGEST_PAUSE))

    def fetch(
        self,
        ask: Callable[[], Answer],
        *,
        tell: Tell = lambda message: None,
        attempts: int | None = None,
    ) -> Answer:
        """
        What ``ask`` returns, asked again until it does: with pauses that double up to 30 s.

        Args:
            ask: One question to the Hub, such as ``partial(listing.by_creation, cursor)``.
            tell: Hears why, when it takes longer, and None when that is over.
            attempts: After so many failures the last one is raised; None: never.

        Raises:
            CursorRejected: The cursor of the question is worth nothing any more.
            HandedBack: The worker is told to stop while it waits.
            HubError: The last of ``attempts`` failures.
        """
        began, told = monotonic(), False
        for failures in count(1):
            try:
                answer = ask()
            except CursorRejected:
                raise
            except HubError as error:
                pause = self._pause_after(error, failures)
                log.warning("hub_failed", error=str(error), failures=failures, pause=pause)
                if failures == attempts:
                    raise
                # what an operator must set right is told at once
                if failures >= _TELL_AFTER or isinstance(error, HubContractBroken):
                    told = True
                    tell(f"{error}  {_outlook(failures, monotonic() - began, pause)}")
                self._pause(pause)
            else:
                if told:
                    tell(None)
                return answer
        raise AssertionError("unreachable")

    def _pause_after(self, error: HubError, failures: int) -> float:
        """Seconds to the next attempt: what the Hub asked for, else doubling from 1 s."""
        pause = min(2.0 ** min(failures - 1, 10) * random.uniform(1, 1.25), _LONGEST_PAUSE)
        if isinstance(error, HubRateLimited):
            # it holds for all workers, and for no longer than the budget believes
            return self._budget.block(error.retry_after or pause)
        return pause

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise HandedBack("told to stop")


def _outlook(failures: int, seconds: float, pause: float) -> str:
    """What an operator can expect."""
    if failures < _SETTLE_AFTER:
        return f"Trying again in {pause:.0f} s."
    lasting = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
    return (
        f"Failing for {lasting} now, {failures} times in a row: asked again every "
        f"{pause:.0f} s, and going on by itself from the same place."
    )
