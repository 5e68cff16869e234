"""Redis, found and opened, as each kind of process needs it."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from collinear.domain.errors import StoreUnavailable, WrongStore
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.prompt import PromptRedis
from collinear.store.trouble import HOPELESS, explain
from collinear.telemetry import get_logger

log = get_logger(__name__)

_CONNECTIONS = 64
"""To Redis from one process of the API: who finds none free waits for one."""


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


def catalog_keys(settings: Settings) -> Keys:
    """The names of all keys."""
    return Keys(settings.key_prefix)


@contextmanager
def open_store(settings: Settings, *, patience: float = 30) -> Iterator[redis.Redis]:
    """
    A client for what is not the API; it gives up on a silent Redis after so many seconds.

    One that has become a replica is left for whoever has its address now.
    """
    with redis.Redis.from_url(
        find_store_url(settings),
        protocol=2,
        decode_responses=False,
        health_check_interval=30,
        socket_timeout=patience,
        socket_connect_timeout=min(patience, 5),
        retry_on_error=[redis.exceptions.ReadOnlyError],
    ) as client:
        yield client


@contextmanager
def open_prompt_store(settings: Settings, *, patience: float = 1) -> Iterator[redis.Redis]:
    """The same for the threads of those who are waited for: it tries once more at the most."""
    tried_again = (redis.ConnectionError, redis.exceptions.ReadOnlyError)
    with open_store(settings, patience=patience) as client:
        client.set_retry(Retry(NoBackoff(), 1, supported_errors=tried_again))
        yield client


@asynccontextmanager
async def open_async_store(settings: Settings) -> AsyncIterator[PromptRedis]:
    """
    A client for those who are waited for: it gives up soon, and opens no storm of connections.

    It connects when it is first asked: Redis, and the address of an embedded one, may come later.
    """
    options: dict[str, Any] = {
        "protocol": 2,
        "decode_responses": False,
        "max_connections": _CONNECTIONS,
        # how long is waited, for an answer or for a free connection, is the client's own affair
        "socket_timeout": None,
        "timeout": None,
        # A kept connection dies with its server: one more try finds the new one, or nobody
        "retry": AsyncRetry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    }
    pool = (
        redis.asyncio.BlockingConnectionPool.from_url(settings.redis_url, **options)
        if settings.redis_url
        else redis.asyncio.BlockingConnectionPool(
            connection_class=_ConnectionToEmbedded, settings=settings, **options
        )
    )
    async with PromptRedis(pool) as client:
        yield client


class _ConnectionToEmbedded(redis.asyncio.Connection):
    """Looks where the embedded server is whenever it connects: each start has another address."""

    def __init__(self, *, settings: Settings, **options: Any) -> None:
        super().__init__(**options)
        self._settings = settings

    async def _connect(self) -> None:
        for name, value in parse_url(find_store_url(self._settings)).items():
            setattr(self, name, value)
        await super()._connect()  # type: ignore[no-untyped-call]


def wait_for_store(settings: Settings, stopping: Event) -> bool:
    """
    Wait until Redis answers, also while it loads its data; False: told to stop before.

    Raises:
        WrongStore: It does not let us in, or is no Redis: waiting would not help.
    """
    said = False
    while not stopping.is_set():
        try:
            with open_store(settings) as client:
                client.ping()
                return True
        except (redis.RedisError, StoreUnavailable) as error:
            if (sentence := explain(error)) in HOPELESS:
                raise WrongStore(sentence) from error
            if not said:
                log.warning("waiting_for_redis", error=str(error))
                said = True
        stopping.wait(0.5)
    return False
