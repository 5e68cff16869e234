"""Whether the dataset that was meant comes first, against looking for the text in ids."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.system import BenchRow
from collinear.domain.dataset import Dataset
from collinear.domain.query import DatasetQuery
from tests.relevance.catalogs import ROWS, generated, real
from tests.relevance.known_items import create_known_items
from tests.relevance.measures import TOP, Judged, scores
from tests.relevance.promises import not_by_popularity, not_first_by_id
from tests.relevance.queries import create_queries
from tests.relevance.world import create_world
from tests.search.datasets import build


def measure_relevance(every: int) -> Iterator[BenchRow]:
    """
    MRR and nDCG@10 of the judged queries; of known items too where the real rows are.

    One dataset in ``every`` is asked for what is promised for each.
    """
    world = create_world()
    datasets = [entry.dataset for entry in world]
    yield from _measure("judged", datasets, create_queries(world))
    if ROWS.exists():
        datasets = real()
        yield from _measure("real", datasets, create_known_items(datasets, items=150))
    yield from _promises(every)


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


def _promises(every: int) -> Iterator[BenchRow]:
    """Datasets of a whole catalog, and how many searches there were in a second."""
    datasets = generated(50_000)
    some = datasets[::every]
    names = sorted({dataset.name for dataset in some})
    with tempfile.TemporaryDirectory() as folder:
        reader = build(Path(folder), datasets)
        started = time.monotonic()
        wrong = not_first_by_id(reader, some)
        yield _kept("full id finds its dataset first", datasets, len(some), len(wrong), started)
        started = time.monotonic()
        wrong = not_by_popularity(reader, datasets, names)
        yield _kept("name finds its own, by popularity", datasets, len(names), len(wrong), started)


def _kept(
    what: str, datasets: Sequence[Dataset], asked: int, wrong: int, started: float
) -> BenchRow:
    rate = asked / (time.monotonic() - started)
    return BenchRow(
        f"every {what}, of {len(datasets):,} datasets",
        f"{asked - wrong:,} of {asked:,} asked",
        f"{rate:,.0f} a second",
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
