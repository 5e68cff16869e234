"""The list: pages, cursors, orders, words and filters."""

import httpx2
import pytest

from collinear.api.shapes import listed
from collinear.settings import Settings
from tests.api.answers import blamed, found, ids, refused
from tests.store.stock import Stock, dataset


@pytest.mark.parametrize("path", ["/api/datasets", "/api/datasets/"])
def test_a_page_is_what_the_model_says(api: httpx2.Client, stock: Stock, path: str) -> None:
    """Stored bytes are spliced into the answer: parsing it with the model proves the shape."""
    stock.put(
        dataset(
            1, "org/a", description='"]}, \\ 😀\n', downloads=120_000, gated="auto", tags=("x",)
        ),
        dataset(2, "org/b"),
        dataset(3, "squad", likes=0, trending_score=0.5, last_modified=1),
    )
    answer = api.get(path, params={"limit": 2})

    page = listed.Page.model_validate_json(answer.content)
    assert answer.headers["content-type"] == "application/json"
    assert [item.id for item in page.items] == ["org/a", "org/b"]
    assert page.items[0].impact_level == "high"
    assert (page.total, page.total_pages, page.current_page) == (3, 2, 1)
    assert (page.next_page, page.prev_page) == (2, None)
    assert not page.warming_up
    last = listed.Page.model_validate_json(api.get(path, params={"limit": 2, "offset": 2}).content)
    assert (last.current_page, last.next_page, last.prev_page) == (2, None, 1)
    assert last.next_cursor is None


def test_half_a_surrogate_pair_is_served_as_it_came(api: httpx2.Client, stock: Stock) -> None:
    """One odd row spoils neither the page nor its neighbours."""
    stock.put(dataset(1, "org/a", description="\ud83d"), dataset(2, "org/b"))
    assert ids(api.get("/api/datasets")) == ["org/a", "org/b"]
    assert found(api.get("/api/datasets/org/a"))["description"] == "\ud83d"


def test_an_empty_catalog_is_warming_up_and_no_error(api: httpx2.Client) -> None:
    """Also for words, while there is no index: nothing can be missed in nothing."""
    for query in ("", "?search=words", "?license=mit&sort_by=likes", "?offset=50"):
        page = found(api.get(f"/api/datasets{query}"))
        assert page["items"] == []
        assert page["total"] == 0
        assert page["warming_up"] is True
        assert page["next_cursor"] is None
    assert found(api.get("/api/datasets/cache-status"))["warming_up"] is True


def test_past_the_end_the_total_is_still_true(api: httpx2.Client, stock: Stock) -> None:
    """Nobody is told that there is nothing because they asked too far."""
    stock.put(*(dataset(n, f"org/{n}") for n in range(5)))
    page = found(api.get("/api/datasets", params={"limit": 2, "offset": 100}))
    assert page["items"] == []
    assert (page["total"], page["total_pages"], page["next_page"]) == (5, 3, None)
    assert page["current_page"] == 51
    assert page["prev_page"] == 3
    assert page["next_cursor"] is None


@pytest.mark.parametrize("sort_order", ["asc", "desc"])
@pytest.mark.parametrize("sort_by", [None, "downloads", "likes", "id", "created_at"])
def test_a_walk_by_cursor_meets_every_dataset_once(
    api: httpx2.Client, stock: Stock, sort_by: str | None, sort_order: str
) -> None:
    """With changing page sizes; the place within the pages has no number then."""
    stock.put(*(dataset(n, f"org/{n}", downloads=n % 3 or None) for n in range(20)))
    query = {"sort_order": sort_order} | ({"sort_by": sort_by} if sort_by else {})
    whole = ids(api.get("/api/datasets", params={**query, "limit": 1000}))

    walked: list[str] = []
    page = found(api.get("/api/datasets", params={**query, "limit": 1}))
    for limit in (1, 2, 3, 5, 8, 13):
        walked += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
        page = found(api.get("/api/datasets", params={**query, "limit": limit, "cursor": cursor}))
        assert (page["current_page"], page["next_page"], page["prev_page"]) == (None, None, None)
        assert page["total"] == 20

    assert walked == whole
    assert len(set(walked)) == 20


def test_words_and_filters_are_answered_by_the_index(
    fresh_api: httpx2.Client, stock: Stock, settings: Settings
) -> None:
    """Found, counted and walked; the documents are those of the store."""
    stock.put(
        *(
            dataset(n, f"org/reading-{n}", tags=("license:mit",), downloads=n, likes=n % 2)
            for n in range(6)
        ),
        dataset(10, "org/other", tags=("license:apache-2.0",)),
    )
    refused(fresh_api.get("/api/datasets?search=reading"), 503, "index-not-ready")
    stock.index(settings.index_dir)

    page = found(fresh_api.get("/api/datasets?search=reading&sort_by=downloads&limit=4"))
    assert page["total"] == 6
    assert [item["downloads"] for item in page["items"]] == [5, 4, 3, 2]
    assert (page["total_pages"], page["next_page"]) == (2, 2)
    cursor = page["next_cursor"]
    tail = fresh_api.get(f"/api/datasets?search=reading&sort_by=downloads&cursor={cursor}")
    assert ids(tail) == ["org/reading-1", "org/reading-0"]
    assert ids(fresh_api.get("/api/datasets?license=apache-2.0&license=gpl")) == ["org/other"]
    assert found(fresh_api.get("/api/datasets?license=gpl"))["total"] == 0
    assert found(fresh_api.get("/api/datasets?min_likes=1&created_after=2023-01-01"))["total"] == 3
    relevant = ids(fresh_api.get("/api/datasets?search=reading"))
    assert sorted(relevant) == sorted(f"org/reading-{n}" for n in range(6))


def test_a_hit_that_left_meanwhile_leaves_a_gap_and_no_error(
    api: httpx2.Client, stock: Stock, settings: Settings
) -> None:
    """The index lags a little; what it still finds may be gone from the store."""
    stock.put(*(dataset(n, f"org/word-{n}") for n in range(3)))
    stock.index(settings.index_dir)
    stock.drop(dataset(1, "org/word-1"))
    assert ids(api.get("/api/datasets?search=word&sort_by=id")) == ["org/word-0", "org/word-2"]


def test_a_cursor_goes_with_its_own_query_only(
    api: httpx2.Client, stock: Stock, settings: Settings
) -> None:
    """Another order, another filter, a spoilt letter: 400 that says what to do."""
    stock.put(*(dataset(n, f"org/word-{n}", likes=n) for n in range(5)))
    stock.index(settings.index_dir)
    plain = found(api.get("/api/datasets?sort_by=likes&limit=2"))["next_cursor"]
    words = found(api.get("/api/datasets?search=word&sort_by=likes&limit=2"))["next_cursor"]

    assert len(ids(api.get(f"/api/datasets?sort_by=likes&limit=1&cursor={plain}"))) == 1
    # spelled out, the default order is still the same query
    assert len(ids(api.get(f"/api/datasets?sort_by=likes&sort_order=desc&cursor={plain}"))) == 3
    wrong = [
        f"sort_by=likes&sort_order=asc&cursor={plain}",
        f"sort_by=downloads&cursor={plain}",
        f"cursor={plain}",
        f"sort_by=likes&search=word&cursor={plain}",
        f"sort_by=likes&cursor={words}",
        f"search=wor&sort_by=likes&cursor={words}",
        f"search=word&sort_by=likes&cursor={plain}",
        "cursor=x",
        "cursor=%00",
        "cursor=====",
        f"sort_by=likes&cursor={plain}A",
        *(f"sort_by=likes&cursor={plain[:n]}" for n in range(1, len(plain))),
        *(
            f"sort_by=likes&cursor={plain[:n]}{'A' if plain[n] != 'A' else 'B'}{plain[n + 1 :]}"
            for n in range(len(plain))
        ),
    ]
    for query in wrong:
        refused(api.get(f"/api/datasets?{query}"), 400, "bad-cursor")
    assert "offset" in blamed(api.get(f"/api/datasets?offset=1&cursor={plain}"))["cursor"]


def test_a_large_answer_is_compressed_where_the_caller_can_read_it(
    api: httpx2.Client, stock: Stock
) -> None:
    """A small one is not: it would cost more than it saves."""
    stock.put(*(dataset(n, f"org/{n}", description="word " * 20) for n in range(100)))
    large = api.get("/api/datasets?limit=100", headers={"accept-encoding": "gzip"})
    plain = api.get("/api/datasets?limit=100", headers={"accept-encoding": "identity"})
    small = api.get("/api/datasets?limit=2")

    assert large.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in small.headers
    assert large.json() == plain.json()
    assert large.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert large.headers["etag"] != plain.headers["etag"]
