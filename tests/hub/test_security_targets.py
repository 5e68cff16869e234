"""Requests go to the Hub that was set, and the token with them, whatever the Hub answers."""

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from collinear.domain.errors import HubError
from tests.hub.conftest import Open
from tests.hub.scripted import Said, ScriptedHub, scripted_hub

TOKEN = "hf_ofTheHub"


@pytest.fixture
def stranger() -> Iterator[ScriptedHub]:
    """A server that should never hear of us."""
    with scripted_hub() as server:
        server.says(Said(200, []))
        yield server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "{stranger}/api/datasets",
        "//{host}/api/datasets",
        "http:\\\\{host}/api",
        "file:///etc/passwd",
    ],
)
def test_no_listing_is_followed_to_somewhere_else(
    scripted: ScriptedHub, stranger: ScriptedHub, open_listing: Open, status: int, location: str
) -> None:
    """The official client would not either; it is a sentence, and no request."""
    host = urlsplit(stranger.url).netloc
    scripted.says(
        Said(status, b"", {"location": location.format(stranger=stranger.url, host=host)})
    )

    with pytest.raises(HubError) as failed:
        open_listing(scripted.url, token=TOKEN).by_creation()

    assert TOKEN not in str(failed.value)
    assert stranger.heard == []


@pytest.mark.parametrize(
    "address",
    [
        "{stranger}/api/datasets?cursor=2",
        "//{host}/api/datasets?cursor=2",
        "{hub}@{host}/api/datasets?cursor=2",
        "http://user:word@{host}/api/datasets?cursor=2",
        "\\\\{host}\\api\\datasets?cursor=2",
    ],
)
def test_no_next_page_is_asked_of_somebody_else(
    scripted: ScriptedHub, stranger: ScriptedHub, open_listing: Open, address: str
) -> None:
    """A cursor is the path and the query of an address; the rest of it stays where it is."""
    told = {"stranger": stranger.url, "hub": scripted.url, "host": urlsplit(stranger.url).netloc}
    link = {"link": f'<{address.format(**told)}>; rel="next"'}
    scripted.says(Said(200, []), Said(200, [], link), Said(200, []))
    listing = open_listing(scripted.url, token=TOKEN)

    first = listing.by_creation()
    assert first.next is not None
    with suppress(HubError):  # what stands there is no question that this Hub knows
        listing.by_creation(first.next)

    assert stranger.heard == []
    assert all(target.startswith("/") for target in scripted.targets)
