"""The store's own clock: the one clock that all workers share."""

import redis

from collinear.domain import moments


def now(client: redis.Redis) -> int:
    """The present moment, in milliseconds since 1970."""
    second, microsecond = client.time()
    return second * 1000 + microsecond // 1000


def now_as_text(client: redis.Redis) -> str:
    """The present moment as documents and records have it: ISO, UTC, milliseconds."""
    return moments.to_text(now(client))
