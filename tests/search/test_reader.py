"""Filters, sorts and paging agree with a plain model of them, to the last dataset."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from collinear.domain import moments
from collinear.domain.dataset import Dataset
from collinear.domain.errors import BadCursor, IndexNotReady
from collinear.domain.query import DatasetQuery, SortField
from collinear.search.reader import IndexReader
from tests.search.datasets import FIRST_SECOND, POLICY, SERIAL, build, dataset

HOW_MANY = 400
FIELDS = [field for field in SortField if field is not SortField.RELEVANCE]
ORDERS = [(field, order) for field in (*FIELDS, None) for order in ("asc", "desc")]


def _random_datasets() -> list[Dataset]:
    """Ties everywhere, unknown values everywhere, values at all edges."""
    rnd = random.Random(7)
    found = []
    for ordinal in range(HOW_MANY):
        author = rnd.choice(["acme", "Acme", "a-cme", "öko", "prolific-author-with-a-long-name"])
        name = f"{rnd.choice(['same', 'Same', 'data', '数据'])}-{ordinal % 97}-{ordinal}"
        created = rnd.choice([None, (FIRST_SECOND + rnd.randrange(9)) * 1000 + rnd.randrange(1000)])
        languages = rnd.sample(["language:en", "language:de", "language:fr"], rnd.randrange(3))
        found.append(
            Dataset(
                # As many identities share a second as there are seconds
                hub_id=f"{FIRST_SECOND + rnd.randrange(9):08x}{rnd.getrandbits(40):010x}"
                f"{ordinal:06x}",
                id=f"{author}/{name}",
                author=author,
                description=rnd.choice([None, "", "words about things", "things"]),
                tags=tuple(languages + rnd.sample(["license:mit", "art", "Art"], rnd.randrange(3))),
                size_bytes=rnd.choice([None, 0, 1, 2**39 - 2, 2**39, 2**45, 2**45 + 2**20, 2**62]),
                downloads=rnd.choice([None, None, 0, 0, 0, 1, 5, 10**6]),
                likes=rnd.choice([None, 0, 1, rnd.randrange(1000)]),
                trending_score=rnd.choice([None, 0, -2.5, 1, 1.5, 900]),
                gated=rnd.choice([False, False, "auto", "manual"]),
                created_at=created,
                last_modified=rnd.choice([None, 1_700_000_000_000, 1_700_000_000_001]),
            )
        )
    return found


DATASETS = _random_datasets()
ORDINALS = {some.id: ordinal for ordinal, some in enumerate(DATASETS)}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> IndexReader:
    return build(tmp_path_factory.mktemp("index"), DATASETS, commits=4)


def expected_order(found: list[Dataset], field: SortField | None, order: str) -> list[str]:
    """What the reader should answer, in plain words: known ones in order, then unknown ones."""
    down = order == "desc"
    if field is None:
        keys: dict[str, Any] = {some.id: (some.created_second, some.hub_id) for some in found}
    elif field is SortField.ID:
        keys = {some.id: some.id.encode() for some in found}
    else:
        values = {some.id: getattr(some, field) for some in found}
        known = {
            name: (value, ORDINALS[name]) for name, value in values.items() if value is not None
        }
        unknown = {name: ORDINALS[name] for name, value in values.items() if value is None}
        return sorted(known, key=known.__getitem__, reverse=down) + sorted(
            unknown, key=unknown.__getitem__, reverse=down
        )
    return sorted(keys, key=keys.__getitem__, reverse=down)


def walk(reader: IndexReader, query: DatasetQuery) -> Iterator[tuple[str, ...]]:
    """All pages of a query, by cursor; the total is true on each."""
    after, total = None, reader.find(query).total
    while True:
        hits = reader.find(query, after=after)
        assert hits.total == total
        assert hits.serial == SERIAL
        yield hits.ids
        if hits.next is None:
            return
        assert len(hits.ids) == query.limit
        after = hits.next


FILTERS: list[tuple[dict[str, Any], Callable[[Dataset], bool]]] = [
    ({}, lambda some: True),
    ({"search": "same"}, lambda some: "same" in some.id.lower()),
    ({"author": ["acme", "öko"]}, lambda some: some.author in {"acme", "öko"}),
    (
        {"tag": ["art", "license:mit"]},
        lambda some: {"art", "license:mit"} <= set(some.tags),
    ),
    (
        {"language": ["en", "de"], "license": ["mit"]},
        lambda some: (
            bool({"language:en", "language:de"} & set(some.tags)) and "license:mit" in some.tags
        ),
    ),
    ({"gated": ["true"]}, lambda some: some.gated is not False),
    ({"gated": ["false", "manual"]}, lambda some: some.gated in {False, "manual"}),
    ({"impact_level": ["high"]}, lambda some: some.impact(POLICY).level == "high"),
    ({"min_downloads": 0}, lambda some: some.downloads is not None),
    ({"min_downloads": 1, "max_downloads": 5}, lambda some: some.downloads in {1, 5}),
    ({"max_likes": 1}, lambda some: some.likes in {0, 1}),
    (
        {"min_size_bytes": 2**39, "max_size_bytes": 2**45},
        lambda some: some.size_bytes in {2**39, 2**45},
    ),
    ({"min_size_bytes": 2**45 + 1}, lambda some: (some.size_bytes or 0) > 2**45),
    (
        {"modified_after": moments.to_text(1_700_000_000_001)},
        lambda some: some.last_modified == 1_700_000_000_001,
    ),
    (
        {"modified_before": moments.to_text(1_700_000_000_000)},
        lambda some: some.last_modified == 1_700_000_000_000,
    ),
    (
        {
            "created_after": moments.to_text((FIRST_SECOND + 2) * 1000),
            "created_before": moments.to_text((FIRST_SECOND + 4) * 1000),
        },
        lambda some: (
            some.created_at is not None
            and FIRST_SECOND + 2 <= some.created_at / 1000 <= FIRST_SECOND + 4
        ),
    ),
    ({"modified_after": "1980-01-01T00:00:00Z"}, lambda some: some.last_modified is not None),
    ({"created_before": "1990-01-01T00:00:00Z"}, lambda some: False),
    (
        {"search": "things", "tag": ["Art"], "min_likes": 0},
        lambda some: "Art" in some.tags and some.likes is not None and bool(some.description),
    ),
    ({"author": ["nobody"]}, lambda some: False),
    ({"tag": ["\x00"]}, lambda some: False),
]


@pytest.mark.parametrize("which", range(len(FILTERS)))
def test_filters_and_orders_agree_with_the_model(reader: IndexReader, which: int) -> None:
    """Every filter with every order in both directions: each dataset once, in order."""
    asked, fits = FILTERS[which]
    found = [some for some in DATASETS if fits(some)]
    for field, order in ORDERS:
        expected = expected_order(found, field, order)
        query = DatasetQuery(
            sort_by=field or ("id" if "search" in asked else None),
            sort_order=order,
            limit=1000,
            **asked,
        )
        if field is None and "search" in asked:
            continue  # a search without a field is ordered by relevance
        hits = reader.find(query)
        assert list(hits.ids) == expected, (asked, field, order)
        assert hits.total == len(expected)
        assert hits.next is None


@pytest.mark.parametrize(("field", "order"), ORDERS)
@pytest.mark.parametrize("asked", [{}, {"gated": ["false"]}])
def test_pages_meet_without_a_gap(
    reader: IndexReader, field: SortField | None, order: str, asked: dict[str, Any]
) -> None:
    """Walking by cursor and by offset shows each dataset exactly once, in the same order."""
    found = [some for some in DATASETS if not asked or some.gated is False]
    expected = expected_order(found, field, order)
    for limit in (7, 150):
        query = DatasetQuery(sort_by=field, sort_order=order, limit=limit, **asked)
        assert [name for page in walk(reader, query) for name in page] == expected
        pages = [
            reader.find(query.model_copy(update={"offset": offset}))
            for offset in range(0, len(found) + limit, limit)
        ]
        assert [name for page in pages for name in page.ids] == expected
        assert {page.total for page in pages} == {len(expected)}
        assert [page.next is None for page in pages][-2:] == [True, True]
        # A cursor taken from a page at an offset goes on from there
        assert list(reader.find(query, after=pages[0].next).ids) == expected[limit : 2 * limit]


@pytest.mark.parametrize(("field", "order"), ORDERS)
def test_an_offset_of_any_depth_is_exact(
    tmp_path: Path, field: SortField | None, order: str
) -> None:
    """Also beyond the depth from which it is reached from the other end, and beyond all."""
    many = [
        dataset(
            number,
            f"{'ab'[number % 2]}uthor-of-very-many/{number * 7919 % 5003}",
            created_at=FIRST_SECOND * 1000 + number // 50,
            downloads=number % 7 or None,
            last_modified=FIRST_SECOND * 1000 + number % 3,
        )
        for number in range(2_600)
    ]
    ORDINALS.update({some.id: number for number, some in enumerate(many)})
    reader = build(tmp_path, many, commits=3)
    expected = expected_order(many, field, order)
    for offset in (999, 1_000, 1_299, 1_301, 2_400, 2_595, 2_599, 2_600, 9_999_999, 2**53):
        query = DatasetQuery(sort_by=field, sort_order=order, offset=offset, limit=10)
        hits = reader.find(query)
        assert list(hits.ids) == expected[offset : offset + 10]
        assert hits.total == len(many)
        assert (hits.next is None) == (offset + 10 >= len(many))


def test_by_relevance_each_match_appears_once(reader: IndexReader) -> None:
    """By cursor and by offset the same, although many match alike."""
    query = DatasetQuery(search="same", limit=11)
    walked = [name for page in walk(reader, query) for name in page]
    assert sorted(walked) == sorted(some.id for some in DATASETS if "same" in some.id.lower())
    assert walked == list(reader.find(query.model_copy(update={"limit": 1000})).ids)
    assert walked[20:31] == list(reader.find(query.model_copy(update={"offset": 20})).ids)


def test_relevance_can_be_turned_around(reader: IndexReader) -> None:
    """Upwards the best match comes last, by cursor and by offset."""
    best = DatasetQuery(search="same things", limit=1000)
    worst = DatasetQuery(search="same things", limit=11, sort_order="asc")
    expected = reader.find(best).ids[::-1]
    assert tuple(name for page in walk(reader, worst) for name in page) == expected
    assert reader.find(worst.model_copy(update={"offset": 7})).ids == expected[7:18]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_relevance_goes_on_to_the_last_match(tmp_path: Path, order: str) -> None:
    """However many match, the pages end where the total does; past the end there is nothing."""
    many = [dataset(n, f"acme/same-{n}", downloads=n % 7) for n in range(2_600)]
    reader = build(tmp_path, many, commits=3)
    query = DatasetQuery(search="same", sort_order=order, limit=1000)
    walked = [name for page in walk(reader, query) for name in page]
    assert sorted(walked) == sorted(some.id for some in many)
    deep = reader.find(query.model_copy(update={"offset": 2_100}))
    assert list(deep.ids) == walked[2_100:]
    for offset in (2_600, 2_601, 2**53):
        past = reader.find(query.model_copy(update={"offset": offset}))
        assert (past.ids, past.total, past.next) == ((), 2_600, None)


def test_a_place_by_relevance_ends_with_its_index(reader: IndexReader) -> None:
    """What is the tenth best in one build of the index is another in the next."""
    with pytest.raises(BadCursor, match="rebuilt"):
        reader.find(DatasetQuery(search="same"), after="~relevance-desc.v1-0123456789ab.10")


BROKEN = "| . | x | likes-desc | likes-desc. | likes-desc.x | likes-desc.-1 | likes-desc.\xb2 | "
OTHER_ORDERS = (
    f"likes-desc.{2**64} | likes-asc.5 | downloads-desc.5 | id-desc.x | likes-desc.\ud800"
)


@pytest.mark.parametrize("after", [part.strip() for part in (BROKEN + OTHER_ORDERS).split("|")])
def test_a_broken_position_is_refused(reader: IndexReader, after: str) -> None:
    """Whatever was made up, cut off or belongs to another order."""
    with pytest.raises(BadCursor):
        reader.find(DatasetQuery(sort_by="likes"), after=after)


@pytest.mark.parametrize("after", ["likes-desc.0", f"likes-desc.{2**64 - 1}"])
def test_positions_at_the_ends_are_positions(reader: IndexReader, after: str) -> None:
    """The first and the last key there can be."""
    hits = reader.find(DatasetQuery(sort_by="likes", limit=1000), after=after)
    assert len(hits.ids) == (0 if after.endswith(".0") else HOW_MANY)
    assert hits.total == HOW_MANY


def test_without_an_index_nothing_is_found_and_that_is_said(tmp_path: Path) -> None:
    """The folder may not even exist."""
    reader = IndexReader(tmp_path / "nowhere")
    assert reader.state() is None
    with pytest.raises(IndexNotReady):
        reader.find(DatasetQuery(search="x"))


def test_an_empty_index_answers(tmp_path: Path) -> None:
    """A catalog that has just begun is no error."""
    reader = build(tmp_path, [])
    state = reader.state()
    assert state is not None
    assert (state.documents, state.serial) == (0, SERIAL)
    for query in (DatasetQuery(), DatasetQuery(search="x"), DatasetQuery(sort_by="id", offset=5)):
        hits = reader.find(query)
        assert (hits.ids, hits.total, hits.next) == ((), 0, None)
