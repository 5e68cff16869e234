"""The one place where settings become living objects, and where they are closed again."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import redis
import redis.asyncio

from collinear.domain.errors import StoreUnavailable
from collinear.settings import Settings
from collinear.store.keys import Keys


def address_file(data_dir: Path) -> Path:
    """Where the embedded server writes down how to reach it: ``{"url": "redis://..."}``."""
    return data_dir / "valkey" / "address.json"


def find_store_url(settings: Settings) -> str:
    """
    The Redis of the system: ``REDIS_URL``, else the embedded server of the data directory.

    Raises:
        StoreUnavailable: Neither is set and no embedded server has run here.
    """
    if settings.redis_url:
        return settings.redis_url
    for data_dir in (settings.data_dir, settings.data_dir / "demo"):
        try:
            return str(json.loads(address_file(data_dir).read_text())["url"])
        except FileNotFoundError:
            continue
    raise StoreUnavailable(
        f"No system is running in {settings.data_dir}: start one with 'collinear up' "
        "(or 'collinear demo'), or set REDIS_URL or COLLINEAR_DATA_DIR."
    )


@contextmanager
def open_store(settings: Settings) -> Iterator[redis.Redis]:
    """A client for what the worker and the indexer do."""
    with redis.Redis.from_url(
        find_store_url(settings), protocol=2, decode_responses=False, health_check_interval=30
    ) as client:
        yield client


@asynccontextmanager
async def open_async_store(settings: Settings) -> AsyncIterator[redis.asyncio.Redis]:
    """A client for what the API does."""
    async with redis.asyncio.Redis.from_url(
        find_store_url(settings), protocol=2, decode_responses=False, health_check_interval=30
    ) as client:
        yield client


def keys(settings: Settings) -> Keys:
    """The names of all keys."""
    return Keys(settings.key_prefix)
