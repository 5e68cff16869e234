"""What was typed, as the API takes it: how it was read is part of the answer."""

import httpx2
import pytest

from collinear.api.shapes import listed
from collinear.settings import Settings
from tests.api.answers import blamed, found, ids, refused
from tests.store.stock import Stock, dataset


@pytest.fixture
def filled(stock: Stock, settings: Settings) -> Stock:
    stock.put(
        dataset(1, "Open-Orca/OpenOrca", downloads=900, tags=("license:mit",)),
        dataset(2, "lab/radiology", description="reports about knees", downloads=5),
        dataset(3, "zoo/birds", likes=4),
    )
    stock.index(settings.index_dir)
    return stock


def test_the_answer_says_how_the_words_were_read(api: httpx2.Client, filled: Stock) -> None:
    """Strictly where that finds anything, and then both lists are empty."""
    strict = found(api.get("/api/datasets", params={"search": "openorca"}))
    assert (strict["forgiven_words"], strict["dropped_words"]) == ([], [])
    forgiven = found(api.get("/api/datasets", params={"search": "OpnOrca"}))
    assert [item["id"] for item in forgiven["items"]] == ["Open-Orca/OpenOrca"]
    assert (forgiven["forgiven_words"], forgiven["dropped_words"]) == (["OpnOrca"], [])
    dropped = found(api.get("/api/datasets", params={"search": "knees vvkkqq reports"}))
    assert [item["id"] for item in dropped["items"]] == ["lab/radiology"]
    assert (dropped["forgiven_words"], dropped["dropped_words"]) == ([], ["vvkkqq"])
    assert dropped["total"] == 1
    nothing = found(api.get("/api/datasets", params={"search": "vvkkqq"}))
    assert (nothing["total"], nothing["dropped_words"]) == (0, [])
    assert found(api.get("/api/datasets"))["dropped_words"] == []


def test_a_score_is_explained_where_that_is_asked_for(api: httpx2.Client, filled: Stock) -> None:
    """Beside each item, and only then."""
    query = {"search": "openorca", "explain": "true"}
    [item] = listed.Page.model_validate_json(api.get("/api/datasets", params=query).content).items
    assert item.explanation is not None
    assert item.explanation.exactness == {"name_folded": 40_000}
    assert [word.word for word in item.explanation.words] == ["openorca"]
    plain = found(api.get("/api/datasets", params={"search": "openorca"}))
    assert "explanation" not in plain["items"][0]
    for without_words in ({"explain": "true"}, {"explain": "true", "license": "mit"}):
        assert all(
            item.get("explanation") is None
            for item in found(api.get("/api/datasets", params=without_words))["items"]
        )
    assert "explain" in blamed(api.get("/api/datasets?search=x&explain=perhaps"))
    many = api.get("/api/datasets?search=x&explain=true&limit=101")
    assert "at most 100" in blamed(many)["explain"]


def test_more_words_than_can_be_looked_for_are_refused(api: httpx2.Client, filled: Stock) -> None:
    """With what to do, and before the index is asked."""
    words = " ".join(f"w{number}x" for number in range(40))
    assert "at most 32" in blamed(api.get("/api/datasets", params={"search": words}))["search"]
    assert "200 parts" in blamed(api.get("/api/datasets", params={"search": "字" * 300}))["search"]
    assert "search" in blamed(api.get("/api/datasets", params={"search": "x" * 10_240}))


HOSTILE = [
    "-" * 900,
    '"' * 999,
    "(((((" * 100 + "a" + ")))))" * 80,
    "a OR b AND NOT c " * 10,
    ".*.*.*.*(a+)+$",
    "[[[[^a-z]{1,1000}",
    "*" * 500 + "?" * 400,
    "\u202eevil\u202c \u200f\u200e",
    "\x00\x01\x02\x1f",
    "the of and to",
    "1 2 3 4 5 6 7 8 9 0 1 2 3",
    "a-b_c.d/e" * 20,
    "é" * 900,
    "\ufdfa" * 11,
    "\U0001d51e\U0001d51f \u210c",
    "%27%22;--",
    "id:* +a -b ~c ^2",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_words_are_words(api: httpx2.Client, filled: Stock, typed: str) -> None:
    """An answer or a 422 that says why; never a hang, never an error of ours."""
    answer = api.get("/api/datasets", params={"search": typed, "highlight": "true"}, timeout=5)
    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 422:
        assert "search" in blamed(answer)


def test_a_cursor_keeps_the_reading(api: httpx2.Client, stock: Stock, settings: Settings) -> None:
    """Also when another reading would do by now; a cursor of other words is refused."""
    stock.put(*(dataset(n, f"acme/orange-{n}", downloads=n) for n in range(5)))
    stock.index(settings.index_dir)
    query = {"search": "orenge", "sort_by": "downloads", "limit": "3"}
    first = found(api.get("/api/datasets", params=query))
    assert first["forgiven_words"] == ["orenge"]
    stock.put(dataset(9, "somebody/orenge"))
    stock.index(settings.index_dir)
    rest = found(api.get("/api/datasets", params={**query, "cursor": first["next_cursor"]}))
    assert rest["forgiven_words"] == ["orenge"]
    assert [item["downloads"] for item in rest["items"]] == [1, 0, None]
    other = {**query, "search": "orange", "cursor": first["next_cursor"]}
    refused(api.get("/api/datasets", params=other), 400, "bad-cursor")
    assert ids(api.get("/api/datasets", params=query)) == ["somebody/orenge"]
