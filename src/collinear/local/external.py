"""The Redis that ``REDIS_URL`` names, as far as the supervisor has to do with it."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from collinear.local.errors import CannotStart
from collinear.store.keys import Keys
from collinear.store.trouble import HOPELESS, explain


def client_of(url: str, *, timeout: float) -> redis.Redis:
    """A client that tells at once, or after ``timeout`` seconds, what is wrong."""
    return redis.Redis.from_url(
        url,
        protocol=2,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )


def check_redis(url: str) -> None:
    """
    Make sure that a Redis answers; one that still loads its data will do.

    Raises:
        CannotStart: It does not answer, or does not let us in.
    """
    try:
        with client_of(url, timeout=5) as client:
            client.ping()
    except redis.exceptions.BusyLoadingError:
        return
    except (redis.RedisError, ValueError) as error:
        if (sentence := explain(error)) in HOPELESS:
            raise CannotStart(sentence) from error
        raise CannotStart(
            f"The Redis of REDIS_URL does not answer ({error}): "
            "start it, or leave REDIS_URL empty for the embedded server."
        ) from error


def check_free_for_demo(url: str, keys: Keys, *, kept: bool) -> None:
    """
    Make sure that a demo spoils nobody's catalog.

    Raises:
        CannotStart: The Redis holds a catalog that this demo did not make.
    """
    with client_of(url, timeout=5) as client:
        if not kept and client.exists(keys.meta, keys.ids):
            raise CannotStart(
                "The Redis of REDIS_URL holds a catalog already: leave REDIS_URL empty for the "
                "demo, or set another COLLINEAR_KEY_PREFIX."
            )
