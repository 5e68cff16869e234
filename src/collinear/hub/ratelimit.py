"""The Hub's rate limit, as its answers tell it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_STATE = re.compile(r'"\w+"\s*;\s*r\s*=\s*(\d{1,9})\s*;\s*t\s*=\s*(\d{1,9})(?![\d.])')
_POLICY = re.compile(r"\bq\s*=\s*(\d{1,9})(?!\d).*?\bw\s*=\s*(\d{1,9})(?!\d)")
_LONGEST_WINDOW = 3600
"""Seconds; a window that is said to be longer is not believed: it would be waited out."""


class RateLimit(NamedTuple):
    """One fixed window: requests left, seconds until it ends, its quota and its length in s."""

    remaining: int
    reset: int
    quota: int | None
    window: int | None


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """The state that an answer carries; None where it carries none that makes sense."""
    state = _STATE.search(headers.get("ratelimit", ""))
    if state is None:
        return None
    policy = _POLICY.search(headers.get("ratelimit-policy", ""))
    quota, window = (int(policy[1]), int(policy[2])) if policy else (0, 0)
    return RateLimit(
        remaining=int(state[1]),
        reset=int(state[2]),
        quota=quota if quota > 0 else None,
        window=window if 0 < window <= _LONGEST_WINDOW else None,
    )


def read_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a 429 or 503 asks to wait; None where it names none."""
    after = headers.get("retry-after", "").strip()
    if after.isascii() and after.isdecimal() and len(after) < 10:
        return float(after)
    if (until := _moment(after)) is not None:
        # by the clock that wrote it, where the answer tells that too
        now = _moment(headers.get("date", "")) or datetime.now(UTC)
        return max((until - now).total_seconds(), 0.0)
    limit = read_rate_limit(headers)
    # `t` is rounded up by the Hub, and waited out whole
    return float(limit.reset) if limit is not None and limit.remaining == 0 else None


def _moment(text: str) -> datetime | None:
    """An HTTP date; None for anything else."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
