"""A token that the Hub refuses: said once, then without it, or not at all."""

from threading import Barrier, Thread

import pytest

from collinear.domain.errors import HubContractBroken
from tests.hub.conftest import Open
from tests.hub.scripted import Said, ScriptedHub
from tests.hubs import RunningHub

REVOKED = "hf_revoked_long_ago"


def test_without_the_token_it_goes_on(hub: RunningHub, open_listing: Open) -> None:
    """One sentence for the operator, then everything as for an anonymous caller."""
    hub.add(id="acme/widgets")
    told: list[str] = []
    listing = open_listing(hub.url, token=REVOKED, on_refused_token=told.append)

    assert [row["id"] for row in listing.by_creation().rows] == ["acme/widgets"]
    listing.by_change()

    assert told == [
        f"HF_TOKEN is refused by {hub.url}: "
        "going on without it, with the quota of an anonymous caller."
    ]
    assert [line.rpartition(" ")[2] for line in hub.requests] == ["401", "400", "200", "200"]


def test_a_token_that_expires_is_told_once_by_many_threads(
    scripted: ScriptedHub, open_listing: Open
) -> None:
    """It was good when the process started: whoever is refused goes on without it at once."""
    told: list[str] = []
    pages: list[int] = []
    scripted.says(Said(200, [{"id": "acme/widgets"}]))
    listing = open_listing(scripted.url, token="hf_once_good", on_refused_token=told.append)
    listing.by_creation()
    scripted.refused = "hf_once_good"
    barrier = Barrier(4)

    def ask() -> None:
        barrier.wait()
        pages.append(len(listing.by_creation().rows))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert pages == [1] * 4
    assert len(told) == 1


def test_or_it_stops_and_says_why(hub: RunningHub, open_listing: Open) -> None:
    """Every attempt fails with the same clear line, and none goes out without the token."""
    listing = open_listing(hub.url, token=REVOKED, drop_refused_token=False)

    for _ in range(2):
        with pytest.raises(HubContractBroken) as failed:
            listing.by_creation()
        assert str(failed.value) == (
            f"HF_TOKEN is refused by {hub.url}: replace it, or unset it to go on without."
        )
    assert REVOKED not in str(failed.value)
    assert [line.rpartition(" ")[2] for line in hub.requests] == ["401", "401"]


def test_a_good_token_is_sent_with_every_request(scripted: ScriptedHub, open_listing: Open) -> None:
    scripted.says(Said(200, []))
    listing = open_listing(scripted.url, token="hf_good")
    listing.by_creation()

    assert {heard.authorization for heard in scripted.heard} == {"Bearer hf_good"}


def test_a_hub_that_answers_nobody_without_a_token(
    scripted: ScriptedHub, open_listing: Open
) -> None:
    scripted.says(Said(401, {"error": "Invalid username or password."}))

    with pytest.raises(HubContractBroken, match=r"without a token \(401\): set HF_TOKEN"):
        open_listing(scripted.url).by_creation()
