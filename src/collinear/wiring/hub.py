"""The Hub that was set, and who asks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from collinear import __version__
from collinear.hub.connection import HubConnection
from collinear.hub.listing import HubListing
from collinear.hub.repos import HubRepos
from collinear.settings import Settings
from collinear.store.budget import Budget
from collinear.wiring.quota import open_peoples_quota

PEOPLES_PATIENCE = 15.0
"""The most seconds that somebody who asks about one dataset waits for the Hub."""
_MOST_BYTES = 16 * 2**20
"""The largest answer about one dataset: a page of a thousand files takes a hundredth of it."""


@contextmanager
def open_repos(settings: Settings) -> Iterator[HubRepos]:
    """Who asks the Hub about single datasets, on behalf of the API's callers."""
    within = peoples_patience(settings)
    with open_hub(settings, timeout=within) as http, open_peoples_quota(settings) as quota:
        connection = HubConnection(
            http,
            timeout=within,
            within=within,
            most_bytes=_MOST_BYTES,
            before=quota.before,
            observe=quota.observe,
            on_patience=quota.refused,
            drop_refused_token=settings.invalid_token == "anonymous",  # noqa: S105
            on_refused_token=lambda message: None,  # it is logged, and the worker tells the status
        )
        yield HubRepos(connection, endpoint=settings.hf_endpoint, memory=settings.hub_cache_bytes)


def peoples_patience(settings: Settings) -> float:
    """Seconds that an answer about one dataset may take."""
    return min(settings.hub_timeout, PEOPLES_PATIENCE)


def open_hub(settings: Settings, *, timeout: float | None = None) -> httpx2.Client:
    """A client of the Hub that gives up on its silence after so many seconds."""
    headers = {"user-agent": f"collinear-data-tool/{__version__}"}
    if settings.hf_token:
        headers["authorization"] = f"Bearer {settings.hf_token.get_secret_value()}"
    return httpx2.Client(
        base_url=settings.hf_endpoint, headers=headers, timeout=timeout or settings.hub_timeout
    )


def create_listing(
    settings: Settings, http: httpx2.Client, budget: Budget, **hooks: Any
) -> HubListing:
    return HubListing(
        http,
        page_size=settings.page_size,
        timeout=settings.hub_timeout,
        observe=lambda limit: budget.observe(**limit._asdict()),
        drop_refused_token=settings.invalid_token == "anonymous",  # noqa: S105
        **hooks,
    )
