"""How often each client has asked, as all processes count it."""

from importlib.resources import files
from typing import NamedTuple

import redis.asyncio

from collinear.store.keys import Keys

WINDOW = 60
"""Seconds in which requests are counted together."""


class Count(NamedTuple):
    """A client's requests in the window that goes on."""

    requests: int
    """With the one that was just counted."""
    left: float
    """Seconds until the window ends."""


class Rates:
    """One number for each client that has asked within a window; it goes by itself."""

    def __init__(self, client: redis.asyncio.Redis, keys: Keys) -> None:
        self._keys = keys
        self._script = client.register_script(
            files("collinear.store").joinpath("rate.lua").read_bytes()
        )

    async def count(self, client: str) -> Count:
        """Count one more request of this client: one call to Redis."""
        requests, left = await self._script([self._keys.rate(client)], [WINDOW * 1000])
        return Count(requests, left / 1000)
