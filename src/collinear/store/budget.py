"""The Hub's rate limit, shared by all workers."""

from importlib.resources import files
from typing import NamedTuple, cast

import redis

from collinear.store.keys import Keys


class BudgetState(NamedTuple):
    """
    What is known of the Hub's quota: the newest window, which may be over by now.

    Moments are milliseconds since 1970.  None is what no answer has told, or nobody waits for.
    """

    quota: int | None
    window: int | None
    """Seconds."""
    remaining: int | None
    reset_at: int | None
    blocked_until: int | None
    waiting_until: int | None
    waiting_seconds: float
    """How much longer synchronisation waits; 0 while it may ask."""


_FIELDS = ("quota", "window", "remaining", "reset_at", "blocked_until", "waiting_until")


class Budget:
    """What is left of the Hub's quota, as the last answers to any process told it."""

    def __init__(self, client: redis.Redis, keys: Keys, *, share: float) -> None:
        """``share`` is the part of the quota that may be taken; the rest is for others."""
        self._client = client
        self._keys = [keys.budget]
        self._share = share
        self._script = client.register_script(
            files("collinear.store").joinpath("budget.lua").read_bytes()
        )

    def take(self) -> float:
        """Take one request: 0 if it may be sent now, else the seconds to wait before asking."""
        return cast(int, self._script(self._keys, ["take", self._share])) / 1000

    def ask(self) -> float:
        """
        As ``take``, for people: the whole quota is theirs, also what is kept from ``take``.

        Positive only while the Hub has said no, or the window is used up.
        """
        return cast(int, self._script(self._keys, ["ask"])) / 1000

    def observe(self, *, remaining: int, reset: int, quota: int | None, window: int | None) -> None:
        """Keep what an answer said: requests left, seconds to the reset, quota, window in s."""
        given = [remaining, reset, "" if quota is None else quota, "" if window is None else window]
        self._script(self._keys, ["observe", *given])

    def block(self, seconds: float) -> float:
        """
        Let nobody ask for so long: the Hub has said no.

        Returns the seconds that this holds: never longer than a window, 10 minutes where none is
        known.
        """
        return cast(int, self._script(self._keys, ["block", int(seconds * 1000)])) / 1000

    def state(self) -> BudgetState:
        """What is known now."""
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys[0], _FIELDS)
            pipe.time()
            stored, (second, microsecond) = pipe.execute()
        quota, window, remaining, reset_at, blocked_until, waiting_until = (
            None if value is None else int(value) for value in stored
        )
        waiting_ms = (waiting_until or 0) - second * 1000 - microsecond // 1000
        return BudgetState(
            quota=quota,
            window=window,
            remaining=remaining,
            reset_at=reset_at,
            blocked_until=blocked_until,
            waiting_until=waiting_until,
            waiting_seconds=max(waiting_ms, 0) / 1000,
        )
