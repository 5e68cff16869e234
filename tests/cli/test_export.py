"""The command ``export``, and what the documentation says can be done with its files."""

import gzip
import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import redis

from collinear.settings import Settings
from collinear.store.claim import Claim
from collinear.store.keys import Keys
from collinear.store.parquet.copy import ParquetCopy
from collinear.store.snapshot import write_snapshot
from tests.store.stock import Stock, dataset

Result = subprocess.CompletedProcess[str]
Export = Callable[..., Result]
Rows = list[dict[str, Any]]

PAGE = Path(__file__).parents[2] / "docs" / "export.md"
RECIPES = re.findall(r"^```sql\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def stock(store: redis.Redis, keys: Keys) -> Stock:
    stock = Stock(store, keys)
    licenses, languages = ["mit", "apache-2.0", "other"], ["en", "de", "zh"]
    stock.put(
        *(
            dataset(
                100_000 * n,
                f"org/set-{n}",
                downloads=None if n % 7 == 0 else (n * 7919) % 200_000,
                size_bytes=None if n % 5 == 0 else n * 2**33,
                likes=n % 10,
                gated=("auto", "manual", False)[n % 3],
                tags=(
                    f"license:{licenses[n % 3]}",
                    *(f"language:{languages[m]}" for m in range(n % 4)),
                    f"language:{languages[0]}",
                ),
            )
            for n in range(200)
        )
    )
    return stock


@pytest.fixture
def serial(stock: Stock) -> str:
    """The whole catalog is written, in both formats."""
    run = stock.runs.current()
    assert run is not None
    serial = write_snapshot(stock.client, stock.keys, Claim(run.number, 0))
    ParquetCopy(stock.client, stock.keys, Event()).write()
    assert serial is not None
    return serial


@pytest.fixture
def export(collinear: Callable[..., Result], settings: Settings) -> Export:
    def run(file: str, **environment: str) -> Result:
        return collinear(
            "export",
            file,
            REDIS_URL=settings.redis_url,
            COLLINEAR_KEY_PREFIX=settings.key_prefix,
            **environment,
        )

    return run


def test_the_end_of_the_name_chooses_the_format(
    export: Export, serial: str, stock: Stock, tmp_path: Path
) -> None:
    """Both hold the same datasets, and the command names the serial that they are true for."""
    done = [export("all.jsonl.gz"), export("all.parquet")]

    lines = gzip.decompress((tmp_path / "all.jsonl.gz").read_bytes()).splitlines()
    rows = pq.read_table(tmp_path / "all.parquet")
    assert [one.returncode for one in done] == [0, 0], done
    assert all(f"true for {serial}" in one.stdout for one in done)
    assert [json.loads(line)["id"] for line in lines] == rows["id"].to_pylist()
    assert len(lines) == 200
    assert sorted(path.name for path in tmp_path.glob("*all*")) == ["all.jsonl.gz", "all.parquet"]


def test_a_file_is_replaced_only_by_a_whole_one(
    export: Export, stock: Stock, tmp_path: Path
) -> None:
    """While there is nothing to write, what is there stays; a line says why, the code is 1."""
    for name in ("old.parquet", "old.jsonl.gz"):
        (tmp_path / name).write_text("of yesterday")
        refused = export(name)

        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert "complete run" in refused.stderr
        assert (tmp_path / name).read_text() == "of yesterday"
    assert len(list(tmp_path.glob("*old*"))) == 2


@pytest.mark.parametrize("name", ["all.jsonl", "parquet", "no/where/all.parquet"])
def test_a_name_that_says_nothing_is_a_mistake(export: Export, serial: str, name: str) -> None:
    """One line says what would do, and the code is 2."""
    refused = export(name)

    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert ".parquet" in refused.stderr


def test_who_writes_no_parquet_says_so(export: Export, serial: str) -> None:
    """Waiting for it would not help."""
    refused = export("all.parquet", COLLINEAR_PARQUET="false")

    assert refused.returncode == 1
    assert "COLLINEAR_PARQUET" in refused.stderr


@pytest.fixture
def answers(
    export: Export, serial: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[list[tuple[Any, ...]]]:
    """What DuckDB answers to the very text of the documentation."""
    for name in ("datasets.parquet", "datasets.jsonl.gz"):
        assert export(name).returncode == 0
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        return [connection.sql(recipe).fetchall() for recipe in RECIPES]


@pytest.fixture
def documents(answers: object, tmp_path: Path) -> Rows:
    text = gzip.decompress((tmp_path / "datasets.jsonl.gz").read_bytes())
    return [json.loads(line) for line in text.splitlines()]


def test_the_recipes_of_the_documentation_are_right(
    answers: list[list[tuple[Any, ...]]], documents: Rows
) -> None:
    """The same numbers as by hand, from the JSON Lines."""
    licenses, languages, months, gates = answers

    by_license: dict[str, Rows] = defaultdict(list)
    by_language: dict[str, Rows] = defaultdict(list)
    by_month: dict[str, Rows] = defaultdict(list)
    by_gate: dict[str, Rows] = defaultdict(list)
    for one in documents:
        for tag in set(one["tags"]):
            prefix, _, value = tag.partition(":")
            {"license": by_license, "language": by_language}[prefix][value].append(one)
        by_month[one["created_at"][:7]].append(one)
        by_gate[json.dumps(one["gated"]).strip('"')].append(one)

    assert {row[0]: row[1:] for row in licenses} == {
        name: (len(some), sum(one["size_bytes"] or 0 for one in some))
        for name, some in by_license.items()
    }
    assert [row[2] for row in licenses] == sorted((row[2] for row in licenses), reverse=True)
    best = {
        name: max(
            (one for one in some if one["downloads"] is not None), key=lambda one: one["downloads"]
        )
        for name, some in by_language.items()
    }
    assert {row[0]: row[1:] for row in languages} == {
        name: (one["id"], one["downloads"]) for name, one in best.items()
    }
    assert months == [
        (month, len(some), sum(one["impact_level"] == "high" for one in some))
        for month, some in sorted(by_month.items())
    ]
    assert len(months) > 5
    assert gates == [
        (gate, len(some), median(one["likes"] for one in some))
        for gate, some in sorted(by_gate.items())
    ]
