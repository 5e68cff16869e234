"""The parts of a score, as they are told, are what datasets are ordered by."""

from pathlib import Path

import pytest
from tantivy import Index

from collinear.domain.query import DatasetQuery
from collinear.search import schema
from collinear.search.generations import Generations
from collinear.search.reader import IndexReader
from collinear.search.words import ranking, typed
from collinear.search.words.lexicon import Lexicon
from collinear.search.words.matching import plan
from tests.search.datasets import build, dataset

CATALOG = [
    dataset(1, "rajpurkar/squad", downloads=60_000, likes=300, tags=("question-answering",)),
    dataset(2, "copy/SQuAD", downloads=10, description="a copy of squad, question by question"),
    dataset(3, "other/my-squads", description="squad squad"),
    dataset(4, "someone/unlike", description="has the questions of squad"),
    dataset(5, "squad", likes=4),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="module")
def reader(folder: Path) -> IndexReader:
    return build(folder, CATALOG, commits=2)


@pytest.mark.parametrize(
    "words",
    ["squad", "squad question", "rajpurkar/squad", "squa", "squod", "SQuAD", '"copy of"', "-copy"],
)
def test_the_parts_are_the_score(reader: IndexReader, folder: Path, words: str) -> None:
    """Exactness and words, times popularity: just what the index ordered by."""
    hits = reader.find(DatasetQuery(search=words, explain=True))
    assert hits.ids
    assert hits.reading is not None
    assert hits.explanations is not None
    generation = Generations(folder).current()
    assert generation is not None
    index = Index.open(str(generation))
    index.config_reader("manual")
    index.reload()
    searcher = index.searcher()
    query = plan(hits.reading, Lexicon(searcher)).query()
    assert query is not None
    scores = [score for score, _ in searcher.search(query, 10, weight_by_field=schema.WEIGHT).hits]
    told = [hits.explanations[id_] for id_ in hits.ids]
    if words == "-copy":  # nothing is wanted in particular: only popularity tells them apart
        assert [some.popularity for some in told] == pytest.approx(scores, rel=1e-3)
        return
    assert [some.score for some in told] == pytest.approx(scores, rel=1e-3)
    for some in told:
        parts = sum(some.exactness.values()) + sum(word.score for word in some.words)
        assert all(word.score == max(word.fields.values(), default=0) for word in some.words)
        assert some.score == pytest.approx(parts * some.popularity, rel=1e-3)
        assert 1 <= some.popularity <= ranking.MOST_PRIOR


def test_what_is_told_of_one(reader: IndexReader) -> None:
    """Which step of exactness, which word where, how much popularity."""
    hits = reader.find(DatasetQuery(search="squad question", explain=True))
    assert hits.explanations is not None
    first = hits.explanations["rajpurkar/squad"]
    assert hits.ids[0] == "rajpurkar/squad"
    assert first.exactness == {}
    assert [word.word for word in first.words] == ["squad", "question"]
    assert [set(word.fields) for word in first.words] == [{"name"}, {"tags"}]
    named = reader.find(DatasetQuery(search="Rajpurkar/squad", explain=True)).explanations
    assert named is not None
    assert set(named["rajpurkar/squad"].exactness) == {"id_but_for_case", "id_folded"}


def test_nothing_is_told_where_nothing_was_asked(reader: IndexReader) -> None:
    """Neither without words nor without ``explain``."""
    assert reader.find(DatasetQuery(author=["copy"], explain=True)).explanations is None
    assert reader.find(DatasetQuery(search="squad")).explanations is None


def test_steps_are_further_apart_than_all_that_words_can_give() -> None:
    """Whatever is typed, and whoever is popular."""
    word = ranking.MOST_RARITY * max(ranking.WORDS.values())
    most = typed.MAX_WORDS * word * ranking.MOST_PRIOR
    assert most < ranking.STEP
    steps = sorted(ranking.STEPS.values())
    for place, step in enumerate(steps):
        assert step + sum(steps[:place]) > sum(steps[:place]) * ranking.MOST_PRIOR + most
