"""The thresholds that the datasets are graded by, also while nobody can be asked for them."""

import json
from collections.abc import Mapping
from time import monotonic
from typing import Any

from collinear.api import conditions
from collinear.settings import Settings
from collinear.store.status import Version


class Policy:
    """What was last known of the thresholds in force; at first, those of our settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stored = ""
        self._at: float | None = None
        self.serial = ""
        """The newest change when they were known."""

    def learn(self, version: Version) -> None:
        """They are so now."""
        self._stored, self.serial, self._at = version.thresholds, version.serial, monotonic()

    @property
    def thresholds(self) -> dict[str, Any]:
        """By metric and level."""
        return thresholds(self._stored, self._settings)

    def stale(self) -> Mapping[str, str]:
        """The marks of an answer that nobody can confirm now."""
        if self._at is None:
            return {"Cache-Control": "no-store"}
        return conditions.stale(monotonic() - self._at, "the store does not answer")


def thresholds(stored: str, settings: Settings) -> dict[str, Any]:
    """The thresholds that the stored documents are graded by; before the first run, ours."""
    ours = settings.impact_policy.to_dict()
    return {**ours, **json.loads(stored)} if stored else ours
