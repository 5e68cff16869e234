"""Whether the dataset that was meant comes first, against looking for the text in ids."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.system import BenchRow
from collinear.domain.dataset import Dataset
from collinear.domain.query import DatasetQuery
from collinear.search.reader import IndexReader
from tests.relevance.catalogs import ROWS, generated, real
from tests.relevance.known_items import create_known_items
from tests.relevance.measures import TOP, Judged, scores
from tests.relevance.promises import not_by_popularity, not_first_by_id
from tests.relevance.queries import create_queries
from tests.relevance.world import create_world
from tests.search.datasets import build


def measure_relevance() -> Iterator[BenchRow]:
    """MRR and nDCG@10 of the judged queries; of known items too where the real rows are."""
    world = create_world()
    datasets = [entry.dataset for entry in world]
    yield from _measure("judged", datasets, create_queries(world))
    if ROWS.exists():
        datasets = real()
        yield from _measure("real", datasets, create_known_items(datasets, items=150))
    yield from _promises()


def _promises() -> Iterator[BenchRow]:
    """Each dataset of a whole catalog, and how many searches there were in a second."""
    datasets = generated(50_000)
    names = sorted({dataset.name for dataset in datasets})
    with tempfile.TemporaryDirectory() as folder:
        reader = build(Path(folder), datasets)
        for what, asked, check in (
            ("full id finds its dataset first", len(datasets), not_first_by_id),
            ("name finds its own, by popularity", len(names), partial(_by_name, names)),
        ):
            started = time.monotonic()
            wrong = len(check(reader, datasets))
            rate = asked / (time.monotonic() - started)
            yield BenchRow(
                f"every {what}", f"{asked - wrong:,} of {asked:,}", f"{rate:,.0f} a second"
            )


def _by_name(
    names: Sequence[str], reader: IndexReader, datasets: Sequence[Dataset]
) -> list[tuple[str, object]]:
    return not_by_popularity(reader, datasets, names)


def _measure(
    what: str, datasets: Sequence[Dataset], judged: Sequence[Judged]
) -> Iterator[BenchRow]:
    with tempfile.TemporaryDirectory() as folder:
        reader = build(Path(folder), datasets)
        found = scores(judged, lambda typed: reader.find(DatasetQuery(search=typed)).ids)
    plain = scores(judged, _substrings(datasets))
    for kind in sorted(found, key=lambda kind: (kind != "all", kind)):
        ours, theirs = found[kind], plain[kind]
        yield BenchRow(
            f"relevance, {what}: {kind.removeprefix('known: ')} ({ours.queries} queries)",
            f"MRR {ours.mrr:.3f}, nDCG@10 {ours.ndcg:.3f}",
            f"text in ids, by downloads: {theirs.mrr:.3f}, {theirs.ndcg:.3f}",
            f"{ours.ndcg / theirs.ndcg:.1f}" if theirs.ndcg else "",
        )


def _substrings(datasets: Sequence[Dataset]) -> Callable[[str], list[str]]:
    """What the Hub's own search does: ids that hold the text, the most downloaded first."""
    by_use = sorted(datasets, key=lambda some: -(some.downloads or 0))
    ids = [(some.id.lower(), some.id) for some in by_use]

    def find(typed: str) -> list[str]:
        text, found = typed.strip().lower(), list[str]()
        for lower, dataset_id in ids:
            if text in lower:
                found.append(dataset_id)
                if len(found) == TOP:
                    break
        return found

    return find
