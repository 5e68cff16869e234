"""When nothing has all the words as they were typed, the next best is found, and that is said."""

from pathlib import Path

import pytest

from collinear.domain.errors import BadCursor
from collinear.domain.query import DatasetQuery
from collinear.search.hits import Hits
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from tests.search.datasets import HEAP, SERIAL, build, dataset

CATALOG = [
    dataset(1, "Open-Orca/OpenOrca", downloads=80_000),
    dataset(2, "x/hellaswag", downloads=70_000, description="common sense completion"),
    dataset(3, "y/orange"),
    dataset(4, "z/gsm8k"),
    dataset(5, "z/gsm9k-variant"),
    dataset(6, "w/classification-notes", description="radiology images of knees"),
    dataset(7, "w/radiology", description="images without labels"),
    dataset(8, "v/knees", description="the knees of runners"),
    dataset(9, "u/commonsense", tags=("question-answering",)),
    dataset(10, "t/squirrel-squash", description="all of it"),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> IndexReader:
    return build(tmp_path_factory.mktemp("index"), CATALOG, commits=3)


def found(reader: IndexReader, typed: str) -> tuple[set[str], tuple[str, ...], tuple[str, ...]]:
    hits = reader.find(DatasetQuery(search=typed))
    assert hits.reading is not None
    return set(hits.ids), hits.reading.forgiven_words, hits.reading.dropped_words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("OpnOrca", "Open-Orca/OpenOrca"),
        ("opnorca", "Open-Orca/OpenOrca"),
        ("openocra", "Open-Orca/OpenOrca"),
        ("oppenorca", "Open-Orca/OpenOrca"),
        ("helaswagg", "x/hellaswag"),
        ("hlelaswgag", "x/hellaswag"),
        ("orenge", "y/orange"),
        ("gms8k", "z/gsm8k"),
        ("radiolgy", "w/radiology"),
        ("clasificatoin", "w/classification-notes"),
        ("completoin", "x/hellaswag"),
        ("qestion-answering", "u/commonsense"),
    ],
)
def test_typos_are_forgiven(reader: IndexReader, typed: str, meant: str) -> None:
    """One in words of five to eight letters, two from nine; a swap of neighbours is one."""
    ids, forgiven, dropped = found(reader, typed)
    assert meant in ids
    assert forgiven
    assert not dropped


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("knes", "four letters"),
        ("orxnxe", "two mistakes in six letters"),
        ("hxlxxswag", "three mistakes in nine"),
        ("krange", "the first letter"),
        ("prange", "the first letter, though it is next to the right one"),
        ("gsm7k", "a digit"),
        ("gsmk", "a digit that is missing, and four letters"),
        ("gsm88k", "a digit too many"),
        ('"opnorca"', "quotes ask for just that"),
    ],
)
def test_other_typos_are_not(reader: IndexReader, typed: str, why: str) -> None:
    """Who types little, or digits, means what he types."""
    ids, forgiven, dropped = found(reader, typed)
    assert (ids, forgiven, dropped) == (set(), (), ()), why


def test_typos_are_forgiven_only_when_nothing_matches_without(reader: IndexReader) -> None:
    """``knees`` is a word; that ``knees`` is also near to others is not looked at."""
    assert found(reader, "squash") == ({"t/squirrel-squash"}, (), ())
    assert found(reader, "knees") == ({"w/classification-notes", "v/knees"}, (), ())
    assert found(reader, "knees radiolgy") == ({"w/classification-notes"}, ("radiolgy",), ())


def test_a_known_word_is_corrected_only_where_the_words_do_not_meet(tmp_path: Path) -> None:
    """Both are words of the catalog, but only with a typo in one do they stand together."""
    reader = build(
        tmp_path, [dataset(1, "a/orange-chess"), dataset(2, "b/oranje"), dataset(3, "c/tennis")]
    )
    assert found(reader, "oranje chess") == ({"a/orange-chess"}, ("oranje", "chess"), ())
    assert found(reader, "oranje") == ({"b/oranje"}, (), ())


@pytest.mark.parametrize(
    ("typed", "ids", "dropped"),
    [
        ("radiology vvkkqq", {"w/radiology", "w/classification-notes"}, ("vvkkqq",)),
        ("zz radiology vvkkqq", {"w/radiology", "w/classification-notes"}, ("zz", "vvkkqq")),
        ("orange radiology images", {"y/orange"}, ("radiology", "images")),
        ("the images of a squash", {"t/squirrel-squash"}, ("images",)),
        ("vvkkqq wwxxyy", set(), ()),
        ("radiology orange -orange", {"w/radiology", "w/classification-notes"}, ("orange",)),
    ],
)
def test_words_are_dropped_until_something_has_the_rest(
    reader: IndexReader, typed: str, ids: set[str], dropped: tuple[str, ...]
) -> None:
    """The rarest lead; the answer says which words went."""
    assert found(reader, typed) == (ids, (), dropped)


def test_filters_do_not_change_how_words_are_read(reader: IndexReader) -> None:
    """That nobody has it under this licence is no reason to guess at other words."""
    hits = reader.find(DatasetQuery(search="radiology", license=["nobody-has-it"]))
    assert hits.reading is not None
    assert (hits.ids, hits.total) == ((), 0)
    assert not hits.reading.forgiving
    assert not hits.reading.dropped


@pytest.mark.parametrize("order", ["relevance", "downloads", "id", "created_at"])
def test_later_pages_go_on_with_the_reading_of_the_first(tmp_path: Path, order: str) -> None:
    """Also when somebody brings the word into the catalog meanwhile."""
    many = [dataset(n, f"acme/orange-{n}", downloads=n) for n in range(30)]
    query = DatasetQuery(search="orenge", sort_by=order, limit=10)
    first = build(tmp_path, many).find(query)
    assert first.total == 30
    assert first.reading is not None
    assert first.reading.forgiven_words == ("orenge",)
    seen, place = list(first.ids), first.next
    reader = build(tmp_path / "later", [*many, dataset(40, "somebody/orenge")])
    if order == "relevance":  # a place by relevance is one in its own build
        reader = IndexReader(tmp_path)
    while place is not None:
        page: Hits = reader.find(query, after=place)
        seen += page.ids
        place = page.next
    assert sorted(set(seen) - {"somebody/orenge"}) == sorted(some.id for some in many)
    assert len(set(seen)) == len(seen)


def test_a_word_of_those_that_left_is_unknown(tmp_path: Path) -> None:
    """Such words stay in the dictionary for a while; typos in them are forgiven all the same."""
    wrong, right = dataset(1, "x/opnorca"), dataset(2, "y/openorca")
    others = [dataset(number, f"z/poem{number}") for number in range(3, 20)]
    reader = build(tmp_path, [wrong, right, *others])
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.drop([wrong.hub_id])
        writer.commit(SERIAL)
    hits = reader.find(DatasetQuery(search="opnorca zzzzz"))
    assert hits.ids == ("y/openorca",)
    assert hits.reading is not None
    assert hits.reading.forgiven_words == ("opnorca",)
    assert hits.reading.dropped_words == ("zzzzz",)


@pytest.mark.parametrize("mark", ["9/", "/9", "x/", "0", "0/0/0", "/", "0,/", f"{'9' * 5_000}/"])
def test_a_place_in_a_reading_that_nobody_gave_is_refused(reader: IndexReader, mark: str) -> None:
    """Or is read as one that somebody could have given; never an error of ours."""
    query = DatasetQuery(search="orenge", sort_by="downloads")
    try:
        hits = reader.find(query, after=f"{mark}~downloads-desc.{2**63}")
    except BadCursor:
        assert mark not in ("/", "0,/")
    else:
        assert set(hits.ids) <= {"y/orange"}
