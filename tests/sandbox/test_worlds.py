"""Where the rows come from: the generator, and files."""

import gzip
import json
import os
from collections import Counter
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from collinear.sandbox import rowtext
from collinear.sandbox.fill import HORIZON, BadRow, fill, moment
from collinear.sandbox.generate import generate, open_world
from collinear.sandbox.life import Life
from collinear.sandbox.orders import Sort
from collinear.sandbox.rowsfile import BadRowsFile
from collinear.sandbox.rowsfile import open_world as open_file
from collinear.sandbox.rowtext import FIELDS, Row
from collinear.sandbox.world import World

REAL = Path(os.environ.get("COLLINEAR_TEST_ROWS", Path.cwd().parent / "shared/hub/rows.jsonl.gz"))
COUNT = 12_000


@pytest.fixture(scope="module")
def world() -> World:
    """Twelve thousand generated datasets."""
    return open_world(COUNT, seed=1)


@pytest.fixture(scope="module")
def rows(world: World) -> list[Row]:
    """Their rows, oldest first."""
    return [world.row(slot) for slot in world.order(Sort.CREATED_AT).slots]


def test_the_same_seed_makes_the_same_world(world: World) -> None:
    """And another seed another one."""
    again = open_world(COUNT, seed=1)
    assert all(again.texts[slot] == world.texts[slot] for slot in range(COUNT))
    assert again.redirects == world.redirects
    other = open_world(100, seed=2)
    assert not set(other.ids) & set(world.ids[:100])


def test_a_dataset_does_not_depend_on_how_many_there_are() -> None:
    """Only its dates do, because growth fills the same years."""
    dated = {"_id", "createdAt", "lastModified"}
    few, many = (list(islice(generate(count, 5), 1_500)) for count in (1_500, 40_000))
    for one, other in zip(few, many, strict=True):
        assert one.former_id == other.former_id
        assert {k: v for k, v in one.row.items() if k not in dated} == {
            k: v for k, v in other.row.items() if k not in dated
        }


def test_identities_agree_with_dates(rows: list[Row]) -> None:
    """`_id` begins with the second of the creation, in order; some share a second."""
    assert len({row["_id"] for row in rows}) == len({row["id"] for row in rows}) == COUNT
    assert all(moment(int(row["_id"][:8], 16) * 1000) == row["createdAt"] for row in rows)
    created = [row["createdAt"] for row in rows]
    assert created == sorted(created)
    assert created[0] == created[299] == "2022-03-02T23:29:04.000Z"
    assert max(Counter(created[1_000:]).values()) >= 3
    years = Counter(date[:4] for date in created)
    assert years["2023"] < years["2024"] < years["2025"] < years["2026"]
    assert all(row["createdAt"] <= row["lastModified"] <= moment(HORIZON) for row in rows)


def test_counts_have_long_tails(rows: list[Row]) -> None:
    """Two thirds without downloads, a few with nearly all; a few authors with a lot."""
    downloads = sorted(row["downloads"] for row in rows)
    assert 0.63 < downloads.count(0) / COUNT < 0.70
    assert sum(downloads[-COUNT // 100 :]) > sum(downloads) / 2
    assert all(row["downloadsAllTime"] >= row["downloads"] for row in rows)
    assert 0.7 < sum(row["likes"] == 0 for row in rows) / COUNT < 0.95
    authors = Counter(row.get("author") for row in rows)
    assert authors.most_common(1)[0][1] > COUNT * 0.02
    assert sum(count == 1 for count in authors.values()) > COUNT / 5
    sizes = [row["mainSize"] for row in rows if "mainSize" in row]
    assert max(sizes) > 10**10
    assert min(sizes) < 10**4


def test_what_is_missing(rows: list[Row]) -> None:
    """Every field that may be missing is missing somewhere; booleans never are."""
    missing = Counter(key for row in rows for key in FIELDS if key not in row)
    assert set(missing) == {"author", "description", "tags", "mainSize", "trendingScore"}
    assert all("/" not in row["id"] for row in rows if "author" not in row)
    assert {row["gated"] for row in rows} == {False, "auto", "manual"}
    assert not any(row["private"] for row in rows)


def test_texts(rows: list[Row]) -> None:
    """Mostly 300 to 700 characters, in many scripts, with tabs and newlines in front."""
    texts = [row["description"] for row in rows if "description" in row]
    assert sum(300 <= len(text) <= 700 for text in texts) > len(texts) * 0.75
    assert sum(text.startswith("\n\t") for text in texts) > len(texts) / 3
    assert len(set(texts)) > len(texts) * 0.99
    assert not any("%(" in text or "$" in text for text in texts)
    for first, last in (
        ("一", "鿿"),
        ("가", "힣"),
        ("ぁ", "ヿ"),
        ("\u0430", "\u044f"),
        ("\U0001f300", "\U0001faff"),
    ):
        assert any(first <= char <= last for text in texts for char in text)
    average = sum(len(rowtext.dump(row)) for row in rows) / COUNT
    assert 850 < average < 1_000


def test_tags_and_names(rows: list[Row]) -> None:
    """Huge lists, odd tags, names that the official client accepts, look-alikes."""
    tags = [row["tags"] for row in rows if "tags" in row]
    assert max(map(len, tags)) > 300
    every = {tag for some in tags for tag in some}
    assert {"region:us", "license:mit", "task_categories:robotics", "100k<n<1M"} <= every
    assert any("\n" in tag for tag in every)
    assert any(tag > "\u3000" for tag in every)
    names = [row["id"] for row in rows]
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")
    assert all(set(name) <= allowed and len(name) <= 96 for name in names)
    assert not any("--" in name or ".." in name for name in names)
    assert any(name.endswith(".csv") for name in names)
    assert any(name.endswith("_") for name in names)
    assert any(name.rpartition("/")[2].isdigit() for name in names)
    assert any(count > 1 for count in Counter(map(str.lower, names)).values())


def test_former_names_lead_to_datasets(world: World) -> None:
    """Renamed ones with a namespace, legacy ones without."""
    assert any("/" in name for name in world.redirects)
    assert any("/" not in name for name in world.redirects)
    assert all(name not in world for name in world.redirects)


def test_life_is_decided_by_the_seed() -> None:
    """The same things happen to the same datasets; all of them are real changes."""
    told = []
    for _ in range(2):
        world = open_world(300, seed=3)
        life = Life(world, seed=9)
        began_with = set(world.ids)
        told.append([event for _ in range(230) for event in life.step()])
        assert began_with <= set(world.ids)
        assert len(world) == 300 + 15 - 2
        for sort in Sort:
            assert len(world.order(sort).slots) == len(world)
    assert told[0] == told[1]
    for what in ("downloaded", "committed", "is new", "is called", "is gone"):
        assert any(what in event for event in told[0])
    assert Life(World(), seed=1).step() == []


def test_filling_in_is_repeatable_and_invents_no_counts() -> None:
    """What is unknown stays unknown; a field given as None stays absent."""
    one, other = (fill({"id": "a/b"}, position=3, created=1_700_000_000_000) for _ in range(2))
    assert one == other
    assert set(one) == {
        *("_id", "id", "author", "sha", "createdAt", "lastModified"),
        *("private", "gated", "disabled"),
    }
    given = fill({"id": "a/b", "downloads": 7, "author": None}, position=0, created=0)
    assert "author" not in given
    assert given["downloadsAllTime"] >= 7
    early = fill(
        {"id": "a/b", "lastModified": "2020-01-01T00:00:00.000Z"}, position=0, created=2e12
    )
    assert early["createdAt"] == early["lastModified"]
    by_id = fill({"id": "a/b", "_id": "65a1b2c3d4e5f60718293a4b"}, position=0, created=0)
    assert by_id["createdAt"] == moment(0x65A1B2C3 * 1000)
    with pytest.raises(BadRow):
        fill({"id": 5}, position=0, created=0)


def test_rows_from_a_file(tmp_path: Path) -> None:
    """Plain or gzipped; empty lines are skipped, of equal ids the first is kept."""
    lines = [
        {"id": "a/b", "downloads": 1, "siblings": []},
        {"id": "legacy"},
        {"id": "a/b", "downloads": 2},
        {
            "id": "a/c",
            "cardData": {"license": ["mit", False]},
            "createdAt": "2023-05-01T00:00:00.000Z",
        },
    ]
    text = "\n\n".join(map(json.dumps, lines)).encode()
    plain, packed = tmp_path / "rows.jsonl", tmp_path / "rows.jsonl.gz"
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    one, other = open_file(plain), open_file(packed)
    assert one.ids == other.ids == ["a/b", "legacy", "a/c"]
    assert one.row(0)["downloads"] == 1
    assert "siblings" not in one.row(0)
    assert one.row(2)["cardData"] == {"license": ["mit", False]}
    assert one.row(2)["_id"].startswith("644f")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "not JSON"),
        (b"[]", "JSON object"),
        (b'{"name": "x"}', '"id"'),
        (b'{"id": 7}', '"id"'),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: bytes, said: str) -> None:
    """A file that cannot be served is refused at once."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id": "a/b"}\n' + line + b"\n")
    with pytest.raises(BadRowsFile, match="line 2") as caught:
        open_file(path)
    assert said in str(caught.value)


def test_a_torn_gzip_file_is_refused(tmp_path: Path) -> None:
    """Half a download, or something else by that name."""
    path = tmp_path / "rows.jsonl.gz"
    for content in (gzip.compress(b'{"id": "a/b"}\n' * 9)[:-12], b"no gzip at all"):
        path.write_bytes(content)
        with pytest.raises(BadRowsFile, match="gzip"):
            open_file(path)


@pytest.mark.skipif(not REAL.exists(), reason="the file of real rows is not here")
def test_the_real_rows() -> None:
    """All of them, with what they lack filled in and nothing else invented."""
    world = open_file(REAL)
    assert len(world) == 50_127
    rows = [world.row(slot) for slot in range(len(world))]
    assert len({row["_id"] for row in rows}) == len(rows)
    assert sum("downloads" in row for row in rows) == 27_651
    assert sum("mainSize" in row for row in rows) == 838
    assert sum("cardData" in row for row in rows) == 4_654
    # Five of them say themselves that they were modified before they were created.
    assert sum(row["createdAt"] > row["lastModified"] for row in rows) == 5
    assert all(int(row["_id"][:8], 16) == _second(row["createdAt"]) for row in rows)


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
