"""A server that does not answer is left alone by all but one, who finds out if it is back."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import redis

from collinear.store.trouble import TroubleLog, in_words

_FAILURES = 3
"""In a row: one or two are a restart, which the next attempt on a new connection survives."""

_PAUSE = 0.75
"""Seconds from a failure to the next attempt, at the most; half of it at the least."""

_PATIENT = (2.0, 30.0)
"""The least and the most seconds after which somebody who was refused should come again."""


class Refused(redis.RedisError):
    """Redis was not asked: it did not answer the last ones who tried."""

    def __init__(self, sentence: str, *, retry_after: float) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        """Seconds after which it makes sense to try again."""


class Breaker:
    """
    What everybody who asks one server knows of the others' luck.

    After some failures in a row nobody waits for the server any more, and nobody opens a
    connection to it, but one at a time who tries.  With the first answer all are let through
    again.  Only a server that cannot be reached, or that lets nobody do anything (it loads its
    data, has too many clients, wants another password) is a failure: one that answers with an
    error about what it was asked is in order.
    """

    def __init__(self, *, failures: int = _FAILURES, pause: float = _PAUSE) -> None:
        self._failures = failures
        self._pause = pause
        self._in_a_row = 0
        self._succeeded_at = 0.0
        self._began = 0.0
        self._next = 0.0
        self._trying = False
        self._sentence = ""
        self._log = TroubleLog()

    def check(self) -> bool:
        """
        Whether an attempt that begins now is the one that finds out.

        Raises:
            Refused: There is trouble, and it is not the time, or another attempt goes on.
        """
        if self._in_a_row < self._failures:
            return False
        now = monotonic()
        if self._trying or now < self._next:
            raise Refused(self._sentence, retry_after=self._retry_after(now))
        return True

    @contextmanager
    def attempt(self) -> Iterator[bool]:
        """Around one attempt, whose outcome counts; gives and raises as ``check``."""
        alone = self.check()
        if alone:
            self._trying = True
        began = monotonic()
        try:
            yield alone
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            # who began before the last answer came tells of an earlier trouble
            if began >= self._succeeded_at:
                self._fail(error)
            raise
        except redis.ResponseError:
            self._succeed()
            raise
        else:
            self._succeed()
        finally:
            if alone:
                self._trying = False

    def _fail(self, error: Exception) -> None:
        now = monotonic()
        self._in_a_row += 1
        if self._in_a_row == 1:
            self._began = now
        if self._in_a_row < self._failures:
            return
        # Several processes that were refused together do not come back together
        self._next = now + self._pause * random.uniform(0.5, 1)
        self._sentence = in_words(error)
        self._log.tell(error)

    def _succeed(self) -> None:
        self._succeeded_at = monotonic()
        if self._in_a_row:
            self._in_a_row = 0
            self._log.over()

    def _retry_after(self, now: float) -> float:
        """A trouble that has lasted so long will most likely last as long again."""
        least, most = _PATIENT
        return min(max(now - self._began, least), most)
