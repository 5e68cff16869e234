"""The layers of the guard, as the application wears them."""

from fastapi import FastAPI

from collinear.api.guard.guarded import Guarded
from collinear.api.guard.headers import Headed
from collinear.api.guard.lanes import create_lanes
from collinear.api.guard.origins import Origins, Preflights
from collinear.api.guard.rates import RateLimit
from collinear.api.guard.sizes import Sizes
from collinear.settings.guarding import GuardSettings

_LONGEST_WAIT = 60
"""Seconds that a long poll may ask for."""


def add_guard(app: FastAPI, settings: GuardSettings) -> None:
    """What decides about requests; inside of what observes them."""
    app.add_middleware(
        Guarded,
        sizes=Sizes(settings),
        lanes=create_lanes(settings, longest_wait=_LONGEST_WAIT),
        rate=RateLimit(settings) if settings.rate_limit else None,
    )
    app.add_middleware(Preflights, origins=Origins(settings.cors_origins))


def add_headers(app: FastAPI, settings: GuardSettings) -> None:
    """What every answer says, also one that was made because something broke: the outermost."""
    app.add_middleware(
        Headed, origins=Origins(settings.cors_origins), hsts_seconds=settings.hsts_seconds
    )
