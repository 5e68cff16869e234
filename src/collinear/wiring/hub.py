"""The Hub that was set, and who asks it."""

from typing import Any

import httpx2

from collinear import __version__
from collinear.hub.listing import HubListing
from collinear.hub.repos import HubRepos
from collinear.settings import Settings
from collinear.store.budget import Budget


def create_repos(settings: Settings) -> HubRepos:
    """Who asks the Hub about single datasets, on behalf of the API's callers."""
    token = settings.hf_token.get_secret_value() if settings.hf_token else None
    return HubRepos(
        settings.hf_endpoint,
        token=token,
        within=min(settings.hub_timeout, 15),
        memory=settings.hub_cache_bytes,
    )


def open_hub(settings: Settings) -> httpx2.Client:
    headers = {"user-agent": f"collinear-data-tool/{__version__}"}
    if settings.hf_token:
        headers["authorization"] = f"Bearer {settings.hf_token.get_secret_value()}"
    return httpx2.Client(
        base_url=settings.hf_endpoint, headers=headers, timeout=settings.hub_timeout
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
