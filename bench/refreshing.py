"""Runs over a catalog that is there already: nothing new, a day's changes, a hundred commits."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles
from typing import Any

import httpx2

from bench.reading import QUESTIONS
from bench.system import BenchRow, BenchSystem, until, wait_for_index

_EDITED = 100


def measure_refreshing(system: BenchSystem, loaded: float) -> Iterator[BenchRow]:
    """``loaded``: rows a second of the first full load, with one worker."""
    unchanged = run(system, "pages")
    assert not unchanged["changed"], "nothing has changed on the Hub"
    rate = unchanged["rows"] / unchanged["paging"]
    yield BenchRow(
        "page-wise run in which nothing changed (no document written)",
        f"{rate:,.0f} rows/s",
        f"first full load {loaded:,.0f} rows/s",
        f"{rate / loaded:.1f}",
    )
    compared = run(system, "full")
    rate = compared["rows"] / compared["paging"]
    yield BenchRow(
        "full run in which nothing changed (every document compared)",
        f"{rate:,.0f} rows/s",
        f"first full load {loaded:,.0f} rows/s",
        f"{rate / loaded:.1f}",
    )
    churned = system.control("churn", share=0.4, seed=7)["changed"]
    rest = _read_while(system, lambda: time.sleep(20))
    busy = _read_while(system, lambda: run(system, "pages"))
    yield BenchRow(
        f"readers while {churned:,} changes are stored ({len(busy):,} requests)",
        _spread(busy),
        f"at rest {_spread(rest)}",
        f"{_p99(busy) / _p99(rest):.1f} (p99)",
    )
    yield _delta(system)


def run(system: BenchSystem, kind: str) -> dict[str, Any]:
    """A whole run; its counts, and the seconds until its last page was stored."""
    before = system.run_number()
    asked = {"kind": kind}
    system.http.post(
        f"{system.api_url}/api/datasets/refresh-cache", params=asked
    ).raise_for_status()
    until(lambda: system.run_number() > before, 60)
    started = time.monotonic()
    until(lambda: system.run()[b"state"] != b"running", 3600)
    paging = time.monotonic() - started
    until(lambda: system.run()[b"state"] == b"succeeded", 600)
    run = system.run()
    changed = sum(int(run.get(name, 0)) for name in (b"created", b"updated", b"moved", b"deleted"))
    return {"rows": int(run[b"rows"]), "changed": changed, "paging": paging}


def _delta(system: BenchSystem) -> BenchRow:
    """From the start of a delta run until the API shows the last of a hundred commits."""
    wait_for_index(system)
    newest = f"{system.api_url}/api/datasets"
    shown = system.http.get(newest, params={"sort_by": "downloads", "limit": _EDITED}).json()
    ids = [item["id"] for item in shown["items"]]
    for dataset_id in ids:
        system.control("edit", id=dataset_id, commit=True, fields={"likes": 7_654_321})
    system.control("clear_log")
    started = time.monotonic()
    system.http.post(
        f"{system.api_url}/api/datasets/refresh-cache", params={"kind": "delta"}
    ).raise_for_status()
    query = {"min_likes": 7_654_321, "max_likes": 7_654_321, "limit": 1}

    def stored() -> bool:
        return all(_likes(system, dataset_id) == 7_654_321 for dataset_id in (ids[0], ids[-1]))

    def searchable() -> bool:
        return bool(system.http.get(newest, params=query).json()["total"] == len(ids))

    until(stored, 60)
    seen = time.monotonic() - started
    until(searchable, 60)
    found = time.monotonic() - started
    asked = system.control("stats")["by_kind"].get("listing", 0)
    return BenchRow(
        f"delta of {len(ids)} commits, from the request for it until the API shows them",
        f"{seen:.1f} s by their ids, {found:.1f} s by a filter",
        f"{asked} requests to the Hub" if asked else "",
    )


def _likes(system: BenchSystem, dataset_id: str) -> int:
    return int(system.http.get(f"{system.api_url}/api/datasets/{dataset_id}").json()["likes"])


def _read_while(system: BenchSystem, work: Callable[[], object]) -> list[float]:
    """Milliseconds of each request of a caller who asks all kinds of questions, one by one."""
    taken = []
    base = f"{system.api_url}/api/datasets"
    with ThreadPoolExecutor(1) as pool, httpx2.Client(timeout=60, trust_env=False) as http:
        ended = pool.submit(work)
        while not ended.done():
            for question in QUESTIONS.values():
                started = time.perf_counter()
                http.get(f"{base}{question}").raise_for_status()
                taken.append((time.perf_counter() - started) * 1000)
                time.sleep(0.01)
        ended.result()
    return taken


def _p99(taken: list[float]) -> float:
    return quantiles(taken, n=100)[-1]


def _spread(taken: list[float]) -> str:
    return f"{median(taken):.1f} ms median, {_p99(taken):.1f} ms p99"
