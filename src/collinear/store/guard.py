"""What must be true of a Redis before we trust it with the catalog."""

import uuid
from typing import cast

import redis

from collinear.domain.errors import WrongStore
from collinear.store.keys import Keys
from collinear.store.trouble import NO_RIGHT

SCHEMA = "1"
"""The version of the layout; a store of another version is refused."""

_OLDEST = 7


def check_store(
    client: redis.Redis, keys: Keys, *, endpoint: str, accept_endpoint: bool = False
) -> None:
    """
    Refuse a store that would lose or mix up the catalog.

    Raises:
        WrongStore: Too old, a replica, evicting, of another layout, or another Hub's; a store
            that holds nothing and that nobody fills is nobody's yet.
    """
    try:
        _check(client, keys, endpoint, accept_endpoint=accept_endpoint)
    except redis.exceptions.NoPermissionError as error:
        raise WrongStore(f"{NO_RIGHT} ({error})") from error


def _check(client: redis.Redis, keys: Keys, endpoint: str, *, accept_endpoint: bool) -> None:
    server = client.info("server")
    version = str(server.get("valkey_version") or server.get("redis_version"))
    if int(version.partition(".")[0]) < _OLDEST:
        raise WrongStore(f"Redis {version} is too old: 7 or newer, or Valkey, is needed.")
    if client.info("replication").get("role") != "master":
        raise WrongStore("This Redis is a read-only replica: set REDIS_URL to its primary.")
    evicts = _eviction_policy(client)
    if evicts not in {"noeviction", None}:
        raise WrongStore(
            f"This Redis evicts keys ({evicts}) and would lose parts of the catalog: "
            "run 'CONFIG SET maxmemory-policy noeviction' on it."
        )
    meta = cast("dict[bytes, bytes]", client.hgetall(keys.meta))
    schema = meta.get(b"schema", SCHEMA.encode()).decode()
    if schema != SCHEMA:
        raise WrongStore(
            f"The catalog in this Redis has layout {schema}, this program has {SCHEMA}: "
            "set COLLINEAR_KEY_PREFIX to a new one, or remove the old keys."
        )
    known = meta.get(b"endpoint", endpoint.encode()).decode()
    holds = meta.get(b"total_items", b"0") != b"0" or client.exists(keys.lease)
    if known != endpoint and holds and not accept_endpoint:
        raise WrongStore(
            f"This Redis holds the catalog of {known}, not of {endpoint}: set HF_ENDPOINT back, "
            "use another COLLINEAR_KEY_PREFIX, or set COLLINEAR_ACCEPT_ENDPOINT=true."
        )


def prepare_store(client: redis.Redis, keys: Keys, *, endpoint: str, thresholds: str) -> None:
    """Write what a new catalog begins with; leaves an old one as it is."""
    if client.type(keys.dead_letters) == b"list":  # an earlier version's
        client.delete(keys.dead_letters)
    with client.pipeline(transaction=True) as pipe:
        pipe.hsetnx(keys.meta, "epoch", uuid.uuid4().hex[:12])
        pipe.hsetnx(keys.meta, "schema", SCHEMA)
        pipe.hsetnx(keys.meta, "total_items", 0)
        pipe.hsetnx(keys.meta, "refreshing", "false")
        pipe.hsetnx(keys.meta, "thresholds", thresholds)
        pipe.hset(keys.meta, "endpoint", endpoint)
        pipe.execute()


def _eviction_policy(client: redis.Redis) -> str | None:
    try:
        memory = client.info("memory")
    except redis.ResponseError:
        return None  # some managed services hide it
    policy = memory.get("maxmemory_policy")
    return None if policy is None else str(policy)
