"""The dataset that was meant comes first: floors under the judged queries."""

from collections.abc import Callable, Sequence

import pytest

from collinear.domain.query import DatasetQuery
from collinear.search.reader import IndexReader
from tests.relevance.floors import FLOORS
from tests.relevance.measures import Judged, Score, ndcg, reciprocal_rank, scores
from tests.relevance.queries import create_queries
from tests.relevance.world import Entry, create_world
from tests.search.datasets import build

Find = Callable[[str], Sequence[str]]


@pytest.fixture(scope="module")
def world() -> list[Entry]:
    return create_world()


@pytest.fixture(scope="module")
def judged(world: list[Entry]) -> list[Judged]:
    return create_queries(world)


@pytest.fixture(scope="module")
def reader(world: list[Entry], tmp_path_factory: pytest.TempPathFactory) -> IndexReader:
    return build(tmp_path_factory.mktemp("index"), [entry.dataset for entry in world])


@pytest.fixture(scope="module")
def measured(reader: IndexReader, judged: list[Judged]) -> dict[str, Score]:
    return scores(judged, lambda typed: reader.find(DatasetQuery(search=typed)).ids)


@pytest.mark.parametrize("kind", FLOORS)
def test_answers_of_each_kind_do_not_fall(measured: dict[str, Score], kind: str) -> None:
    """MRR and nDCG@10 of every kind of query stay above their floors."""
    mrr, gain = FLOORS[kind]
    assert measured[kind].mrr >= mrr
    assert measured[kind].ndcg >= gain


def test_every_kind_has_a_floor(measured: dict[str, Score]) -> None:
    """There are more than 150 queries, and none stands outside."""
    assert set(measured) == set(FLOORS)
    assert measured["all"].queries > 150


@pytest.mark.parametrize("field", ["downloads", "likes", "created_at", "id"])
def test_without_ranking_the_floors_are_missed(
    reader: IndexReader, judged: list[Judged], field: str
) -> None:
    """The same hits in any other order fall far below: the floors do measure the order."""
    found = scores(judged, lambda typed: reader.find(DatasetQuery(search=typed, sort_by=field)).ids)
    for kind in ("bare name", "topic", "all"):
        assert found[kind].ndcg < FLOORS[kind][1] - 0.1, kind
    assert found["all"].mrr < FLOORS["all"][0] - 0.1


def test_no_query_is_judged_twice(judged: list[Judged]) -> None:
    """A query counts once in its kind."""
    asked = [(query.kind, query.typed) for query in judged]
    assert len(asked) == len(set(asked))


def test_the_measures_are_what_the_books_say() -> None:
    """By hand: the best first is 1, nothing is 0, the best second of two is in between."""
    grades = {"a": 3, "b": 1}
    assert reciprocal_rank(["a", "b"], grades) == ndcg(["a", "b"], grades) == 1
    assert reciprocal_rank(["x", "a"], grades) == 0.5
    assert reciprocal_rank(["x"], grades) == ndcg(["x"], grades) == 0
    assert ndcg(["b", "a"], grades) == pytest.approx(0.7098, abs=1e-4)
