"""Pages of a list that changes while somebody walks through it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collinear.domain.change import Serial
from collinear.domain.dataset import Dataset
from collinear.domain.errors import TooDeep
from collinear.domain.query import DatasetQuery, SortField, SortOrder
from collinear.search.index.writer import IndexWriter
from collinear.search.paging import DEEPEST, FARTHEST
from collinear.search.reader import IndexReader
from tests.search.datasets import FIRST_SECOND, HEAP, build, dataset, rows

ORDERS: list[SortField | None] = [
    None,
    *(field for field in SortField if field is not SortField.RELEVANCE),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> pytest.TempPathFactory:
    """A folder for each walk: one that is left may still be merged in for a moment."""
    return tmp_path_factory


COUNTS = [None, 0, 0, 1, 2, 10**6, 2**45]
MOMENTS = [None, FIRST_SECOND * 1000, FIRST_SECOND * 1000 + 999]


def some_dataset(number: int, rnd: random.Random) -> Dataset:
    """One of the catalog as it may be at any time: ties and unknown values are the rule."""
    return dataset(
        number,
        f"{rnd.choice(['a', 'b', 'prolific-author'])}/same-{number}",
        downloads=rnd.choice(COUNTS),
        likes=rnd.choice(COUNTS),
        size_bytes=rnd.choice(COUNTS),
        trending_score=rnd.choice([None, 0, -2.5, 1.5]),
        last_modified=rnd.choice(MOMENTS),
        created_at=rnd.choice(MOMENTS),
        tags=rnd.choice([(), ("art",)]),
    )


class Catalog:
    """An index that changes between the pages of whoever reads it."""

    def __init__(self, directory: Path, writer: IndexWriter) -> None:
        self.reader = IndexReader(directory)
        self._writer = writer
        self._commits = 0

    def change(self, put: list[Dataset], drop: list[Dataset] | None = None) -> None:
        """All of it is one commit."""
        self._writer.drop([some.hub_id for some in drop or []])
        self._writer.put(rows(put))
        self._commits += 1
        self._writer.commit(Serial("epoch", f"{self._commits}-0"))
        self._writer.publish()


@contextmanager
def catalog(directory: Path, first: list[Dataset]) -> Iterator[Catalog]:
    with IndexWriter(directory, heap_bytes=HEAP) as writer:
        writer.rebuild()
        changing = Catalog(directory, writer)
        changing.change(first)
        yield changing


@settings(max_examples=25, deadline=None)
@given(
    rnd=st.randoms(use_true_random=False),
    field=st.sampled_from(ORDERS),
    order=st.sampled_from(["asc", "desc"]),
    asked=st.sampled_from([{}, {"tag": ["art"]}, {"search": "same"}, {"min_downloads": 0}]),
    limit=st.integers(1, 9),
)
def test_whoever_stands_still_is_met_exactly_once(
    folders: pytest.TempPathFactory,
    rnd: random.Random,
    field: SortField | None,
    order: SortOrder,
    asked: dict[str, Any],
    limit: int,
) -> None:
    """
    Between any two pages others come, go, change their values and their names.

    Who is left alone is on exactly one page, and in the order of the list.
    """
    if field is None and "search" in asked:
        field = SortField.ID  # without a field it would be relevance
    query = DatasetQuery(sort_by=field, sort_order=order, limit=limit, **asked)
    here = [some_dataset(number, rnd) for number in range(30)]
    moving = set(rnd.sample(range(30), 12))
    still = {some.id for number, some in enumerate(here) if number not in moving}
    newcomer = len(here)

    with catalog(folders.mktemp("walk"), here) as changing:
        whole = changing.reader.find(query.model_copy(update={"limit": 1000})).ids
        met: list[str] = []
        after = None
        while True:
            hits = changing.reader.find(query, after=after)
            met += hits.ids
            after = hits.next
            if after is None:
                break
            chosen = rnd.sample(sorted(moving), 3)
            put = [some_dataset(number, rnd) for number in (*chosen[:2], newcomer)]
            newcomer += newcomer < 60
            changing.change(put, [here[chosen[2]]])

    assert [name for name in met if name in still] == [name for name in whole if name in still]


def test_by_relevance_the_pages_end_with_a_word_about_it(tmp_path: Path) -> None:
    """By offset and by cursor alike; another sort leads further, and there is an end to both."""
    many = [dataset(number, f"acme/same-{number}") for number in range(DEEPEST + 40)]
    reader = build(tmp_path, many)
    query = DatasetQuery(search="same", limit=30)

    edge = reader.find(query.model_copy(update={"offset": DEEPEST - 10}))
    assert len(edge.ids) == 10
    assert edge.total == len(many)
    assert edge.next is not None
    with pytest.raises(TooDeep, match="sort_by"):
        reader.find(query, after=edge.next)
    with pytest.raises(TooDeep, match="10,040"):
        reader.find(query.model_copy(update={"offset": DEEPEST}))
    past = reader.find(query.model_copy(update={"offset": len(many)}))
    assert (past.ids, past.total, past.next) == ((), len(many), None)

    by_id = query.model_copy(update={"sort_by": SortField.ID, "offset": FARTHEST})
    with pytest.raises(TooDeep, match="next_cursor"):
        reader.find(by_id)
    assert len(reader.find(by_id.model_copy(update={"offset": FARTHEST - 1})).ids) == 30

    by_likes = query.model_copy(update={"sort_by": SortField.LIKES})
    further = reader.find(by_likes.model_copy(update={"offset": DEEPEST}))
    assert len(further.ids) == 30
    last = reader.find(by_likes, after=further.next)
    assert len(last.ids) == 10
    assert last.next is None


def test_by_relevance_fewer_than_that_have_no_such_end(tmp_path: Path) -> None:
    """The last page of few matches is the last page."""
    reader = build(tmp_path, [dataset(number, f"acme/same-{number}") for number in range(25)])
    first = reader.find(DatasetQuery(search="same", limit=20))
    last = reader.find(DatasetQuery(search="same", limit=20), after=first.next)
    assert (len(last.ids), last.next) == (5, None)
