"""How many answers one API process gives, against constant ones of the same framework."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median

import psutil

from bench.rates import measure_rate
from bench.system import BenchRow, BenchSystem, until

_PORT = 8713
_CONSTANT = f"http://127.0.0.1:{_PORT}"
_ROUNDS = 5
"""Both are measured in turns: what else the machine does meets both."""
_IDLE = 5.0
"""Percent of a core, by all parts together."""
_PAGES = 5_000
"""Different pages: none is asked for twice before the memory of answers has forgotten it."""


def measure_serving(system: BenchSystem, seconds: float) -> Iterator[BenchRow]:
    """Rates of 32 connections; ``seconds`` for each kind and round."""
    system.stop("worker")  # who refreshes changes what is asked for, and needs a core
    _wait_until_idle(system)
    base = "/api/datasets?sort_by=downloads"
    sizes = {
        limit: len(system.http.get(f"{system.api_url}{base}&limit={limit}").content)
        for limit in (10, 100)
    }
    etag = system.http.get(f"{system.api_url}{base}").headers["etag"]
    with _constant_server(system, sizes[10], sizes[100]):
        for limit, constant in ((10, "/small"), (100, "/large")):
            apart = max((system.datasets - limit) // _PAGES, 1)
            fresh = [f"{base}&limit={limit}&offset={page * apart}" for page in range(_PAGES)]
            yield _row(system, f"lists of {limit}, each another", fresh, constant, seconds)
            same = [f"{base}&limit={limit}"]
            yield _row(system, f"lists of {limit}, the same again", same, constant, seconds)
        tagged = {"If-None-Match": etag}
        yield _row(system, "a list not modified (304)", [base], "/empty", seconds, tagged)
    system.start("worker")


def _wait_until_idle(system: BenchSystem) -> None:
    """An API that has just begun reads the words that it suggests, in a thread of its own."""
    parts = [psutil.Process(part.pid) for part in system.parts.values()]
    until(lambda: sum([part.cpu_percent(1.0) for part in parts]) < _IDLE, 300)


def _row(
    system: BenchSystem,
    what: str,
    targets: Sequence[str],
    constant: str,
    seconds: float,
    headers: Mapping[str, str] | None = None,
) -> BenchRow:
    ours, others, failed = [], [], 0
    for _ in range(_ROUNDS):
        rate = measure_rate(system.api_url, targets, seconds=seconds, headers=headers)
        ours.append(rate.a_second)
        failed += rate.failed
        others.append(measure_rate(_CONSTANT, [constant], seconds=seconds).a_second)
    ratio = median(our / other for our, other in zip(ours, others, strict=True))
    return BenchRow(
        what,
        f"{median(ours):,.0f} answers/s" + (f", {failed} FAILED" if failed else ""),
        f"{median(others):,.0f}/s constant ({constant})",
        f"{ratio:.2f}",
    )


@contextmanager
def _constant_server(system: BenchSystem, small: int, large: int) -> Iterator[None]:
    arguments = [str(_PORT), str(small), str(large)]
    server = subprocess.Popen([sys.executable, "-m", "bench.constant", *arguments])
    try:
        until(lambda: system.answers(f"{_CONSTANT}/small"), 30)
        yield
    finally:
        server.terminate()
        server.wait(10)
