"""Whoever asks Redis hears of the catalog only, and does not wait for long."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from time import monotonic

from redis.exceptions import RedisError

from collinear.domain.errors import StoreUnavailable
from collinear.store.breaker import Refused
from collinear.store.trouble import NO_ANSWER_IN_TIME, in_words

Answering = Callable[[], AbstractAsyncContextManager[None]]

_PATIENCE = 1.4
"""Seconds that whoever asks waits for Redis, by all that is asked in a row."""

_AT_ONCE = 0.05
"""Seconds of each wait that do not count: who asks a lot, quickly, is not stopped for it."""

_waited: ContextVar[tuple[float, float]] = ContextVar("waited")
"""Of each task: how many seconds it has waited so far, and when that was counted."""


@asynccontextmanager
async def answering(*, unhurried: bool = False) -> AsyncIterator[None]:
    """
    Around what is asked of Redis.

    The waits of one task add up, so that a request that asks several times is answered in
    time also where Redis is slow each time; the time in which it asks nothing counts back.
    ``unhurried`` is for what nobody waits for, or what takes its time: a long read in pieces,
    a wait for news.

    Raises:
        StoreUnavailable: Redis does not answer, or refuses; the sentence says what to do.
    """
    began = monotonic()
    waited, counted = _waited.get((0.0, began))
    waited = max(waited - (began - counted), 0.0)
    try:
        async with asyncio.timeout(None if unhurried else _PATIENCE - waited):
            yield
    except Refused as error:
        raise StoreUnavailable(str(error), retry_after=error.retry_after) from error
    except TimeoutError as error:
        raise StoreUnavailable(NO_ANSWER_IN_TIME) from error
    except (RedisError, OSError) as error:
        raise StoreUnavailable(in_words(error)) from error
    finally:
        if not unhurried:
            ended = monotonic()
            _waited.set((waited + max(ended - began - _AT_ONCE, 0.0), ended))
