"""``make bench``: the table.  ``BENCH="--datasets 1000000"`` for the size of the real Hub."""

import argparse
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.reading import measure_reading
from bench.refreshing import measure_refreshing
from bench.system import BenchSystem
from bench.writing import measure_two_workers, measure_writing


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--datasets", type=int, default=50_000, metavar="N")
    parser.add_argument("--requests", type=int, default=300, metavar="N")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        BenchSystem(Path(folder), asked.datasets) as system,
    ):
        writing = measure_writing(system)
        rows = [
            *writing.rows,
            *measure_refreshing(system, writing.rate),
            *measure_reading(system, asked.requests),
            measure_two_workers(system, writing.rate),
        ]
    table = Table(
        title=f"{asked.datasets:,} generated datasets, on this machine", title_justify="left"
    )
    for column in ("what", "measured", "against", "ratio"):
        table.add_column(column)
    for row in rows:
        table.add_row(row.what, row.measured, row.against, row.ratio)
    Console(width=132).print(table)


main()
