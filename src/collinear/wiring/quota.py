"""The Hub's quota as those see it who ask on behalf of people."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import TypeVar

import redis

from collinear.domain.errors import HubRateLimited, StoreUnavailable
from collinear.hub.ratelimit import RateLimit
from collinear.settings import Settings
from collinear.store.budget import Budget
from collinear.telemetry import get_logger
from collinear.wiring.stores import catalog_keys, open_prompt_store

log = get_logger(__name__)

T = TypeVar("T")

_PATIENCE = 0.3
"""Seconds that a question waits for Redis, before and after, until it does without."""
_UNNAMED_WAIT = 5.0
"""Seconds that nobody asks after the Hub said no and named no time."""


class PeoplesQuota:
    """
    The shared budget, from the first in line: people may use the whole window.

    It tells the budget what they used, so that synchronisation gives way.  Where Redis does not
    answer, the Hub is asked all the same: it knows its quota itself.
    """

    def __init__(self, open_budget: Callable[[], Budget]) -> None:
        self._open = open_budget
        self._opening = Lock()
        self._budget: Budget | None = None

    def before(self) -> None:
        """
        Come back if a question may be asked now.

        Raises:
            HubRateLimited: The Hub has said no, or its window is used up.
        """
        wait = self._with(Budget.ask, otherwise=0.0)
        if wait > 0:
            raise HubRateLimited(
                "The Hub's quota is used up, it is not asked before the window ends.",
                retry_after=math.ceil(wait),
            )

    def observe(self, limit: RateLimit) -> None:
        """Hear what an answer said of the quota."""
        self._with(lambda budget: budget.observe(**limit._asdict()), otherwise=None)

    def refused(self, wait: float | None) -> float:
        """Hear that the Hub said no, for so many seconds if it named any; how long it holds."""
        asked = max(wait or _UNNAMED_WAIT, 1.0)
        return math.ceil(self._with(lambda budget: budget.block(asked), otherwise=asked))

    def _with(self, act: Callable[[Budget], T], *, otherwise: T) -> T:
        try:
            with self._opening:
                self._budget = budget = self._budget or self._open()
            return act(budget)
        except (redis.RedisError, StoreUnavailable) as error:
            log.debug("budget_unknown", error=str(error))
            return otherwise


@contextmanager
def open_peoples_quota(settings: Settings) -> Iterator[PeoplesQuota]:
    """The quota; the embedded server may come, and write down its address, after us."""
    with ExitStack() as stack:

        def open_budget() -> Budget:
            client = stack.enter_context(open_prompt_store(settings, patience=_PATIENCE))
            return Budget(client, catalog_keys(settings), share=settings.sync_share)

        yield PeoplesQuota(open_budget)
