"""How many requests a process works on at a time."""

from typing import NamedTuple

from starlette.types import Scope

from collinear.settings.guarding import GuardSettings

HEALTH = frozenset({"/livez", "/readyz", "/metrics"})
"""Operators are answered also when nobody else is."""
_LASTING = frozenset(f"/api/datasets/{name}" for name in ("changes", "changes/stream", "export"))
"""Streams, whole copies, and changes, which can be waited for."""


class Lane:
    """Requests of one kind that are going on, and how many of them there may be."""

    def __init__(self, most: int, *, patience: float, what: str) -> None:
        self.most = most
        self.patience = patience
        """Seconds until an answer must have begun."""
        self.what = what
        self.now = 0


class Lanes(NamedTuple):
    """Requests that end soon, and those that last, so that neither keeps the other out."""

    short: Lane
    lasting: Lane

    def find(self, scope: Scope) -> Lane:
        """Where this request belongs."""
        return self.lasting if scope["path"].rstrip("/") in _LASTING else self.short


def create_lanes(settings: GuardSettings, *, longest_wait: float) -> Lanes:
    """The lanes of one process; a long poll may wait so many seconds more than others."""
    patience = settings.request_seconds
    return Lanes(
        Lane(settings.max_requests, patience=patience, what="requests"),
        Lane(
            settings.max_streams,
            patience=patience + longest_wait,
            what="streams, exports and questions for changes",
        ),
    )
