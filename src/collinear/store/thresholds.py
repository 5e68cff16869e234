"""The impact thresholds that all documents are graded by: those of the store, for all workers."""

import json
from functools import lru_cache
from typing import cast

import redis

from collinear.domain.impact import ImpactPolicy
from collinear.store.keys import Keys


class Thresholds:
    """
    The thresholds in force, and those that the worker that started last was set to.

    Where they differ a run grades everything anew; the beginning of that run puts them in force.
    """

    def __init__(self, client: redis.Redis, keys: Keys, own: ImpactPolicy) -> None:
        self._client = client
        self._meta = keys.meta
        self._own = print_policy(own)

    def want(self) -> None:
        """Let the catalog be graded by this worker's own thresholds."""
        self._client.hset(self._meta, "wanted_thresholds", self._own)

    def in_force(self) -> str:
        """As ``meta`` keeps them; our own before there is a catalog."""
        known = cast("bytes | None", self._client.hget(self._meta, "thresholds"))
        return self._own if known is None else known.decode()

    def policy(self) -> ImpactPolicy:
        """Those in force, to grade by."""
        return parse_policy(self.in_force())

    def differ(self) -> bool:
        """Whether other thresholds are wanted than those in force."""
        names = ["thresholds", "wanted_thresholds"]
        known, wanted = cast("list[bytes | None]", self._client.hmget(self._meta, names))
        return None not in {known, wanted} and known != wanted


def print_policy(policy: ImpactPolicy) -> str:
    """Thresholds as ``meta`` keeps them."""
    return json.dumps(policy.to_dict())


@lru_cache(maxsize=8)
def parse_policy(text: str) -> ImpactPolicy:
    """Thresholds as ``meta`` kept them."""
    return ImpactPolicy.from_dict(json.loads(text))
