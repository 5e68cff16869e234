"""Requests per window: three buckets, each counted by address or token, in fixed windows."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from collinear.sandbox.answers import Headers

UNLIMITED = 10_000_000
"""The quota where none is asked for: there, but never in the way."""

_SHARES = {"api": (1, 1), "resolvers": (6, 1), "pages": (1, 5)}
"""How the other buckets relate to `api` on the Hub: 500, 3,000 and 100 for nobody in particular."""


def bucket_of(path: str) -> str:
    """Which quota a path is counted against."""
    if path.startswith("/api/"):
        return "api"
    return "resolvers" if "/resolve/" in path else "pages"


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left after a request, and for how many seconds (rounded up)."""

    bucket: str
    quota: int
    window: int
    left: int
    resets: int
    allowed: bool

    def headers(self) -> Headers:
        """The two headers that tell the client."""
        return (
            ("RateLimit", f'"{self.bucket}";r={self.left};t={self.resets}'),
            ("RateLimit-Policy", f'"fixed window";"{self.bucket}";q={self.quota};w={self.window}'),
        )


@dataclass
class Quota:
    """How many requests anyone may make in a window of so many seconds."""

    api: int = UNLIMITED
    window: int = 300
    headers_on_429: bool = True
    """The Hub's edge has been seen to leave them out."""
    told: bool = True
    """A mirror may count without telling anybody."""
    clock: Callable[[], float] = time.monotonic
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def of(self, bucket: str) -> int:
        """The quota of one bucket."""
        times, parts = _SHARES[bucket]
        return max(1, self.api * times // parts)

    def change(self, *, api: int, window: int) -> None:
        """Another quota from now on; every window starts anew."""
        self.api, self.window = api, window
        self._windows.clear()

    def spend(self, caller: str, bucket: str) -> Standing:
        """Count one request; redirects and errors cost as much as answers."""
        now, quota = self.clock(), self.of(bucket)
        window = self._windows.get((caller, bucket))
        if window is None or now >= window.ends:
            window = self._windows[caller, bucket] = _Window(now + self.window)
        allowed = window.used < quota
        if allowed:
            window.used += 1
        resets = max(1, math.ceil(window.ends - now))
        return Standing(bucket, quota, self.window, quota - window.used, resets, allowed)
