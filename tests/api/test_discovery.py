"""Suggestions, similar datasets and highlights over HTTP."""

import httpx2
import pytest

from collinear.api.shapes import found as shapes
from collinear.api.shapes import listed
from collinear.settings import Settings
from tests.api.answers import blamed, found, ids, raw, refused
from tests.store.stock import Stock, dataset

QA = "task_categories:question-answering"


@pytest.fixture
def filled(stock: Stock, settings: Settings) -> Stock:
    stock.put(
        dataset(1, "openai/gsm8k", downloads=900, tags=("license:mit", QA), description="A <b>sum"),
        dataset(2, "lab/gsm8k-hard", downloads=5, tags=(QA, "region:us")),
        dataset(3, "zoo/birds", likes=4, tags=("region:us",)),
        dataset(4, "openai/suggest"),
        dataset(5, "gsm8k/similar"),
    )
    stock.index(settings.index_dir)
    return stock


@pytest.mark.parametrize("path", ["/api/datasets/suggest", "/api/datasets/suggest/"])
def test_a_search_box_is_told_names_authors_and_tags(
    api: httpx2.Client, filled: Stock, path: str
) -> None:
    answer = api.get(path, params={"q": "question ans"})

    told = shapes.Suggestions.model_validate_json(answer.content)
    assert [(tag.text, tag.count, tag.filter, tag.value) for tag in told.tags] == [
        (QA, 2, "task", "question-answering")
    ]
    assert answer.headers["x-catalog-serial"] == str(filled.serial)
    [tag] = told.tags
    assert ids(api.get("/api/datasets", params={tag.filter: tag.value})) == [
        "openai/gsm8k",
        "lab/gsm8k-hard",
    ]


def test_names_and_authors_lead_to_what_they_stand_for(api: httpx2.Client, filled: Stock) -> None:
    told = found(api.get("/api/datasets/suggest", params={"q": "openai/g"}))
    assert told["names"] == [{"text": "gsm8k", "count": 1, "id": "openai/gsm8k"}]

    [author] = found(api.get("/api/datasets/suggest", params={"q": "open"}))["authors"]
    assert author == {"text": "openai", "count": 2}
    assert found(api.get("/api/datasets", params={"author": author["text"]}))["total"] == 2


def test_suggestions_are_not_sent_twice(
    api: httpx2.Client, filled: Stock, settings: Settings
) -> None:
    first = api.get("/api/datasets/suggest?q=gsm")
    same = {"If-None-Match": first.headers["etag"]}
    assert api.get("/api/datasets/suggest?q=gsm", headers=same).status_code == 304

    filled.put(dataset(6, "new/gsm-plus"))
    filled.index(settings.index_dir)
    assert len(found(api.get("/api/datasets/suggest?q=gsm", headers=same))["names"]) == 3


@pytest.mark.parametrize("q", ["zzz", "%F0%9F%8E%89", "%00", "***", "a+" * 99, "%22-%22"])
def test_nothing_to_suggest_is_no_error(api: httpx2.Client, filled: Stock, q: str) -> None:
    assert found(raw(api, f"/api/datasets/suggest?q={q}")) == {
        "names": [],
        "authors": [],
        "tags": [],
    }


def test_a_catalog_without_an_index(fresh_api: httpx2.Client, stock: Stock) -> None:
    """Of nothing nothing is suggested; of something that nobody has indexed, not yet."""
    assert found(fresh_api.get("/api/datasets/suggest?q=a"))["names"] == []

    stock.put(dataset(1, "a/b"))
    refused(fresh_api.get("/api/datasets/suggest?q=a"), 503, "index-not-ready")
    refused(fresh_api.get("/api/datasets/a/b/similar"), 503, "index-not-ready")


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("suggest", "q"),
        ("suggest?q=", "q"),
        (f"suggest?q={'a' * 201}", "q"),
        ("suggest?q=a&limit=21", "limit"),
        ("suggest?q=a&kind=tag", "kind"),
        ("openai/gsm8k/similar?limit=0", "limit"),
        ("openai/gsm8k/similar?offset=1", "offset"),
        ("?highlight=perhaps", "highlight"),
    ],
)
def test_mistakes_are_named(api: httpx2.Client, filled: Stock, path: str, parameter: str) -> None:
    assert list(blamed(api.get(f"/api/datasets/{path}"))) == [parameter]


@pytest.mark.parametrize("name", ["openai/gsm8k", "openai%2Fgsm8k", "OpenAI/GSM8K"])
def test_similar_datasets_say_what_they_share(api: httpx2.Client, filled: Stock, name: str) -> None:
    answer = api.get(f"/api/datasets/{name}/similar")

    told = shapes.SimilarDatasets.model_validate_json(answer.content)
    assert (told.items[0].id, told.items[0].shared_tags) == ("lab/gsm8k-hard", [QA])
    assert "openai/gsm8k" not in ids(answer)
    assert len(ids(api.get(f"/api/datasets/{name}/similar?limit=1"))) == 1
    same = {"If-None-Match": answer.headers["etag"]}
    assert api.get(f"/api/datasets/{name}/similar", headers=same).status_code == 304


def test_what_is_described_in_the_same_words_is_shown_once(
    api: httpx2.Client, stock: Stock, settings: Settings
) -> None:
    prose = "A collection of rhymes, each with the year {} in which it was written down."
    stock.put(
        dataset(1, "a/rhymes", tags=("rhymes",)),
        *(
            dataset(n, f"author-{n}/verse-{n}", tags=("rhymes",), description=prose.format(n))
            for n in range(2, 9)
        ),
        dataset(9, "z/other-rhymes"),
        *(dataset(n, f"x/{n}") for n in range(10, 50)),
    )
    stock.index(settings.index_dir)

    found_ids = ids(api.get("/api/datasets/a/rhymes/similar"))
    assert "z/other-rhymes" in found_ids
    assert sum("verse" in dataset_id for dataset_id in found_ids) == 1


def test_a_dataset_that_is_called_like_a_route_is_that_dataset(
    api: httpx2.Client, filled: Stock
) -> None:
    assert found(api.get("/api/datasets/openai/suggest"))["id"] == "openai/suggest"
    assert found(api.get("/api/datasets/gsm8k/similar"))["id"] == "gsm8k/similar"
    assert "gsm8k/similar" not in ids(api.get("/api/datasets/gsm8k/similar/similar"))


def test_unknown_and_renamed_ids_are_told_as_everywhere(api: httpx2.Client, filled: Stock) -> None:
    refused(api.get("/api/datasets/no/such/similar"), 404, "dataset-not-found")

    filled.put(dataset(3, "aviary/birds"))
    moved = api.get("/api/datasets/zoo/birds/similar?limit=3", follow_redirects=False)
    assert moved.status_code == 308
    assert moved.headers["location"] == "/api/datasets/aviary/birds/similar?limit=3"


def test_highlights_go_with_the_items(api: httpx2.Client, filled: Stock) -> None:
    answer = api.get("/api/datasets", params={"search": "gsm 8k sum", "highlight": "true"})

    page = listed.Page.model_validate_json(answer.content)
    [item] = page.items
    assert item.highlights is not None
    assert item.highlights.model_dump(exclude_none=True) == {
        "id": "openai/<mark>gsm8k</mark>",
        "name": "<mark>gsm8k</mark>",
        "description": "A &lt;b&gt;<mark>sum</mark>",
    }


def test_highlights_are_empty_without_words_and_absent_unless_asked_for(
    api: httpx2.Client, filled: Stock
) -> None:
    for query in ("highlight=true", "highlight=true&license=mit"):
        items = found(api.get(f"/api/datasets?{query}"))["items"]
        assert all(item["highlights"] == {} for item in items)
    assert "highlights" not in found(api.get("/api/datasets?search=gsm"))["items"][0]


def test_highlights_change_neither_the_list_nor_its_cursor(
    api: httpx2.Client, filled: Stock
) -> None:
    plain = found(api.get("/api/datasets?search=gsm8k&limit=1&sort_by=downloads"))
    second = found(
        api.get(
            "/api/datasets",
            params={
                "search": "gsm8k",
                "limit": 1,
                "sort_by": "downloads",
                "highlight": "true",
                "explain": "true",
                "cursor": plain["next_cursor"],
            },
        )
    )
    assert second["items"][0]["id"] == "lab/gsm8k-hard"
    assert second["items"][0]["highlights"]["name"] == "<mark>gsm8k</mark>-hard"
    assert second["items"][0]["explanation"]
