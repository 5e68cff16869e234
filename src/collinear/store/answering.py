"""Whoever asks Redis hears of the catalog only, and does not wait for long."""

from asyncio import timeout
from contextvars import ContextVar
from time import monotonic
from types import TracebackType

from redis.exceptions import RedisError

from collinear.domain.errors import StoreUnavailable
from collinear.store.breaker import Refused
from collinear.store.trouble import NO_ANSWER_IN_TIME, in_words

_PATIENCE = 1.4
"""Seconds that whoever asks waits for Redis, by all that is asked in a row."""

_AT_ONCE = 0.05
"""Seconds of each wait that do not count: who asks a lot, quickly, is not stopped for it."""

_Waited = tuple[float, float]
"""How many seconds, and when that was counted."""

_waited: ContextVar[_Waited | None] = ContextVar("waited")
"""Of each task; None where nobody waits for it."""


def nobody_waits() -> None:
    """
    From here on this task takes its time: it asks for several, or sends what has begun.

    Each of its questions is still given up after a while.
    """
    _waited.set(None)


class answering:  # noqa: N801  # reads as a statement
    """
    ``async with answering():`` stands around what is asked of Redis.

    The waits of one task add up, so that a request that asks several times is answered in
    time also where Redis is slow each time; the time in which it asks nothing counts back.
    ``unhurried`` is for what nobody waits for, or what takes its time: a long read in pieces,
    a wait for news.

    Raises:
        StoreUnavailable: Redis does not answer, or refuses; the sentence says what to do.
    """

    __slots__ = ("_began", "_timeout", "_unhurried", "_waited")

    def __init__(self, *, unhurried: bool = False) -> None:
        self._unhurried = unhurried

    async def __aenter__(self) -> None:
        self._began = began = monotonic()
        so_far = None if self._unhurried else _waited.get((0.0, began))
        if so_far is None:
            self._waited = left = None
        else:
            seconds, counted = so_far
            self._waited = max(seconds - (began - counted), 0.0)
            left = _PATIENCE - self._waited
        self._timeout = timeout(left)
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._waited is not None:
            ended = monotonic()
            _waited.set((self._waited + max(ended - self._began - _AT_ONCE, 0.0), ended))
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError as late:
            raise StoreUnavailable(NO_ANSWER_IN_TIME) from late
        if isinstance(error, Refused):
            raise StoreUnavailable(str(error), retry_after=error.retry_after) from error
        if isinstance(error, RedisError | OSError):
            raise StoreUnavailable(in_words(error)) from error
