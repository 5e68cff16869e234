"""The options of `search` are the parameters of the API."""

import inspect

import pytest

from collinear.cli import queries
from collinear.cli.mistakes import Mistake
from collinear.cli.search import search
from collinear.domain.query import DatasetQuery


def test_every_parameter_has_an_option() -> None:
    """Nothing that the API can be asked is missing here; `search` is the words."""
    options = set(inspect.signature(search).parameters)
    assert options - {"context", "words", "as_json", "data_dir"} == (
        set(DatasetQuery.model_fields) - {"search"}
    )


def test_what_is_not_given_has_its_default() -> None:
    """An option that was left out is not a filter."""
    empty = dict.fromkeys(DatasetQuery.model_fields)
    assert queries.parse(empty) == DatasetQuery()
    assert queries.parse({**empty, "license": [], "limit": 3}) == DatasetQuery(limit=3)


def test_a_day_will_do() -> None:
    """It begins at midnight in UTC."""
    query = queries.parse({"modified_after": "2026-01-31"})
    assert query.modified_after is not None
    assert query.modified_after.isoformat() == "2026-01-31T00:00:00+00:00"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"limit": 0}, "--limit: should be greater than or equal to 1"),
        ({"sort_by": "size"}, "--sort-by: should be 'downloads', 'likes'"),
        ({"gated": ["maybe"]}, "--gated: should be 'false', 'true'"),
        ({"modified_after": "yesterday"}, "--modified-after: "),
        ({"search": "x" * 2_000}, "WORDS: "),
        ({"sort_by": "relevance"}, "--sort-by: relevance needs search"),
        ({"min_likes": 5, "max_likes": 3}, "--max-likes: must not be below min_likes"),
    ],
)
def test_wrong_values_are_named_by_their_options(asked: dict[str, object], words: str) -> None:
    """One line each, as for every mistake."""
    with pytest.raises(Mistake) as mistake:
        queries.parse(asked)
    (line,) = mistake.value.lines
    assert line.startswith(words)


def test_a_question_ends_as_one() -> None:
    """A near miss is answered with what was perhaps meant."""
    with pytest.raises(Mistake) as mistake:
        queries.parse({"facets": ["lisense"]})

    assert mistake.value.lines == ("--facets: 'lisense' is unknown; did you mean license?",)
