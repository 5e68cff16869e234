"""Facets agree with counting by hand, whatever the words, the filters and the values."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tantivy import Query

from collinear.domain import moments
from collinear.domain.dataset import Dataset
from collinear.domain.facets import OWN_FILTERS, TAG_FILTERS, measure
from collinear.domain.query import DatasetQuery
from collinear.search.facets import Facet, Facets, Values
from collinear.search.histograms import Bucket, Histogram
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from tests.search.datasets import HEAP, POLICY, SERIAL, build, dataset, rows

EVERY = list(OWN_FILTERS)


def fits(some: Dataset, query: DatasetQuery) -> bool:
    """Whether a dataset passes the words and filters of a query, in plain words."""
    tags = set(some.tags)
    gated = {"true": {"auto", "manual"}}
    levels = {str(level) for level in query.impact_level}
    return all(
        (
            query.search is None or query.search in some.id.split("/")[1].split("-"),
            not query.author or some.author in query.author,
            set(query.tag) <= tags,
            *(
                not wanted or bool({prefix + value for value in wanted} & tags)
                for name, prefix in TAG_FILTERS.items()
                if (wanted := getattr(query, name)) is not None
            ),
            not levels or str(some.impact(POLICY).level) in levels,
            not query.gated
            or (some.gated or "false") in set().union(*(gated.get(g, {g}) for g in query.gated)),
            *(
                between(getattr(some, f), getattr(query, f"min_{f}"), getattr(query, f"max_{f}"))
                for f in ("downloads", "likes", "size_bytes")
            ),
            between(some.created_at, ms(query.created_after), ms(query.created_before)),
            between(some.last_modified, ms(query.modified_after), ms(query.modified_before)),
        )
    )


def ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def between(value: int | None, least: int | None, most: int | None) -> bool:
    if least is None and most is None:
        return True
    return value is not None and (least or 0) <= value and (most is None or value <= most)


def values_of(some: Dataset, name: str) -> Iterable[str]:
    """The values of a dataset that a facet counts."""
    if name == "author":
        return [some.author] if some.author else []
    if name == "tag":
        return set(some.tags)
    if name == "impact_level":
        return [str(some.impact(POLICY).level)]
    if name == "gated":
        return [some.gated or "false"]
    prefix = TAG_FILTERS[name]
    return {tag.removeprefix(prefix) for tag in some.tags if tag.startswith(prefix)}


def expected(datasets: Iterable[Dataset], query: DatasetQuery, name: str) -> Facet:
    """A facet, counted one dataset at a time."""
    found = [some for some in datasets if fits(some, query.without(*OWN_FILTERS[name]))]
    of = measure(name)
    if of is None:
        counts = Counter(value for some in found for value in values_of(some, name))
        ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0].encode()))
        shown = dict(ordered[: query.facet_limit])
        return Values(shown, len(counts) > len(shown))
    known = [value for some in found if (value := getattr(some, of)) is not None]
    to_bounds: Callable[[int], Any] = month if of.endswith(("at", "modified")) else decade(of)
    counts = Counter(map(to_bounds, known))
    buckets = tuple([Bucket(*bounds, counts[bounds]) for bounds in sorted(counts)])
    return Histogram(buckets, len(found) - len(known))


def month(milliseconds: int) -> tuple[str, str]:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    following = moment.year * 12 + moment.month
    return f"{moment:%Y-%m}-01", f"{following // 12}-{following % 12 + 1:02}-01"


def decade(of: str) -> Callable[[int], tuple[int, int | None]]:
    least = 1_000 if of == "size_bytes" else 10

    def bucket(value: int) -> tuple[int, int | None]:
        if value < least:
            return (0, 1) if value == 0 else (1, least)
        power = 10 ** (len(str(value)) - 1)
        return power, power * 10 if power < 10**18 else None

    return bucket


def without_gaps(facet: Facet) -> Facet:
    """A histogram without its empty buckets: they are only between others, and none is left out."""
    if isinstance(facet, Values):
        return facet
    if facet.buckets:
        assert facet.buckets[0].count
        assert facet.buckets[-1].count
    for one, other in zip(facet.buckets, facet.buckets[1:], strict=False):
        assert one.end == other.start
    return facet._replace(buckets=tuple(bucket for bucket in facet.buckets if bucket.count))


def check(reader: IndexReader, datasets: list[Dataset], **asked: Any) -> dict[str, Facet]:
    """Every facet of a query is what counting by hand gives, in its order."""
    query = DatasetQuery(**{"facets": EVERY} | asked)
    hits = reader.find(query)
    assert hits.facets is not None
    assert hits.serial == SERIAL
    assert list(hits.facets) == query.facets
    for name, facet in hits.facets.items():
        right = expected(datasets, query, name)
        assert without_gaps(facet) == right, (name, asked)
        if isinstance(facet, Values) and isinstance(right, Values):
            assert list(facet.counts.items()) == list(right.counts.items()), name
    assert hits.total == sum(fits(some, query) for some in datasets)
    return hits.facets


AUTHORS = ["acme", "Acme", "öko", "数据", "a\"b'c\\", None]
TAGS = [
    *("license:mit", "license:MIT", "license:apache-2.0", "license:", "license", "xlicense:mit"),
    *("language:en", "language:de", "language:数", "task_categories:question-answering"),
    *("size_categories:100K<n<1M", "size_categories:100k<n<1M", "modality:text", "modality:a\nb"),
    *("format:\x00", "library:.*", "library:\u2028", "art", "Art", "medical \x1f", "tag,comma"),
    "license:" + "x" * 292,
]
WORDS = ["corpus", "speech", "squad"]
MOMENTS = [
    moments.parse(text)
    for text in ("2023-12-31T23:59:59.999Z", "2024-01-01T00:00:00Z", "2024-03-05", "2026-02-28")
]

some_datasets = st.lists(
    st.fixed_dictionaries(
        {
            "author": st.sampled_from(AUTHORS),
            "word": st.sampled_from(WORDS),
            "tags": st.lists(st.sampled_from(TAGS), max_size=5).map(tuple),
            "size_bytes": st.sampled_from([None, 0, 1, 999, 1000, 10**12 - 1, 10**12, 2**62]),
            "downloads": st.sampled_from([None, 0, 1, 9, 10, 10**5, 10**18]),
            "likes": st.sampled_from([None, 0, 1, 99, 100, 2**31]),
            "gated": st.sampled_from([False, "auto", "manual"]),
            "created_at": st.sampled_from([*MOMENTS, None]),
            "last_modified": st.sampled_from([*MOMENTS, None]),
        }
    ),
    max_size=25,
)
some_filters = st.fixed_dictionaries(
    {},
    optional={
        "search": st.sampled_from(WORDS),
        "author": st.lists(st.sampled_from([a for a in AUTHORS if a]), max_size=2),
        "tag": st.lists(st.sampled_from(TAGS), max_size=2),
        "license": st.lists(st.sampled_from(["mit", "MIT", "nobody's"]), max_size=2),
        "language": st.lists(st.sampled_from(["en", "de"]), max_size=2),
        "modality": st.just(["a\nb"]),
        "format": st.just(["\x00"]),
        "size_category": st.just(["100K<n<1M"]),
        "impact_level": st.lists(st.sampled_from(["high", "low", "not_available"]), max_size=2),
        "gated": st.lists(st.sampled_from(["true", "auto", "false"]), max_size=2),
        "min_downloads": st.sampled_from([0, 1, 10]),
        "max_downloads": st.sampled_from([10, 10**5]),
        "min_likes": st.sampled_from([0, 99]),
        "max_size_bytes": st.sampled_from([0, 1000, 10**12]),
        "created_after": st.just("2024-01-01"),
        "created_before": st.just("2024-03-05"),
        "modified_before": st.just("2024-01-01"),
        "facet_limit": st.sampled_from([1, 2, 10_000]),
    },
)


@settings(max_examples=25, deadline=None)
@given(some_datasets, st.lists(some_filters, min_size=1, max_size=6), st.integers(0, 5))
def test_every_facet_is_what_counting_by_hand_gives(
    tmp_path_factory: pytest.TempPathFactory,
    described: list[dict[str, Any]],
    questions: list[dict[str, Any]],
    leaving: int,
) -> None:
    """Any datasets, any words and filters, also after some have left and others have changed."""
    made = [
        dataset(n, f"{n}/{fields.pop('word')}-{n}", **fields)
        for n, fields in enumerate(map(dict, described))
    ]
    directory = tmp_path_factory.mktemp("index")
    with IndexWriter(directory, heap_bytes=HEAP) as writer:
        writer.rebuild()
        writer.put(rows(made))
        writer.commit(SERIAL)
        writer.drop([some.hub_id for some in made[:leaving]])
        writer.put(rows(made[leaving : leaving + 3]))
        writer.commit(SERIAL)
        writer.publish()
    reader = IndexReader(directory)
    for asked in questions:
        check(reader, made[leaving:], **asked)


def test_a_facet_leaves_out_its_own_filter_and_no_other(tmp_path: Path) -> None:
    """What else could be chosen, if this choice were another one."""
    datasets = [
        dataset(0, "a/x", tags=("license:mit", "language:en"), downloads=5),
        dataset(1, "a/y", tags=("license:mit", "language:de"), downloads=50),
        dataset(2, "b/z", tags=("license:gpl", "language:en"), downloads=5),
    ]
    reader = build(tmp_path, datasets)
    facets = check(reader, datasets, license=["mit"], language=["en"], min_downloads=5)
    assert facets["license"] == Values({"gpl": 1, "mit": 1}, False)
    assert facets["language"] == Values({"de": 1, "en": 1}, False)
    assert facets["author"] == Values({"a": 1}, False)
    # the same words under another name are another filter
    facets = check(reader, datasets, tag=["license:mit", "language:en"])
    assert facets["license"] == Values({"mit": 1}, False)
    assert facets["tag"] == Values(
        {"language:en": 2, "license:mit": 2, "language:de": 1, "license:gpl": 1}, False
    )


def test_the_most_frequent_values_come_first(tmp_path: Path) -> None:
    """Equals by name; of a facet that was cut short there is more, and it can be asked for."""
    authors = ["b", "a", "c", "c", "d", "B"]
    datasets = [dataset(n, f"{author}/{n}", author=author) for n, author in enumerate(authors)]
    reader = build(tmp_path, datasets, commits=3)
    for limit in (2, 1, 3, 10_000, 2):
        facet = check(reader, datasets, facets=["author"], facet_limit=limit)["author"]
        assert isinstance(facet, Values)
        assert list(facet.counts) == ["c", "B", "a", "b", "d"][:limit]
        assert facet.more == (limit < 5)


def test_a_dataset_counts_once_for_each_value(tmp_path: Path) -> None:
    """Though its tags may say it twice, also in characters that are none."""
    tags = ("license:mit", "license:mit", "license:\ud83d", "license:\ude00")
    datasets = [dataset(0, "a/x", tags=tags)]
    facets = build(tmp_path, datasets).count(DatasetQuery(facets=["license,tag"])).facets
    assert facets["license"] == Values({"?": 1, "mit": 1}, False)
    assert facets["tag"] == Values({"license:?": 1, "license:mit": 1}, False)


def test_moments_beyond_all_months_are_in_the_outermost_ones(tmp_path: Path) -> None:
    """Their buckets have no bound on that side; empty months between are shown."""
    stamps = [0, moments.parse("2010-01-31"), moments.parse("2010-03-01"), 4_000_000_000_000]
    datasets = [dataset(n, f"a/{n}", created_at=stamp) for n, stamp in enumerate(stamps)]
    reader = build(tmp_path, datasets)
    histogram = reader.count(DatasetQuery(facets=["created_at:histogram"])).facets.popitem()[1]
    assert isinstance(histogram, Histogram)
    assert histogram.buckets[:3] == (
        Bucket(None, "2010-02-01", 2),
        Bucket("2010-02-01", "2010-03-01", 0),
        Bucket("2010-03-01", "2010-04-01", 1),
    )
    assert histogram.buckets[-1] == Bucket("2043-12-01", None, 1)
    assert len(histogram.buckets) == 12 * 34
    assert histogram.unknown == 0


def test_facets_are_of_the_words_as_they_were_read(tmp_path: Path) -> None:
    """Where typos are forgiven or words dropped, the counts are of what was found so."""
    datasets = [
        dataset(n, f"a/translation-{n}", tags=(f"license:{n % 2}",), likes=n) for n in range(5)
    ]
    reader = build(tmp_path, datasets)
    for words in ("translatoin", "translation nowhere", "translation"):
        hits = reader.find(DatasetQuery(search=words, facets=["license"], license=["1"]))
        assert (hits.total, hits.facets) == (2, {"license": Values({"0": 3, "1": 2}, False)})


@pytest.mark.parametrize("asked", [{}, {"search": "same"}, {"min_likes": 3, "sort_by": "likes"}])
def test_every_page_has_the_same_facets(tmp_path: Path, asked: dict[str, Any]) -> None:
    """By cursor and by offset, also past the end."""
    datasets = [dataset(n, f"a{n % 3}/same-{n}", likes=n) for n in range(20)]
    reader = build(tmp_path, datasets)
    query = DatasetQuery(facets=["author", "likes:histogram"], limit=3, **asked)
    first = reader.find(query)
    assert first.facets == {
        name: expected(datasets, query, name) for name in ("author", "likes:histogram")
    }
    second = reader.find(query, after=first.next)
    past = reader.find(query.model_copy(update={"offset": 1_000}))
    assert first.facets == second.facets == past.facets
    assert past.ids == ()


class Counting:
    """Stands before a searcher and counts what it is asked."""

    def __init__(self, searcher: Any) -> None:
        self.searcher = searcher
        self.looks = 0

    def aggregate(self, query: Query, asked: dict[str, Any]) -> Any:
        self.looks += 1
        return self.searcher.aggregate(query, asked)

    def terms_with_prefix(self, *asked: Any) -> Any:
        self.looks += 1
        return self.searcher.terms_with_prefix(*asked)


def test_what_many_ask_for_is_counted_once(tmp_path: Path) -> None:
    """At the same time or later, in other words or as a part; another filter is counted anew."""
    datasets = [dataset(n, f"a{n}/x-{n}", tags=("license:mit",)) for n in range(50)]
    commit = build(tmp_path, datasets).commit()
    counting = Counting(commit.searcher)
    facets = Facets(counting)  # type: ignore[arg-type]  # all that is asked of a searcher

    def ask(**asked: Any) -> dict[str, Facet]:
        query = DatasetQuery(**{"author": ["anybody"]} | asked)
        return facets.count(query, lambda _: Query.all_query())

    together = threading.Barrier(4)
    answers: list[dict[str, Facet]] = []

    def at_once() -> None:
        together.wait()
        answers.append(ask(facets=["license", "gated", "likes:histogram", "impact_level"]))

    threads = [threading.Thread(target=at_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)
    assert counting.looks == 1
    ask(facets=["gated"], license=[], limit=3)
    assert counting.looks == 1
    ask(facets=["license"], license=["mit"])  # without its own filter it is the same question
    assert counting.looks == 1
    ask(facets=["gated"], license=["mit"])
    ask(facets=["tag"])
    assert counting.looks == 3
    ask(facets=["author", "license", "gated"])  # of all authors; the others are known
    assert counting.looks == 4
    ask(facets=["license", "task", "format", "gated", "likes:histogram"], author=[])
    assert counting.looks == 9  # of the whole there are lists, but for the likes
