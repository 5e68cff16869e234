"""The listing: cursors, orders, filters, shapes, and its oddities."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from collinear.sandbox.rowtext import FIELDS
from tests.hubs import RunningHub, running_hub

ORDERS = [
    "sort=createdAt",
    "sort=createdAt&direction=1",
    "sort=downloads",
    "sort=lastModified",
    "sort=likes30d",
    "sort=datasetsServerInfo.numRows",
    "sort=mainSize",
    "sort=id",
    "",
]


def get(hub: RunningHub, query: str = "", **headers: str) -> httpx2.Response:
    return hub.get(f"/api/datasets?{query}", headers)


def ids(hub: RunningHub, query: str = "", **headers: str) -> list[str]:
    return [row["id"] for row in get(hub, query, **headers).json()]


def walk(hub: RunningHub, query: str) -> list[list[str]]:
    """The ids of every page, along the links."""
    url: str | None = f"{hub.url}/api/datasets?{query}"
    pages = []
    while url:
        answer = hub.get(url)
        pages.append([row["id"] for row in answer.json()])
        url = answer.links.get("next", {}).get("url")
    return pages


def cursor_of(answer: httpx2.Response) -> Any:
    """The condition inside the cursor of the next page."""
    query = parse_qs(urlsplit(answer.links["next"]["url"]).query)
    return json.loads(base64.b64decode(query["cursor"][0]))


def test_an_added_dataset_is_listed(hub: RunningHub) -> None:
    """A partial row is filled in and served; counts that nobody gave are not invented."""
    hub.add(id="acme/squad", downloads=5)
    (row,) = get(hub).json()
    assert (row["id"], row["author"], row["downloads"]) == ("acme/squad", "acme", 5)
    assert row["createdAt"].endswith(".000Z")
    assert row["lastModified"] >= row["createdAt"]
    assert len(row["sha"]) == 40
    assert not {"likes", "tags", "description", "trendingScore", "mainSize"} & set(row)


@pytest.mark.parametrize("query", ORDERS)
@pytest.mark.parametrize("cap", [1, 3])
def test_following_the_links_meets_every_dataset_once(query: str, cap: int) -> None:
    """Whatever the order, with unknown values and equal ones."""
    rows: list[dict[str, Any]] = [{"id": f"a/{n}"} for n in range(10)]
    for number, row in enumerate(rows):
        row.update(downloads=number % 3 or None, likes=number, mainSize=number % 4 * 1000 or None)
    with running_hub(rows, page_cap=cap) as hub:
        pages = walk(hub, query)
        assert [len(page) for page in pages] == [cap] * (10 // cap) + [10 % cap] * (10 % cap > 0)
        assert sorted(name for page in pages for name in page) == [f"a/{n}" for n in range(10)]


def test_the_default_order_is_by_trend_then_age_unknown_last() -> None:
    """Nulls come behind 0, equal scores by `_id`."""
    scores = {"a/none": None, "a/zero": 0, "a/top": 9, "a/half": 0.5, "a/also-none": None}
    rows = [{"id": name, "trendingScore": score} for name, score in scores.items()]
    with running_hub(rows) as hub:
        assert ids(hub) == ["a/top", "a/half", "a/zero", "a/none", "a/also-none"]
        assert cursor_of(get(hub, "limit=3")) == {
            "$or": [
                {"trendingScore": 0, "_id": {"$gt": get(hub).json()[2]["_id"]}},
                {"trendingScore": {"$lt": 0}},
                {"trendingScore": None},
            ]
        }
        assert "token" not in get(hub, "limit=1").text
        assert "searchSequenceToken" in cursor_of(get(hub, "limit=1&search=a"))


def test_only_creation_can_be_ascending() -> None:
    """`direction=1` counts for createdAt, and is ignored for everything else."""
    with running_hub([{"id": f"a/{n}", "downloads": n} for n in range(3)]) as hub:
        assert ids(hub, "sort=createdAt&direction=1") == ["a/0", "a/1", "a/2"]
        assert ids(hub, "sort=createdAt") == ["a/2", "a/1", "a/0"]
        assert ids(hub, "sort=downloads&direction=1") == ["a/2", "a/1", "a/0"]
        answer = get(hub, "sort=createdAt&direction=1&limit=1")
        assert cursor_of(answer) == {"_id": {"$gt": answer.json()[0]["_id"]}}


def test_the_link_is_absolute_and_repeats_the_query() -> None:
    """It names the host that the client asked for, and every parameter as it was written."""
    with running_hub([{"id": f"a/{n}"} for n in range(3)]) as hub:
        query = "sort=createdAt&direction=1&limit=1&expand%5B%5D=sha&expand=tags&foo=b+c"
        link = get(hub, query, host="hub.test:8001").headers["link"]
        assert link.startswith(f"<http://hub.test:8001/api/datasets?{query}&cursor=")
        assert link.endswith('>; rel="next"')
        assert "link" not in get(hub, "limit=3").headers
        assert "x-total-count" not in get(hub).headers
        second = get(hub, query).links["next"]["url"]
        assert hub.get(second).links["next"]["url"].count("cursor=") == 1


def test_offset_and_other_unknown_parameters_are_ignored() -> None:
    """Every offset is the first page."""
    with running_hub([{"id": f"a/{n}"} for n in range(5)]) as hub:
        first = ids(hub, "limit=2")
        assert ids(hub, "limit=2&offset=2") == ids(hub, "limit=2&skip=2&since=2024&p=1") == first


def test_a_page_holds_at_most_a_thousand() -> None:
    """Also the number that comes without asking."""
    with running_hub([{"id": f"a/{n}"} for n in range(1_001)]) as hub:
        assert len(ids(hub)) == len(ids(hub, "limit=5000")) == 1_000


@pytest.mark.parametrize(
    "query",
    [
        "cursor=nonsense",
        "cursor=e30%3D",
        "cursor=",
        "cursor=bnVsbA%3D%3D",
        "sort=likes&cursor=eyJfaWQiOnsiJGd0IjoiNjI5MDQ5MzU0N2Q1ZDQ5MzdhNjg0NTc2In19",
        "limit=abc",
        "limit=0",
        "limit=-1",
        "sort=size",
        "expand=usedStorage",
        "expand=siblings",
        "expand=sha&expand=__probe__",
    ],
)
def test_what_makes_no_sense_is_refused(query: str) -> None:
    """With 400 and a sentence."""
    with running_hub([{"id": "a/b"}]) as hub:
        answer = get(hub, query)
        assert answer.status_code == 400
        assert answer.json()["error"]
        assert "ratelimit" in answer.headers


def test_a_bad_expand_is_answered_with_the_good_ones(hub: RunningHub) -> None:
    """So that a client can find out what there is."""
    assert get(hub, "expand[]=__probe__").json() == {
        "error": '"expand" must be one of [author, cardData, citation, createdAt, description, '
        "disabled, downloads, downloadsAllTime, gated, gitalyUid, lastModified, likes, mainSize, "
        "paperswithcode_id, private, sha, tags, trendingScore]"
    }


def test_the_three_shapes_of_a_row(hub: RunningHub) -> None:
    """Default, full and expanded; what has no value is left out, booleans are always there."""
    hub.add(id="acme/w", cardData={"license": "mit"}, citation="@x", mainSize=7, downloads=1)
    (row,) = get(hub).json()
    assert list(row) == [
        *("_id", "id", "author", "disabled", "gated", "lastModified", "private", "sha"),
        *("downloads", "createdAt", "key"),
    ]
    (row,) = get(hub, "full=True").json()
    assert (row["cardData"], row["citation"], row["key"]) == ({"license": "mit"}, "@x", "")
    assert "siblings" not in row
    (row,) = get(hub, "expand[]=mainSize&expand=gated&expand%5B%5D=likes").json()
    assert row == {"_id": row["_id"], "id": "acme/w", "gated": False, "mainSize": 7}
    (row,) = get(hub, "expand=cardData&expand=gitalyUid&full=true").json()
    assert set(row) == {"_id", "id", "cardData", "gitalyUid"}


def test_filters() -> None:
    """Tags exactly and all of them, the namespace exactly, words anywhere in the id."""
    rows = [
        {"id": "acme/Legal-Bench", "tags": ["language:en", "size_categories:100K<n<1M"]},
        {"id": "acme/other", "tags": ["language:en", "language:fr"], "gated": "auto"},
        {"id": "acme-labs/bench", "tags": ["language:english", 'with "quotes"']},
        {"id": "legacy"},
    ]
    with running_hub(rows) as hub:
        assert ids(hub, "filter=language:en") == ["acme/Legal-Bench", "acme/other"]
        assert ids(hub, "filter=language:en&filter=language:fr") == ["acme/other"]
        both = "filter=language%3Aen&filter=size_categories:100K%3Cn%3C1M"
        assert ids(hub, both) == ["acme/Legal-Bench"]
        assert ids(hub, "filter=with+%22quotes%22") == ["acme-labs/bench"]
        assert ids(hub, "author=acme") == ["acme/Legal-Bench", "acme/other"]
        assert ids(hub, "search=BENCH") == ["acme/Legal-Bench", "acme-labs/bench"]
        assert ids(hub, "search=bench&search=legal") == ["acme/Legal-Bench"]
        assert ids(hub, "gated=True") == ["acme/other"]
        assert ids(hub, "gated=false&limit=1&author=acme") == ["acme/Legal-Bench"]
        assert walk(hub, "limit=1&search=bench") == [["acme/Legal-Bench"], ["acme-labs/bench"]]
        assert ids(hub, "author=nobody") == []


def test_private_datasets_show_only_to_those_who_logged_in() -> None:
    """In lists and by name."""
    with running_hub([{"id": "a/open"}, {"id": "a/mine", "private": True}]) as hub:
        token = {"authorization": "Bearer hf_someone"}
        assert ids(hub) == ["a/open"]
        assert ids(hub, **token) == ["a/open", "a/mine"]
        assert hub.get("/api/datasets/a/mine").status_code == 401
        assert hub.get("/api/datasets/a/mine", token).json()["private"]


def test_strange_rows_are_served_as_they_are(hub: RunningHub) -> None:
    """Lone surrogates, huge numbers, wrong types, no `_id`: a catalog must cope with them."""
    hub.control("add", row={"id": "a/odd", "description": "\x00 \u200b 🤖 漢字", "downloads": 1e30})
    body = rb'{"op": "add", "row": {"id": "a/half", "description": "\ud83e", "tags": "none"}}'
    assert httpx2.post(f"{hub.url}/_sandbox/control", content=body).status_code == 200
    hub.edit("a/odd", _id=None, likes="many")
    first, second = json.loads(get(hub, "sort=createdAt&direction=1").content)
    assert (first["downloads"], first["likes"], "_id" in first) == (1e30, "many", False)
    assert (second["description"], second["tags"]) == ("\ud83e", "none")
    crawl = "expand=" + "&expand=".join(FIELDS[2:])
    assert json.loads(get(hub, crawl).content)[1]["description"] == "\ud83e"
