"""Redis's own query engine over the same documents, where a module of it can be loaded."""

from collections.abc import Iterator

from bench.system import BenchRow, BenchSystem


def measure_engine(system: BenchSystem) -> Iterator[BenchRow]:
    """Nothing yet."""
    yield from ()
