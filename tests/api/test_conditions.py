"""Conditional requests: 304 while nothing has changed, and never a moment longer."""

import httpx2
import pytest

from collinear.settings import Settings
from collinear.store.run_records import Kind
from tests.api.serving import running_api
from tests.store.stock import Stock, dataset

READS = [
    "/api/datasets",
    "/api/datasets?limit=1&sort_by=likes",
    "/api/datasets?search=word",
    "/api/datasets?license=mit&sort_by=id",
    "/api/datasets/org/word-1",
    "/api/datasets/changes?limit=1&include=document",
    "/api/datasets/changes",
    "/api/datasets/dead-letters",
    "/api/datasets/meta",
    "/api/datasets/cache-status",
    "/api/impact-policy",
]


@pytest.fixture
def filled(stock: Stock, settings: Settings) -> Stock:
    stock.put(*(dataset(n, f"org/word-{n}", tags=("license:mit",), likes=n) for n in range(3)))
    stock.index(settings.index_dir)
    return stock


def again(api: httpx2.Client, path: str, etag: str) -> httpx2.Response:
    return api.get(path, headers={"if-none-match": etag})


@pytest.mark.parametrize("path", READS)
def test_what_has_not_changed_is_not_sent_again(
    api: httpx2.Client, filled: Stock, path: str
) -> None:
    """The tag comes back alone, among others, weak or strong; the 304 has the headers."""
    first = api.get(path)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["x-catalog-serial"] == str(filled.serial)
    etag = first.headers["etag"]
    for sent in (etag, f'"other", {etag}', etag.removeprefix("W/")):
        second = again(api, path, sent)
        assert second.status_code == 304, sent
        assert second.content == b""
        assert second.headers["etag"] == etag
        assert second.headers["x-catalog-serial"] == str(filled.serial)
    assert again(api, path, '"other"').status_code == 200


def test_every_change_of_the_catalog_changes_the_tags(api: httpx2.Client, filled: Stock) -> None:
    """An edit, a flag, an index that has caught up: each is another answer."""
    paths = READS[:7]

    def tags() -> list[str]:
        return [api.get(path).headers["etag"] for path in paths]

    before = tags()
    filled.put(dataset(1, "org/word-1", likes=50))
    edited = tags()
    assert all(old != new for old, new in zip(before, edited, strict=True))

    filled.begin(Kind.FULL)
    refreshing = tags()
    assert all(old != new for old, new in zip(edited, refreshing, strict=True))


def test_an_index_that_catches_up_is_another_answer(
    api: httpx2.Client, filled: Stock, settings: Settings
) -> None:
    """
    The catalog has moved on already when the index follows: no stale 304 in between, and the
    serial is that of the index, which chose the answer.
    """
    indexed = filled.serial
    filled.put(dataset(7, "org/word-7"))
    path = "/api/datasets?search=word"
    behind = api.get(path)
    assert behind.json()["total"] == 3
    assert behind.headers["x-catalog-serial"] == str(indexed)
    assert again(api, path, behind.headers["etag"]).headers["x-catalog-serial"] == str(indexed)
    assert api.get("/api/datasets").headers["x-catalog-serial"] == str(filled.serial)
    filled.index(settings.index_dir)

    caught_up = again(api, path, behind.headers["etag"])

    assert caught_up.status_code == 200
    assert caught_up.json()["total"] == 4
    assert caught_up.headers["x-catalog-serial"] == str(filled.serial)


def test_answers_of_other_queries_encodings_and_versions_have_other_tags(
    api: httpx2.Client, filled: Stock
) -> None:
    """A tag says nothing about any other answer."""
    paths = ["/api/datasets", "/api/datasets?limit=1", "/api/datasets?limit=2"]
    paths += ["/api/datasets/org/word-1", "/api/datasets/org/word-2"]
    tags = [api.get(path).headers["etag"] for path in paths]
    tags += [api.get(p, headers={"accept-encoding": "identity"}).headers["etag"] for p in paths]
    assert len(set(tags)) == len(tags)


def test_being_seen_again_is_no_change_but_another_detail(
    api: httpx2.Client, filled: Stock
) -> None:
    """``last_seen`` moves with the pages of a run, the serial does not."""
    first = api.get("/api/datasets/org/word-1")
    run = filled.begin(Kind.DELTA)
    filled.put(dataset(1, "org/word-1", tags=("license:mit",), likes=1))
    filled.end()
    second = again(api, "/api/datasets/org/word-1", first.headers["etag"])
    assert run.number > 1
    assert second.status_code == 200
    assert second.headers["x-catalog-serial"] == first.headers["x-catalog-serial"]


def test_being_seen_again_shows_before_the_page_is_done(api: httpx2.Client, filled: Stock) -> None:
    """A page is stored in pieces, and may wait for long with some of them stored."""
    filled.begin(Kind.DELTA)
    one = dataset(1, "org/word-1", tags=("license:mit",), likes=1)
    detail = "/api/datasets/org/word-1"
    for _ in range(3):
        etag = api.get(detail).headers["etag"]
        assert again(api, detail, etag).status_code == 304

        filled.put(one)  # perhaps within the same second

        assert again(api, detail, etag).status_code == 200
    filled.end()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/datasets/org/nobody", 404),
        ("/api/datasets/org/nobody/similar", 404),
        ("/api/datasets?cursor=broken", 400),
        ("/api/datasets?search=word&cursor=broken", 400),
    ],
)
def test_a_star_names_nothing_where_there_is_nothing(
    api: httpx2.Client, filled: Stock, path: str, status: int
) -> None:
    """Whoever has any answer at all is still told that this one is none."""
    for _ in range(2):
        assert again(api, path, "*").status_code == status


def test_a_304_needs_no_document_and_no_index(
    api: httpx2.Client, filled: Stock, settings: Settings
) -> None:
    """It is answered from the state alone: here there is nothing else left."""
    path = "/api/datasets?sort_by=likes"
    etag = api.get(path).headers["etag"]
    filled.client.delete(filled.keys.documents, filled.keys.by("likes"))
    assert again(api, path, etag).status_code == 304


def test_other_thresholds_are_another_answer(filled: Stock, settings: Settings) -> None:
    """Those that the documents were graded by, which the store knows."""
    with running_api(settings) as api:
        before = api.get("/api/datasets")
        policy = api.get("/api/impact-policy").json()
        assert policy["downloads"] == {"medium": 10_000, "high": 100_000}
        filled.client.hset(
            filled.keys.meta, "thresholds", '{"downloads": {"medium": 1, "high": 2}}'
        )
        assert again(api, "/api/datasets", before.headers["etag"]).status_code == 200
        changed = api.get("/api/impact-policy").json()
        assert changed["downloads"] == {"medium": 1, "high": 2}
        assert changed["likes"] == policy["likes"]
        detail = api.get("/api/datasets/org/word-1").json()
        assert detail["impact_assessment"]["thresholds"] == changed


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/datasets/org/none", 404),
        ("/api/datasets?limit=0", 422),
        ("/api/datasets/org/word-1/similar", 200),
        ("/api/datasets/suggest?q=wo", 200),
        ("/api/datasets/refresh-cache/none", 404),
        ("/api/datasets/changes/stream?limit=1", 422),
    ],
)
def test_every_answer_names_the_serial(
    api: httpx2.Client, filled: Stock, path: str, status: int
) -> None:
    """Also those that say no: of the newest change that this process knows."""
    api.get("/api/datasets")

    answer = api.get(path)

    assert answer.status_code == status
    assert answer.headers["x-catalog-serial"] == str(filled.serial)


def test_who_is_not_found_is_not_there_as_of_now(api: httpx2.Client, filled: Stock) -> None:
    """The store was asked, so the answer knows its newest change."""
    api.get("/api/datasets")
    filled.put(dataset(77, "org/later"))

    answer = api.get("/api/datasets/org/nobody")

    assert answer.headers["x-catalog-serial"] == str(filled.serial)
