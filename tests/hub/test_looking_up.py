"""One dataset by request: there, renamed, gone; and what says nothing about it."""

import pytest

from collinear.domain.errors import HubContractBroken, HubRateLimited, HubUnavailable
from collinear.hub.ratelimit import RateLimit
from collinear.hub.wire import FIELDS, to_dataset
from tests.hub.conftest import Open
from tests.hub.scripted import Said, ScriptedHub
from tests.hubs import RunningHub, running_hub

ROW = {"_id": "641a36394097fa34bd332e4a", "id": "acme/widgets"}


def test_a_dataset_that_is_there_has_the_row_of_the_listing(
    hub: RunningHub, open_listing: Open
) -> None:
    """The same fields with the same values: it can be stored like any other row."""
    hub.add(id="acme/widgets", likes=3, mainSize=17, tags=["a", "b"], description="Words.")
    listing = open_listing(hub.url)

    [listed] = listing.by_creation().rows
    row = listing.look_up("acme/widgets")

    assert row is not None
    assert to_dataset(row) == to_dataset(listed)


def test_a_renamed_dataset_is_followed_to_its_new_id(hub: RunningHub, open_listing: Open) -> None:
    """Whether it is the same one, its `_id` tells; each hop is one request more."""
    added = hub.add(id="acme/old")
    hub.rename("acme/old", "acme/new")
    turns: list[None] = []
    listing = open_listing(hub.url, before=lambda: turns.append(None))

    row = listing.look_up("acme/old")

    assert row is not None
    assert (row["_id"], row["id"]) == (added["_id"], "acme/new")
    assert len(turns) == len(hub.requests) == 3


@pytest.mark.parametrize("token", [None, "hf_somebody"])
def test_what_is_gone_is_not_there_and_what_is_private_says_so(
    token: str | None, hub: RunningHub, open_listing: Open
) -> None:
    """Strangers hear 401, callers with a token 404; the token stays good."""
    hub.add(id="acme/widgets", private=True)
    told: list[str] = []
    listing = open_listing(hub.url, token=token, on_refused_token=told.append)

    hidden = listing.look_up("acme/widgets")
    assert hidden is None or hidden["private"] is True
    assert (hidden is None) is (token is None)
    assert listing.look_up("acme/nothing") is None
    assert told == []


def test_a_refused_token_does_not_make_a_dataset_disappear(
    scripted: ScriptedHub, open_listing: Open
) -> None:
    """The 401 is about us: asked again without the token, the dataset is there."""
    listing = open_listing(scripted.url, token="hf_once_good")
    scripted.says(Said(200, []))
    listing.by_creation()
    scripted.refused = "hf_once_good"
    scripted.says(Said(200, ROW))

    assert listing.look_up("acme/widgets") == ROW


def test_an_odd_id_is_asked_for_as_it_is(scripted: ScriptedHub, open_listing: Open) -> None:
    listing = open_listing(scripted.url)
    scripted.says(Said(200, []), Said(404, {"error": "Repository not found"}))

    assert listing.look_up("acme/a b?c#d%é") is None
    target = scripted.targets[-1]
    assert target.startswith("/api/datasets/acme/a%20b%3Fc%23d%25%C3%A9?expand%5B%5D=author")


def test_it_asks_for_accepted_fields_only(open_listing: Open) -> None:
    """An older Hub without sizes is not asked for one; what else it refuses is left out too."""
    with running_hub([{"id": "acme/widgets", "mainSize": 5, "likes": 2}]) as hub:
        hub.lack("mainSize")
        row = open_listing(hub.url).look_up("acme/widgets")

    assert row is not None
    assert row["likes"] == 2
    assert "mainSize" not in row


def test_a_detail_with_fewer_fields_than_the_listing(
    scripted: ScriptedHub, open_listing: Open
) -> None:
    refusal = Said(400, {"error": '"expand" must be one of [likes, siblings]'})
    scripted.says(Said(200, []), refusal, Said(200, ROW))

    assert open_listing(scripted.url).look_up("acme/widgets") == ROW
    assert scripted.targets[-1] == "/api/datasets/acme/widgets?expand%5B%5D=likes"
    assert len(scripted.targets[1].split("expand")) == len(FIELDS) + 1


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (Said(504), HubUnavailable, "answered 504"),
        (Said(429), HubRateLimited, "asks for patience"),
        (Said(200, b"{"), HubUnavailable, "not whole JSON"),
        (Said(200, []), HubContractBroken, "sent no dataset"),
        (Said(200, b"<html>"), HubContractBroken, "web page instead of a dataset"),
        (Said(404, b"<html>"), HubContractBroken, r"answered 404 \(a web page\)"),
        (Said(403, b"<html>"), HubContractBroken, r"answered 403 \(a web page\)"),
        (Said(405), HubContractBroken, "answered 405 instead of a dataset"),
        (
            Said(307, headers={"location": "https://elsewhere.example/api/datasets/a/b"}),
            HubContractBroken,
            "sends us on to https://elsewhere.example",
        ),
        (
            Said(307, headers={"location": "//elsewhere.example/api/datasets/a/b"}),
            HubContractBroken,
            "sends us on to //elsewhere",
        ),
        (Said(307, headers={"location": "/login"}), HubContractBroken, "sends us on to /login"),
        (Said(307), HubContractBroken, "sends us on to somewhere else"),
        (
            Said(307, headers={"location": "/api/datasets/a/b"}),
            HubContractBroken,
            "sends us in circles for 'acme/widgets'",
        ),
    ],
)
def test_an_answer_that_says_nothing_about_the_dataset(
    answer: Said,
    error: type[Exception],
    sentence: str,
    scripted: ScriptedHub,
    open_listing: Open,
) -> None:
    """Nobody may take it for gone: somebody else answers, or the Hub is in trouble."""
    scripted.says(Said(200, []), answer)

    with pytest.raises(error, match=sentence):
        open_listing(scripted.url).look_up("acme/widgets")


def test_it_hears_of_the_rate_limit(open_listing: Open) -> None:
    limits: list[RateLimit] = []
    with running_hub([{"id": "acme/widgets"}], quota=10) as hub:
        open_listing(hub.url, observe=limits.append).look_up("acme/widgets")

    assert [(limit.remaining, limit.quota, limit.window) for limit in limits] == [
        (9, 10, 300),
        (8, 10, 300),
    ]
