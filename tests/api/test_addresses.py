"""One dataset: every way to write its address, and what stands there."""

import httpx2
import pytest

from collinear.api.shapes import models
from tests.api.answers import found, raw, refused
from tests.store.stock import Stock, dataset


def test_the_detail_is_what_the_model_says(api: httpx2.Client, stock: Stock) -> None:
    """The impact in full, the rank among all, and when it was last seen."""
    stock.put(
        dataset(1, "org/a", downloads=20_000, likes=5, size_bytes=None),
        dataset(2, "org/b", downloads=10, likes=5),
    )
    answer = api.get("/api/datasets/org/a")

    detail = models.Detail.model_validate_json(answer.content)
    assert detail.impact_assessment.dataset_id == "org/a"
    assert detail.impact_assessment.assessment_method == "downloads"
    assert detail.impact_assessment.impact_level == "medium"
    assert detail.impact_assessment.metrics.downloads == 20_000
    assert detail.impact_assessment.thresholds.downloads.high == 100_000
    assert detail.ranks.downloads is not None
    assert detail.ranks.downloads.model_dump() == {"rank": 1, "percentile": 50.0, "of": 2}
    assert detail.ranks.likes is not None
    assert detail.ranks.likes.rank == 1
    assert detail.ranks.size_bytes is None
    assert detail.last_seen is not None
    item = found(api.get("/api/datasets?limit=1"))["items"][0]
    shown = answer.json()
    assert {name: shown[name] for name in item if name != "impact_assessment"} == {
        name: value for name, value in item.items() if name != "impact_assessment"
    }
    assert item["impact_assessment"].items() <= shown["impact_assessment"].items()


@pytest.mark.parametrize(
    ("path", "id_"),
    [
        ("org/name", "org/name"),
        ("org%2Fname", "org/name"),
        ("org%2fname", "org/name"),
        ("org/name/", "org/name"),
        ("ORG/Name", "org/name"),
        ("squad", "squad"),
        ("Squad", "squad"),
        ("x/commits", "x/commits"),
        ("x%2Fcommits", "x/commits"),
        ("X/Commits", "x/commits"),
        ("org/files", "org/files"),
        ("refresh-cache/data", "refresh-cache/data"),
        ("a%20b/c%3Fd", "a b/c?d"),
        ("%E6%95%B0%E6%8D%AE/%F0%9F%98%80", "数据/😀"),
        ("100%25/%252F", "100%/%2F"),
    ],
)
def test_every_spelling_of_an_id_leads_to_it(
    api: httpx2.Client, stock: Stock, path: str, id_: str
) -> None:
    """A path that is the id of a known dataset is that dataset, whatever else it could be."""
    names = ["org/name", "squad", "x/commits", "org/files", "refresh-cache/data", "x", "org"]
    names += ["a b/c?d", "数据/😀", "100%/%2F"]
    stock.put(*(dataset(n, name) for n, name in enumerate(names)))
    answer = raw(api, f"/api/datasets/{path}")
    assert found(answer)["id"] == id_


def test_a_renamed_dataset_answers_with_its_new_address(api: httpx2.Client, stock: Stock) -> None:
    """308 keeps what was asked about it: the part below, and the query."""
    stock.put(dataset(1, "old/name"))
    stock.put(dataset(1, "new/na me%"))
    moved = {
        "/api/datasets/old/name": "/api/datasets/new/na%20me%25",
        "/api/datasets/old%2Fname": "/api/datasets/new/na%20me%25",
        "/api/datasets/old/name/files?revision=a%26b&detail=true": (
            "/api/datasets/new/na%20me%25/files?revision=a%26b&detail=true"
        ),
        "/api/datasets/old/name/commits/?limit=3": "/api/datasets/new/na%20me%25/commits?limit=3",
    }
    for path, location in moved.items():
        answer = raw(api, path)
        assert refused(answer, 308, "dataset-moved")["detail"]
        assert answer.headers["location"] == location
    assert found(raw(api, "/api/datasets/new/na%20me%25"))["hub_id"] == f"{1:024x}"


@pytest.mark.parametrize(
    "path",
    [
        "nobody/nothing",
        "..",
        "../..",
        "a/../b",
        "a//b",
        "a/b/c",
        "%20",
        "%00",
        "a/%00",
        "a%0ab",
        "a" * 300,
        "a/" + "b" * 3000,
        "a%2Fb%2Fc",
        "%252e%252e",
        "squad%00",
        "nobody/nothing/files",
        "nobody/nothing/commits",
        "..%2Ffiles",
        "'%22%3Cscript%3E",
    ],
)
def test_what_is_no_dataset_is_said_to_be_none(api: httpx2.Client, stock: Stock, path: str) -> None:
    """404 that names it, from our own store: the Hub is not asked."""
    stock.put(dataset(1, "squad"))
    answer = raw(api, f"/api/datasets/{path}")
    refused(answer, 404, "dataset-not-found")


@pytest.mark.parametrize("path", ["%ff", "org/%c3%28", "%ed%a0%80/files", "a/%f5%80%80%80"])
def test_bytes_that_are_no_text_are_refused(api: httpx2.Client, path: str) -> None:
    """No id can be meant by them."""
    refused(raw(api, f"/api/datasets/{path}"), 422, "bad-parameter")


@pytest.mark.parametrize("path", ["//files", "///", "//", "//commits/"])
def test_an_empty_id_is_refused(api: httpx2.Client, path: str) -> None:
    """Two slashes in a row leave nothing between them."""
    answer = raw(api, f"/api/datasets{path}")
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_head_answers_as_get_does_without_a_body(api: httpx2.Client, stock: Stock) -> None:
    """The same headers, also of a problem."""
    stock.put(dataset(1, "org/a"))
    for path in ("/api/datasets", "/api/datasets/org/a", "/api/datasets/org/b", "/livez", "/docs"):
        get, head = api.get(path), api.head(path)
        assert head.status_code == get.status_code
        assert head.content == b""
        assert head.headers["content-length"] == get.headers["content-length"]
        assert head.headers.get("etag") == get.headers.get("etag")
