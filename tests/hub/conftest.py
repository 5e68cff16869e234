"""A listing that asks a scripted Hub, or the sandbox."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from collinear.hub.listing import HubListing
from tests.hub.scripted import ScriptedHub, scripted_hub

Open = Callable[..., HubListing]


@pytest.fixture
def scripted() -> Iterator[ScriptedHub]:
    with scripted_hub() as hub:
        yield hub


@pytest.fixture
def open_listing() -> Iterator[Open]:
    """Opens a listing of the Hub at an address, with a token if one is given."""
    with ExitStack() as stack:

        def opened(url: str, *, token: str | None = None, **options: Any) -> HubListing:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            http = httpx2.Client(base_url=url, headers=headers, timeout=10, trust_env=False)
            stack.enter_context(http)
            return HubListing(http, **{"page_size": 2, "timeout": 10, **options})

        yield opened
