"""What a worker has learnt about the Hub, kept in the meta record for whoever shows it."""

import json
from collections.abc import Sequence

import redis

from collinear.store.clock import now_as_text
from collinear.store.keys import Keys


class HubFindings:
    """The fields that the Hub gives, and whether it refuses our token."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client = client
        self._meta = keys.meta
        self._refused = False

    def fields(self, accepted: Sequence[str], missing: Sequence[str]) -> None:
        """
        Keep which fields the Hub gives and which it lacks, in its own words.

        It answers, so an older word of a refused token is taken back, unless it is ours.
        """
        found = {
            "accepted": list(accepted),
            "missing": list(missing),
            "at": now_as_text(self._client),
        }
        kept = ["hub_fields", json.dumps(found)]
        if not self._refused:
            kept += ["token_refused", ""]
        self._client.hset(self._meta, items=kept)

    def token_refused(self, message: str) -> None:
        """Keep that the Hub refuses the token, in a sentence for the operator."""
        self._refused = True
        told = json.dumps({"at": now_as_text(self._client), "message": message})
        self._client.hset(self._meta, "token_refused", told)
