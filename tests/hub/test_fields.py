"""Which fields a Hub gives: asked once, kept to ever after, learnt again when it changes."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collinear.domain.errors import CursorRejected, HubContractBroken, HubUnavailable
from collinear.hub.fields import with_fields
from collinear.hub.listing import Cursor
from collinear.hub.wire import FIELDS
from tests.hub.conftest import Open
from tests.hub.scripted import Said, ScriptedHub
from tests.hubs import RunningHub

ROW = {"_id": "641a36394097fa34bd332e4a", "id": "acme/widgets"}
Learnt = list[tuple[Sequence[str], Sequence[str]]]


def refused(*fields: str) -> Said:
    return Said(400, {"error": f'"expand" must be one of [{", ".join(fields)}]'})


def fields_of(target: str) -> list[str]:
    pairs = parse_qsl(urlsplit(target).query)
    return [value for name, value in pairs if name in {"expand", "expand[]"}]


def test_the_first_question_of_a_process_is_which_fields_there_are(
    hub: RunningHub, open_listing: Open
) -> None:
    """One request more than pages, and never another one."""
    for n in range(3):
        hub.add(id=f"acme/set-{n}")
    learnt: Learnt = []
    listing = open_listing(hub.url, on_fields=lambda *found: learnt.append(found))

    first = listing.by_creation()
    second = listing.by_creation(first.next)
    listing.by_change()

    assert [row["id"] for row in [*first.rows, *second.rows]] == [f"acme/set-{n}" for n in range(3)]
    probe, *pages = hub.requests
    assert fields_of(probe.split()[1]) == ["__probe__"]
    assert [fields_of(page.split()[1]) for page in pages] == [list(FIELDS)] * 3
    assert learnt == [(FIELDS, ())]


def test_a_field_that_is_missing_is_never_asked_for(
    scripted: ScriptedHub, open_listing: Open
) -> None:
    """An older Hub without sizes: its sizes stay unknown, and it is not asked for them."""
    scripted.says(refused("author", "likes", "cardData"), Said(200, [ROW]))
    learnt: Learnt = []
    listing = open_listing(scripted.url, on_fields=lambda *found: learnt.append(found))

    assert listing.by_creation().rows == [ROW]
    listing.by_change()

    _, *asked = scripted.targets
    assert [fields_of(target) for target in asked] == [["author", "likes"]] * 2
    [(accepted, missing)] = learnt
    assert accepted == ("author", "likes")
    assert set(missing) == set(FIELDS) - {"author", "likes"}


@pytest.mark.parametrize(
    "answer",
    [
        Said(200, [ROW]),
        refused("colour", "weight"),
        Said(400, {"error": "Bad request"}),
        Said(400, {"error": '"sort" must be one of [likes, downloads]'}),
    ],
    ids=["ignores it", "knows other words", "says nothing", "speaks of something else"],
)
def test_a_hub_that_teaches_nothing_is_asked_for_all(
    answer: Said, scripted: ScriptedHub, open_listing: Open
) -> None:
    scripted.says(answer, Said(200, [ROW]))

    assert open_listing(scripted.url).by_creation().rows == [ROW]
    assert fields_of(scripted.targets[-1]) == list(FIELDS)
    assert len(scripted.targets) == 2


def test_a_probe_that_fails_is_asked_again_with_the_page(
    scripted: ScriptedHub, open_listing: Open
) -> None:
    """A Hub in trouble has taught nothing: the failure is the page's, and so is its retry."""
    listing = open_listing(scripted.url)
    scripted.says(Said(504), refused("likes"), Said(200, [ROW]))
    with pytest.raises(HubUnavailable):
        listing.by_creation()

    assert listing.by_creation().rows == [ROW]
    assert [fields_of(target) for target in scripted.targets] == [
        ["__probe__"],
        ["__probe__"],
        ["likes"],
    ]


def test_what_the_hub_takes_back_is_learnt_again(scripted: ScriptedHub, open_listing: Open) -> None:
    """The Hub changes while we run: the same cursor is asked with what is left, once."""
    learnt: Learnt = []
    listing = open_listing(scripted.url, on_fields=lambda *found: learnt.append(found))
    cursor = Cursor("/api/datasets?cursor=ab%3D%3D&expand=sha&limit=2")
    scripted.says(refused("likes", "sha"), refused("likes"), Said(200, [ROW]))

    assert listing.by_creation(cursor).rows == [ROW]

    assert [fields_of(target) for target in scripted.targets[1:]] == [["likes", "sha"], ["likes"]]
    assert [accepted for accepted, _ in learnt] == [("likes", "sha"), ("likes",)]


def test_a_hub_that_contradicts_itself_is_broken(scripted: ScriptedHub, open_listing: Open) -> None:
    """It refuses what it lists as valid: no loop, one clear sentence."""
    scripted.says(refused("likes"))

    with pytest.raises(HubContractBroken, match=r"answered 400 \(\"expand\" must be one of"):
        open_listing(scripted.url).by_creation()
    assert len(scripted.targets) == 2


def test_a_cursor_that_the_hub_refuses_is_rejected(
    scripted: ScriptedHub, open_listing: Open
) -> None:
    scripted.says(Said(200, []), Said(400, {"error": 'Invalid value for "cursor"'}))

    with pytest.raises(CursorRejected, match="does not know our cursor"):
        open_listing(scripted.url).by_creation(Cursor("/api/datasets?cursor=xyz"))


def test_a_stored_cursor_asks_for_the_fields_of_now() -> None:
    """It was written when the Hub had fewer fields; what else it holds is not touched."""
    stored = (
        "/api/datasets?sort=createdAt&expand%5B%5D=likes&expand[]=sha&limit=2&cursor=ey%3D%3d+a"
    )

    assert with_fields(stored, ["likes", "mainSize"]) == (
        "/api/datasets?sort=createdAt&expand%5B%5D=likes&expand%5B%5D=mainSize"
        "&limit=2&cursor=ey%3D%3d+a"
    )
    assert with_fields("/api/datasets?cursor=a%2B&&x", ["sha"]) == (
        "/api/datasets?cursor=a%2B&&x&expand%5B%5D=sha"
    )
    assert with_fields("/api/datasets", ["sha"]) == "/api/datasets?expand%5B%5D=sha"
    assert with_fields("/api/datasets?expand=sha", []) == "/api/datasets"


@given(
    st.lists(
        st.sampled_from(["cursor=e%3D%3d", "limit=2", "a=b=c", "expand=x", "expand[]", "%ff"]),
        min_size=1,
    )
)
def test_only_the_fields_of_a_cursor_are_replaced(parts: list[str]) -> None:
    address = with_fields("/api/datasets?" + "&".join(parts), ["likes"])

    query = address.partition("?")[2].split("&")
    assert query.count("expand%5B%5D=likes") == 1
    query.remove("expand%5B%5D=likes")
    assert query == [part for part in parts if not part.startswith("expand")]
