"""The Hub's rate limit, shared by all workers."""

from importlib.resources import files
from typing import cast

import redis

from collinear.store.keys import Keys


class Budget:
    """What is left of the Hub's quota, as the last answers to any process told it."""

    def __init__(self, client: redis.Redis, keys: Keys, *, share: float) -> None:
        self._keys = [keys.budget]
        self._share = share
        self._script = client.register_script(
            files("collinear.store").joinpath("budget.lua").read_bytes()
        )

    def take(self) -> float:
        """Take one request: 0 if it may be sent now, else the seconds to wait before asking."""
        return cast(int, self._script(self._keys, ["take", self._share])) / 1000

    def observe(self, *, remaining: int, reset: int, quota: int | None, window: int | None) -> None:
        """Keep what an answer said: requests left, seconds to the reset, quota, window in s."""
        given = [remaining, reset, "" if quota is None else quota, "" if window is None else window]
        self._script(self._keys, ["observe", *given])

    def block(self, seconds: float) -> float:
        """Let nobody ask for so long: the Hub has said no.  Returns the seconds that it is."""
        return cast(int, self._script(self._keys, ["block", int(seconds * 1000)])) / 1000
