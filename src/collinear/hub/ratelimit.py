"""The Hub's rate limit, as its answers tell it."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_STATE = re.compile(r'"\w+"\s*;\s*r\s*=\s*(\d+)\s*;\s*t\s*=\s*(\d+)')
_POLICY = re.compile(r"\bq\s*=\s*(\d+).*?\bw\s*=\s*(\d+)")


class RateLimit(NamedTuple):
    """One fixed window: requests left, seconds until it ends, its quota and its length in s."""

    remaining: int
    reset: int
    quota: int | None
    window: int | None


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """The state that an answer carries; None where it carries none."""
    state = _STATE.search(headers.get("ratelimit", ""))
    if state is None:
        return None
    policy = _POLICY.search(headers.get("ratelimit-policy", ""))
    return RateLimit(
        remaining=int(state[1]),
        reset=int(state[2]),
        quota=int(policy[1]) if policy else None,
        window=int(policy[2]) if policy else None,
    )


def read_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a 429 or 503 asks to wait; None where it names none."""
    after = headers.get("retry-after", "").strip()
    if after.isdecimal():
        return float(after)
    limit = read_rate_limit(headers)
    # `t` is rounded up by the Hub, and waited out whole
    return float(limit.reset) if limit is not None and limit.remaining == 0 else None
