"""``make bench``: the table.  ``BENCH="--datasets 1000000"`` for the size of the real Hub."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.engine import measure_engine
from bench.exporting import measure_exporting
from bench.indexing import measure_indexing
from bench.reading import measure_reading
from bench.refreshing import measure_refreshing
from bench.relevance import measure_relevance
from bench.searching import Pace, measure_searching
from bench.serving import measure_serving
from bench.streams import measure_streams
from bench.system import BenchRow, BenchSystem, wait_for_index
from bench.writing import measure_two_workers, measure_writing

PARTS = (
    "relevance",
    "writing",
    "refreshing",
    "reading",
    "serving",
    "searching",
    "exporting",
    "indexing",
    "engine",
    "workers",
    "streams",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--datasets", type=int, default=50_000, metavar="N")
    parser.add_argument("--requests", type=int, default=300, metavar="N")
    parser.add_argument("--seconds", type=float, default=5, metavar="S", help="of each load")
    parser.add_argument("--rate", type=float, default=100, metavar="R", help="searches a second")
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="keep everything there, or measure what is there already without loading it again",
    )
    parser.add_argument(
        "--every",
        type=int,
        default=16,
        metavar="N",
        help="one dataset in N is asked for what is promised for each; 1: all of them",
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    rows = list(_rows(asked))
    table = Table(
        title=f"{asked.datasets:,} generated datasets, on this machine", title_justify="left"
    )
    for column in ("what", "measured", "against", "ratio"):
        table.add_column(column)
    for row in rows:
        table.add_row(row.what, row.measured, row.against, row.ratio)
    Console(width=150).print(table)


def _rows(asked: argparse.Namespace) -> Iterator[BenchRow]:
    parts = set(asked.only)
    if "relevance" in parts:
        yield from measure_relevance(asked.every)
    if parts == {"relevance"}:
        return
    with ExitStack() as stack:
        folder = asked.data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        system = stack.enter_context(BenchSystem(folder, asked.datasets))
        if system.is_loaded:
            asked.datasets = system.datasets
            for part in ("indexer", "api", "worker"):
                system.start(part)
            wait_for_index(system)
        else:
            writing = measure_writing(system)
            yield from writing.rows
            if "refreshing" in parts:
                yield from measure_refreshing(system, writing.rate)
        if "reading" in parts:
            yield from measure_reading(system, asked.requests)
        if "serving" in parts:
            yield from measure_serving(system, asked.seconds)
        if "searching" in parts:
            pace = Pace(asked.seconds, mixed=asked.rate, alone=asked.rate / 4)
            yield from measure_searching(system, pace)
        if "exporting" in parts:
            yield from measure_exporting(system)
        if "indexing" in parts:
            yield from measure_indexing(system)
        if "engine" in parts:
            yield from measure_engine(system)
        if "workers" in parts and not system.is_loaded:
            yield measure_two_workers(system, writing.rate)
        if "streams" in parts:  # the last: the changes that it announces are none
            yield from measure_streams(system)


main()
