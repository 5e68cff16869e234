"""Facets for people."""

import pytest

from collinear.cli import counts, output, queries
from collinear.cli.mistakes import Mistake
from collinear.search.facets import Facet, Values
from collinear.search.histograms import Bucket, Histogram


def lines(facets: dict[str, Facet], capsys: pytest.CaptureFixture[str]) -> list[str]:
    output.table(counts.tables(facets))
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line]


def test_values_are_shown_with_their_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """What others wrote does nothing to the terminal; what was cut off is not kept secret."""
    found: dict[str, Facet] = {
        "license": Values({"mit": 1234, "a\nb\x1b[31m": 1}, True),
        "gated": Values({}, False),
    }
    assert lines(found, capsys) == [
        "LICENSE DATASETS",
        "mit 1,234",
        "a b\ufffd[31m 1",
        "There are more: --facet-limit shows so many.",
        "GATED DATASETS",
    ]


def test_bounds_are_shown_as_people_read_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts with both ends, sizes by their units, months by their names."""
    found: dict[str, Facet] = {
        "likes:histogram": Histogram(
            (Bucket(0, 1, 7), Bucket(1, 10, 2), Bucket(10**18, None, 1)), 3
        ),
        "size_bytes:histogram": Histogram(
            (Bucket(0, 1, 1), Bucket(1, 1000, 2), Bucket(10**6, 10**7, 3)), 0
        ),
        "created_at:histogram": Histogram(
            (
                Bucket(None, "2010-02-01", 1),
                Bucket("2024-03-01", "2024-04-01", 2),
                Bucket("2043-12-01", None, 1),
            ),
            0,
        ),
    }
    assert lines(found, capsys) == [
        *("LIKES DATASETS", "0 7", "1 to 9 2", "1,000,000,000,000,000,000 and more 1"),
        "unknown 3",
        *("SIZE_BYTES DATASETS", "0 1", "1 B to 1.0 kB 2", "1.0 MB to 10.0 MB 3"),
        *("CREATED_AT DATASETS", "before 2010-02 1", "2024-03 2", "2043-12 and later 1"),
    ]


def test_a_facet_that_there_is_not_is_named() -> None:
    """With what was meant, or with all that there are."""
    for asked, words in (("licence", "did you mean license?"), ("xyz", "there are author, tag,")):
        with pytest.raises(Mistake) as mistake:
            queries.parse({"facets": [f"task,{asked}"]})
        (line,) = mistake.value.lines
        assert line.startswith(f"--facets: {asked!r} is unknown; {words}")
