"""Any words, filters and order together, by cursor and by offset, agree with a plain model."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collinear.domain.dataset import Dataset
from collinear.domain.query import DatasetQuery, SortField
from collinear.search.reader import IndexReader
from tests.search.datasets import build, dataset
from tests.search.test_facets import AUTHORS, MOMENTS, TAGS, WORDS, fits, some_filters

FIELDS = [field for field in SortField if field is not SortField.RELEVANCE]


def _made(ordinal: int, rnd: random.Random) -> Dataset:
    """Ties and unknown values in every measure."""
    return dataset(
        ordinal,
        f"{ordinal % 7}/{rnd.choice(WORDS)}-{ordinal}",
        author=rnd.choice(AUTHORS),
        tags=tuple(rnd.sample(TAGS, rnd.randrange(5))),
        size_bytes=rnd.choice([None, 0, 1, 999, 1000, 2**39 - 2, 2**39 + 64, 10**12, 2**62]),
        downloads=rnd.choice([None, 0, 0, 1, 9, 10, 10**5]),
        likes=rnd.choice([None, 0, 1, 98, 99, 100]),
        trending_score=rnd.choice([None, 0, -1.5, 1, 300]),
        gated=rnd.choice([False, "auto", "manual"]),
        created_at=rnd.choice([None, *MOMENTS]),
        last_modified=rnd.choice([None, *MOMENTS]),
    )


DATASETS = [_made(ordinal, random.Random(ordinal)) for ordinal in range(300)]
ORDINALS = {some.id: ordinal for ordinal, some in enumerate(DATASETS)}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> IndexReader:
    return build(tmp_path_factory.mktemp("index"), DATASETS, commits=3)


def in_order(found: list[Dataset], query: DatasetQuery) -> list[str]:
    """The known values in their order, then the unknown; equals by their ordinal."""
    field, order = query.order
    down = order == "desc"
    if field is None:
        found = sorted(found, key=lambda some: (some.created_second, some.hub_id), reverse=down)
    elif field is SortField.ID:
        found = sorted(found, key=lambda some: some.id.encode(), reverse=down)
    else:
        known = [some for some in found if getattr(some, field) is not None]
        unknown = [some for some in found if getattr(some, field) is None]
        known.sort(key=lambda some: (getattr(some, field), ORDINALS[some.id]), reverse=down)
        unknown.sort(key=lambda some: ORDINALS[some.id], reverse=down)
        found = known + unknown
    return [some.id for some in found]


def walked(reader: IndexReader, query: DatasetQuery) -> list[str]:
    """All ids, page by page with a cursor."""
    ids: list[str] = []
    hits = reader.find(query)
    while True:
        ids += hits.ids
        if hits.next is None:
            return ids
        assert len(hits.ids) == query.limit
        hits = reader.find(query, after=hits.next)


@settings(max_examples=150, deadline=None)
@given(
    asked=some_filters,
    field=st.sampled_from([*FIELDS, None]),
    order=st.sampled_from(["asc", "desc", None]),
    limit=st.sampled_from([1, 7, 40, 1000]),
    offset=st.integers(0, 310),
)
def test_every_list_is_total_and_ordered(
    reader: IndexReader,
    asked: dict[str, Any],
    field: SortField | None,
    order: str | None,
    limit: int,
    offset: int,
) -> None:
    """Each dataset that fits exactly once; a cursor taken at an offset goes on from there."""
    if field is None and "search" in asked:
        field = SortField.CREATED_AT  # by relevance there is no order that the model knows
    query = DatasetQuery(**asked, sort_by=field, sort_order=order, limit=limit)
    expected = in_order([some for some in DATASETS if fits(some, query)], query)
    if len(expected) / limit < 60:
        assert walked(reader, query) == expected
    there = reader.find(query.model_copy(update={"offset": offset}))
    assert there.total == len(expected)
    assert list(there.ids) == expected[offset : offset + limit]
    if there.next is not None:
        after = reader.find(query, after=there.next)
        assert list(after.ids) == expected[offset + limit : offset + 2 * limit]
        assert after.total == len(expected)


@pytest.mark.parametrize("field", FIELDS)
def test_both_directions_meet_all_but_turn_only_the_known(
    reader: IndexReader, field: SortField
) -> None:
    """Unknown values come last, whether one looks up or down."""
    down, up = (
        reader.find(DatasetQuery(sort_by=field, sort_order=order, min_likes=0, limit=1000)).ids
        for order in ("desc", "asc")
    )
    assert set(down) == set(up)
    unknown = {
        some.id for some in DATASETS if field != "id" and getattr(some, field) is None
    } & set(up)
    known = len(up) - len(unknown)
    assert set(down[known:]) == set(up[known:]) == unknown
    assert down[:known] == up[:known][::-1]
