"""The short way to the best matches leads to the same ones, in the same order, as the long way."""

import random
from pathlib import Path

import pytest
from tantivy import DocAddress, Searcher

from collinear.domain.query import DatasetQuery
from collinear.search import schema
from collinear.search.columns import look_at
from collinear.search.filters import filters
from collinear.search.words import typed
from collinear.search.words.best import Ranked
from collinear.search.words.lexicon import Lexicon
from collinear.search.words.matching import plan
from collinear.search.words.reading import Reading
from tests.search.datasets import build, dataset

WORDS = [
    "squad",
    "question",
    "answering",
    "medical",
    "images",
    "speech",
    "wiki",
    "text",
    "gsm8k",
    "v2",
    "en-fr",
    "openorca",
]
HOW_MANY = 3_000


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Few words in all fields, so that many datasets match alike."""
    some = random.Random(5)

    def words(most: int) -> list[str]:
        return some.choices(WORDS, weights=range(1, len(WORDS) + 1), k=some.randint(0, most))

    many = [
        dataset(
            number,
            f"{some.choice(WORDS)}-{number % 7}/{'_'.join(words(3))}-x{number % 900}",
            description=" ".join(words(6)),
            tags=tuple(dict.fromkeys(words(3))),
            downloads=some.choice([None, 0, 5, 1_000, 10**6, 10**9]),
            likes=some.choice([None, 0, 3, 5_000]),
        )
        for number in range(HOW_MANY)
    ]
    return build(tmp_path_factory.mktemp("index"), many, commits=4).commit().searcher


TYPED = [
    "squad",
    "openorca",
    "text openorca",
    "wiki text squad",
    "question answering en-fr",
    "gsm8k",
    "op",
    "open-orca-x1",
    "openorca -squad",
    "openorca-x3 text",
    "speech medical images wiki text gsm8k v2",
    '"wiki text" openorca',
    "openorca-3/openorca-x44",
]


@pytest.mark.parametrize("words", TYPED)
@pytest.mark.parametrize("asked", [{}, {"min_likes": 3}])
def test_both_ways_lead_to_the_same_order(
    searcher: Searcher, words: str, asked: dict[str, int]
) -> None:
    """To the last place, and on every page, also among those that match alike."""
    found = plan(Reading(typed.read(words)), Lexicon(searcher))
    some = list(filters(DatasetQuery.model_validate(asked)))
    short, long = Ranked(found, some), Ranked(found, some, shortly=False)
    count = look_at(searcher, short.query())
    total = count.total
    plainly = searcher.search(short.query(), total, weight_by_field=schema.WEIGHT)
    assert total > 0
    order = [_place(address) for _, address in plainly.hits]
    for ranked in (short, long):
        pages = [
            _place(address)
            for offset in range(0, min(total, 1_500), 40)
            for address in ranked.find(searcher, offset, 40, count)
        ]
        assert pages == order[: len(pages)]
        assert len(pages) == min(total, 1_520)


def test_the_short_way_is_taken(searcher: Searcher) -> None:
    """It is no long way in disguise: the best ten are those with all words in the name."""
    found = plan(Reading(typed.read("openorca text ")), Lexicon(searcher))
    ranked = Ranked(found, [])
    count = look_at(searcher, ranked.query())
    top = ranked._find_top(searcher, 10)  # the way itself is what is tested
    assert top is not None
    assert list(map(_place, top)) == list(map(_place, ranked.find(searcher, 0, 10, count)))
    assert ranked._find_top(searcher, HOW_MANY) is None


def test_who_is_called_so_may_lack_some_of_the_words(tmp_path: Path) -> None:
    """The words that it has do not count then: on every page, and as it is told."""
    named = [dataset(i, f"a{i}/{'OpenOrca' if i % 2 else 'openorca'}") for i in range(1, 7)]
    prose = [dataset(i, f"u/z{i}", description="op en or ca stuff") for i in range(10, 110)]
    reader = build(tmp_path, named + prose)
    asked = DatasetQuery(search="op en or ca ", explain=True)
    everything = reader.find(asked.model_copy(update={"limit": 200}))
    assert everything.total == len(named + prose)
    assert everything.explanations is not None
    for some in named:
        told = everything.explanations[some.id]
        assert set(told.exactness) <= {"name", "name_folded"}
        assert told.score == pytest.approx(sum(told.exactness.values()) * told.popularity, 1e-3)
    paged: list[str] = []
    place: str | None = None
    while len(paged) < everything.total:
        page = reader.find(asked.model_copy(update={"limit": 4}), after=place)
        paged += page.ids
        place = page.next
    assert paged == list(everything.ids)
    few = reader.find(asked.model_copy(update={"author": ["a1", "a2", "a3", "a4"]}))
    assert few.ids == everything.ids[:4]


def _place(address: DocAddress) -> tuple[int, int]:
    return address.segment_ord, address.doc
