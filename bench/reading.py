"""What readers wait for, against the cheapest answer the API has, in the same run."""

import time
from collections.abc import Iterator
from statistics import median, quantiles
from urllib.parse import quote

from bench.system import BenchRow, BenchSystem, mebibytes

QUESTIONS = {
    "first page, catalog order": "",
    "most downloaded, 100 a page": "?sort_by=downloads&limit=100",
    "smallest known size first": "?sort_by=size_bytes&sort_order=asc",
    "search for one word": "?search=dataset",
    "search for three words": "?search=english+question+answering",
    "filter by licence and language": "?license=mit&language=en",
    "filter, sorted by size": "?license=mit&sort_by=size_bytes",
}
"""What readers ask, below ``/api/datasets``."""


def measure_reading(system: BenchSystem, requests: int) -> Iterator[BenchRow]:
    """Latencies of one caller over one connection, and the memory of the parts."""
    base, times = f"{system.api_url}/api/datasets", requests
    some = system.http.get(base, params={"sort_by": "downloads", "limit": 1}).json()["items"][0]
    floor = median(_times(system, f"{system.api_url}/livez", times))
    questions = {
        **QUESTIONS,
        "a page at the far end": f"?offset={system.datasets - 10}",
        "search for a name": f"?search={quote(some['name'])}",
        "one dataset": f"/{some['id']}",
        "one dataset, not modified (304)": f"/{some['id']}",
    }
    for what, question in questions.items():
        url = f"{base}{question}"
        headers = {}
        if "304" in what:
            headers = {"If-None-Match": system.http.get(url).headers["etag"]}
        taken = _times(system, url, times, headers)
        p95 = quantiles(taken, n=20)[-1]
        yield BenchRow(
            what,
            f"{median(taken):.2f} ms median, {p95:.2f} ms p95",
            f"/livez {floor:.2f} ms",
            f"{median(taken) / floor:.1f}",
        )
    for name in system.parts:
        resident, anonymous = system.memory(name)
        yield BenchRow(
            f"memory of the {name}",
            f"{mebibytes(resident)} resident, {mebibytes(anonymous)} anonymous",
        )


def _times(
    system: BenchSystem, url: str, count: int, headers: dict[str, str] | None = None
) -> list[float]:
    taken = []
    for _ in range(count + 5):
        started = time.perf_counter()
        answer = system.http.get(url, headers=headers)
        taken.append((time.perf_counter() - started) * 1000)
        assert answer.status_code in {200, 304}, (url, answer.text)
    return taken[5:]
