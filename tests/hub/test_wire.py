"""The Hub's rows in our words: nothing invented, nothing lost, one bad row alone."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collinear.domain.dataset import from_document
from collinear.domain.impact import ImpactPolicy
from collinear.hub.wire import FIELDS, translate
from collinear.store.documents import parse, to_bytes

HUB_ID = "641a36394097fa34bd332e4a"
REAL_ROWS = Path(__file__).parents[3] / "shared" / "hub" / "rows.jsonl.gz"


def row(**fields: Any) -> dict[str, Any]:
    return {"_id": HUB_ID, "id": "acme/widgets", **fields}


def test_a_whole_row() -> None:
    [dataset] = translate(
        [
            row(
                author="acme",
                sha="c3c2",
                createdAt="2026-09-03T14:30:47.000Z",
                lastModified="2026-09-03T14:36:20.000Z",
                private=False,
                gated="auto",
                disabled=False,
                downloads=12,
                downloadsAllTime=340,
                likes=3,
                trendingScore=1,
                mainSize=58_710_973,
                tags=["license:mit", "region:us"],
                description="…",
            )
        ]
    ).datasets

    document = dataset.to_document(ImpactPolicy())

    assert document["hub_id"] == HUB_ID
    assert (document["author"], document["name"]) == ("acme", "widgets")
    assert document["size_bytes"] == 58_710_973
    assert (document["downloads"], document["downloads_all_time"]) == (12, 340)
    assert document["created_at"] == "2026-09-03T14:30:47.000Z"
    assert document["gated"] == "auto"
    assert document["impact_level"] == "low"
    assert document["impact_assessment"]["assessment_method"] == "downloads"


def test_what_a_row_lacks_is_unknown_and_never_zero() -> None:
    [dataset] = translate([{"_id": HUB_ID, "id": "squad"}]).datasets

    document = dataset.to_document(ImpactPolicy())

    unknown = {"size_bytes", "downloads", "downloads_all_time", "likes", "trending_score"}
    unknown |= {"description", "sha", "created_at", "last_modified", "author"}
    assert {name for name, value in document.items() if value is None} == unknown
    assert document["tags"] == ()
    assert document["impact_level"] == "not_available"
    assert document["impact_assessment"]["assessment_method"] == "none"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(["no", "object"], "the row is a list", id="no object"),
        pytest.param({"id": "a/b"}, "_id is not", id="no _id"),
        pytest.param({"_id": "xyz", "id": "a/b"}, "_id is not", id="odd _id"),
        pytest.param({"_id": HUB_ID}, "id is not", id="no id"),
        pytest.param({"_id": HUB_ID, "id": ""}, "id is not", id="empty id"),
        pytest.param({"_id": HUB_ID, "id": "a/\ud800"}, "id is not", id="half an id"),
        pytest.param(row(downloads="12"), "downloads is '12'", id="text for a count"),
        pytest.param(row(downloads=True), "downloads is True", id="truth for a count"),
        pytest.param(row(likes=2**70), "likes is", id="a count beyond all bounds"),
        pytest.param(row(trendingScore=float("nan")), "trendingScore is nan", id="no number"),
        pytest.param(row(tags="mit"), "tags is 'mit'", id="text for tags"),
        pytest.param(row(tags=["a", 1]), "tags is", id="a number among tags"),
        pytest.param(row(gated=True), "gated is True", id="gated without a way"),
        pytest.param(row(description={"a": 1}), "description is", id="object for a text"),
        pytest.param(row(private="no"), "private is 'no'", id="text for truth"),
    ],
)
def test_a_wrong_type_is_set_aside_alone(bad: Any, reason: str) -> None:
    translated = translate([row(id="acme/before"), bad, row(id="acme/after")])

    assert [one.id for one in translated.datasets] == ["acme/before", "acme/after"]
    [rejected] = translated.rejected
    assert rejected.reason.startswith(reason)
    assert len(rejected.reason) < 200


@given(st.text(min_size=1), st.text(), st.lists(st.text()))
def test_whatever_strings_hold_is_kept_to_the_letter(
    dataset_id: str, description: str, tags: list[str]
) -> None:
    raw = row(id=dataset_id, description=description, tags=tags, createdAt=description)

    [dataset] = translate([raw]).datasets

    stored = parse(to_bytes(dataset.to_document(ImpactPolicy())))
    assert (stored["id"], stored["description"], stored["tags"]) == (dataset_id, description, tags)


def test_half_a_character_is_kept_as_an_escape() -> None:
    [dataset] = translate([row(description="half \ud83d of an emoji")]).datasets

    stored = to_bytes(dataset.to_document(ImpactPolicy()))

    assert b"\\ud83d" in stored
    assert parse(stored)["description"] == "half \ud83d of an emoji"


@pytest.mark.skipif(not REAL_ROWS.exists(), reason="the real rows are not beside this checkout")
def test_every_real_row_survives_the_way_into_a_document_and_back() -> None:
    policy = ImpactPolicy()
    with gzip.open(REAL_ROWS, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    for number, real in enumerate(rows):
        real["_id"] = f"{number:024x}"
    asked = dict.fromkeys(("_id", "id", *FIELDS))

    translated = translate([{k: v for k, v in real.items() if k in asked} for real in rows])

    assert not translated.rejected
    for real, dataset in zip(rows, translated.datasets, strict=True):
        stored = parse(to_bytes(dataset.to_document(policy)))
        assert stored["id"] == real["id"]
        assert stored["tags"] == real.get("tags", [])
        assert stored["description"] == real.get("description")
        assert stored["size_bytes"] == real.get("mainSize")
        assert from_document(stored) == dataset


def test_a_row_that_is_nested_too_deeply_is_set_aside_alone() -> None:
    """Too deep to be printed, though not to be read."""
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]

    translated = translate([row(), row(tags=deep)])

    assert len(translated.datasets) == 1
    assert [one.hub_id for one in translated.rejected] == [HUB_ID]
