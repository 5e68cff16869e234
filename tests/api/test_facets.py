"""Facets in the answers of the list."""

import random
from collections import Counter

import httpx2
import pytest

from collinear.api.shapes.listed import Page
from collinear.domain.dataset import Dataset
from collinear.domain.facets import OWN_FILTERS
from collinear.settings import Settings
from tests.api.answers import blamed, found, ids, refused
from tests.store.stock import Stock, dataset

EVERY = ",".join(OWN_FILTERS)


def some_datasets(how_many: int) -> list[Dataset]:
    rnd = random.Random(5)
    licenses, languages = ("mit", "MIT", 'a"b\\', "数\n据", "apache-2.0"), ("en", "de", "fr")
    return [
        dataset(
            n,
            f"{rnd.choice('abc')}/word-{n}",
            tags=(
                f"license:{rnd.choice(licenses)}",
                *(f"language:{tongue}" for tongue in rnd.sample(languages, rnd.randrange(3))),
            ),
            downloads=rnd.choice((None, 0, 7, 70, 10_000)),
            gated=rnd.choice((False, "auto")),
        )
        for n in range(how_many)
    ]


@pytest.fixture
def stored(stock: Stock, settings: Settings) -> list[Dataset]:
    """What the catalog holds, and the index too."""
    datasets = some_datasets(40)
    stock.put(*datasets)
    stock.index(settings.index_dir)
    return datasets


def labels(datasets: list[Dataset], prefix: str) -> dict[str, int]:
    """How many datasets have each tag with a prefix, counted by hand."""
    found = [tag for some in datasets for tag in some.tags if tag.startswith(prefix)]
    return dict(Counter(tag.removeprefix(prefix) for tag in found))


def test_facets_are_counts_of_what_fits_without_their_own_filter(
    api: httpx2.Client, stored: list[Dataset]
) -> None:
    """One request, several facets: two of them with a filter of their own, one without."""
    page = found(
        api.get(
            "/api/datasets",
            params={"facets": "license,language,author", "license": "mit", "language": ["en"]},
        )
    )
    mit = [some for some in stored if "license:mit" in some.tags]
    english = [some for some in stored if "language:en" in some.tags]
    both = [some for some in mit if some in english]
    assert page["facets"]["license"] == labels(english, "license:")
    assert page["facets"]["language"] == labels(mit, "language:")
    assert page["facets"]["author"] == dict(Counter(some.author for some in both))
    assert list(page["facets"]) == ["license", "language", "author"]
    assert page["total"] == len(both)
    assert page["facets_more"] == []


@pytest.mark.parametrize(
    "query", ["", "search=word", "search=word&gated=true", "min_downloads=1&sort_by=likes"]
)
def test_every_facet_can_be_asked_for_at_once(
    api: httpx2.Client, stored: list[Dataset], query: str
) -> None:
    """In the shape that is documented; the page itself is the one without facets."""
    plain = found(api.get(f"/api/datasets?{query}"))
    assert (plain["facets"], plain["facets_more"]) == (None, [])
    answer = api.get(f"/api/datasets?{query}&facets={EVERY}")
    page = Page.model_validate_json(answer.content)
    assert page.facets is not None
    assert list(page.facets) == list(OWN_FILTERS)
    assert found(answer) == plain | {"facets": found(answer)["facets"]}
    histogram = found(answer)["facets"]["downloads:histogram"]
    fitting = sum(bucket["count"] for bucket in histogram["buckets"]) + histogram["unknown"]
    assert fitting == (page.total if "downloads" not in query else len(stored))


def test_a_list_of_everything_comes_in_its_stored_order(
    api: httpx2.Client, stored: list[Dataset]
) -> None:
    """With and without facets a cursor goes on in the same list, and every page has the same."""
    query = "/api/datasets?sort_by=downloads&limit=15"
    walked, facets, cursor = [], [], ""
    for with_facets in ("&facets=license", "&facets=license,tag&facet_limit=3", ""):
        page = found(api.get(f"{query}{with_facets}{cursor}"))
        walked += [item["id"] for item in page["items"]]
        facets.append(page["facets"] and page["facets"]["license"])
        cursor = f"&cursor={page['next_cursor']}"
    assert walked == ids(api.get("/api/datasets?sort_by=downloads&limit=100"))
    assert facets[0] == labels(stored, "license:")
    assert list(facets[0].items())[:3] == list(facets[1].items())
    assert facets[2] is None


def test_more_values_than_are_shown_are_told(api: httpx2.Client, stored: list[Dataset]) -> None:
    """By the names of the facets that have them."""
    query = "/api/datasets?facets=license,gated,author,likes:histogram"
    page = found(api.get(f"{query}&facet_limit=2"))
    assert page["facets_more"] == ["license", "author"]
    assert page["facets"]["license"] == dict(
        list(found(api.get(query))["facets"]["license"].items())[:2]
    )


def test_facets_are_true_for_the_index(
    api: httpx2.Client, stored: list[Dataset], stock: Stock, settings: Settings
) -> None:
    """The serial is the index's; what has not changed is not sent again, and never a stale one."""
    query = "/api/datasets?facets=license"
    first = api.get(query)
    indexed = str(stock.serial)
    assert first.headers["x-catalog-serial"] == indexed
    assert api.get(query, headers={"if-none-match": first.headers["etag"]}).status_code == 304

    stock.put(dataset(99, "a/word-99", tags=("license:new",)))
    behind = api.get(query, headers={"if-none-match": first.headers["etag"]})
    assert behind.status_code == 200
    assert behind.headers["x-catalog-serial"] == indexed
    assert found(behind)["total"] == 41
    assert found(behind)["facets"] == found(first)["facets"]

    stock.index(settings.index_dir)
    caught_up = api.get(query, headers={"if-none-match": behind.headers["etag"]})
    assert found(caught_up)["facets"]["license"]["new"] == 1
    assert caught_up.headers["x-catalog-serial"] == str(stock.serial)


def test_without_an_index_there_are_no_facets(fresh_api: httpx2.Client, stock: Stock) -> None:
    """Nothing to count is no problem; not being able to count is one."""
    page = found(fresh_api.get("/api/datasets?facets=license,likes:histogram"))
    assert page["facets"] == {"license": {}, "likes:histogram": {"buckets": [], "unknown": 0}}
    assert found(fresh_api.get("/api/datasets?search=x&facets=tag"))["facets"] == {"tag": {}}
    stock.put(dataset(1, "a/b"))
    refused(fresh_api.get("/api/datasets?facets=license"), 503, "index-not-ready")
    assert ids(fresh_api.get("/api/datasets")) == ["a/b"]


def test_a_facet_that_there_is_not_is_named_with_what_was_meant(api: httpx2.Client) -> None:
    """Or with all there are."""
    reasons = [
        blamed(api.get(f"/api/datasets?facets=tag,{name}"))["facets"]
        for name in ("licence", "size:histogram", "created_at", "xyz", "")
    ]
    assert reasons[0] == "'licence' is unknown; did you mean license?"
    assert reasons[1] == "'size:histogram' is unknown; did you mean size_bytes:histogram?"
    assert reasons[2] == "'created_at' is unknown; did you mean created_at:histogram?"
    assert reasons[3] == f"'xyz' is unknown; there are {', '.join(OWN_FILTERS)}"
    assert reasons[4].startswith("'' is unknown; there are author, tag,")
