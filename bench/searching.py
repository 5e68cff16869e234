"""
Search, lists, facets and suggestions over HTTP, at a fixed rate of arrivals.

Everything is warm; API and load share the machine.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from bench.load import Latencies, measure
from bench.questions import LIST, Questions, create_questions, target
from bench.refreshing import run
from bench.system import BenchRow, BenchSystem, mebibytes
from collinear.domain.query import DatasetQuery
from collinear.search.reader import IndexReader

_SAMPLE = 5_000
_PAGES = (1, 100, 10_000)


class Pace(NamedTuple):
    """How long each kind is asked (seconds), and how many arrive in a second."""

    seconds: float
    mixed: float
    alone: float

    def measure(self, system: BenchSystem, targets: list[str], rate: float) -> Latencies:
        """The latencies of these targets, one after the other and again from the first."""
        wanted = self.count(rate)
        asked = (targets * (wanted // len(targets) + 1))[:wanted]
        return measure(system.api_url, asked, rate=rate)

    def count(self, rate: float) -> int:
        """Requests of one measurement."""
        return max(int(self.seconds * rate), 100)


def measure_searching(system: BenchSystem, pace: Pace) -> Iterator[BenchRow]:
    """All of it, from the mixed searches to the memory that they took."""
    questions = create_questions(list(sample(system)))
    pace.measure(system, questions.mixed(500), pace.mixed)
    yield from _searches(system, questions, pace)
    yield from _lists(system, pace)
    yield from _facets(system, questions, pace)
    yield from _beside(system, pace)
    yield _overhead(system, questions, pace.alone)
    if "worker" in system.parts:
        yield from _while_storing(system, questions, pace)
    yield from _room(system)


def _searches(system: BenchSystem, questions: Questions, pace: Pace) -> Iterator[BenchRow]:
    mixed = pace.measure(system, questions.mixed(pace.count(pace.mixed)), pace.mixed)
    yield _row(f"searches of all kinds, {pace.mixed:g} a second", mixed, "p50 4, p99 30 ms")
    wanted = {"no hit": "p99 10 ms", "one hit": "p99 10 ms"}
    kinds = {kind: questions.some(kind, pace.count(pace.alone)) for kind in questions.kinds}
    for kind, targets in (kinds | {"one hit": list(_one_hit(system, questions))}).items():
        alone = pace.measure(system, targets, pace.alone)
        yield _row(f"  {kind}, {pace.alone:g} a second", alone, wanted.get(kind, ""))


def _one_hit(system: BenchSystem, questions: Questions) -> Iterator[str]:
    """Phrases of whole ids that nothing else fits."""
    for asked in questions.kinds["a whole id"][:100]:
        words = parse_qs(urlsplit(asked).query)["search"][0]
        one = target(search=f'"{words.replace("/", " ")}"')
        if system.http.get(system.api_url + one).json()["total"] == 1:
            yield one


def _lists(system: BenchSystem, pace: Pace) -> Iterator[BenchRow]:
    """Plain orders by offset and by cursor, filtered and searched ones by cursor."""
    for order in ("", "downloads", "id"):
        query: dict[str, Any] = {"sort_by": order} if order else {}
        yield _depths(system, pace, query, by_cursor=False)
        yield _depths(system, pace, query, by_cursor=True)
    yield _depths(system, pace, {"sort_by": "size_bytes"}, by_cursor=True)
    yield _depths(system, pace, {"license": "mit", "sort_by": "size_bytes"}, by_cursor=True)
    yield _depths(system, pace, {"search": "dataset", "sort_by": "downloads"}, by_cursor=True)


def _depths(system: BenchSystem, pace: Pace, query: dict[str, Any], *, by_cursor: bool) -> BenchRow:
    """One order at three depths; the ratio is that of the medians, the deepest to the first."""
    total = system.http.get(system.api_url + target(**query, limit=1)).json()["total"]
    found, pages = [], []
    for page in _PAGES:
        offset = min((page - 1) * 10, max(total // 10 * 10 - 20, 0))
        place: dict[str, Any] = {"offset": offset} if offset else {}
        if by_cursor and offset:
            before = target(**query, offset=offset - 10)
            place = {"cursor": system.http.get(system.api_url + before).json()["next_cursor"]}
        pages.append(f"{offset // 10 + 1:,}")
        found.append(pace.measure(system, [target(**query, **place)], pace.alone))
    shown = ", ".join(map(str, query.values())) or "catalog order"
    plain = set(query) <= {"sort_by"}
    return BenchRow(
        f"list by {shown}, by {'cursor' if by_cursor else 'offset'}: pages {' / '.join(pages)}",
        " / ".join([f"{some.p50:.1f}" for some in found])
        + " ms p50, "
        + " / ".join([f"{some.p99:.1f}" for some in found])
        + " p99",
        "p99 8 ms, 1.5 times wanted" if plain else "4 times wanted",
        f"{found[-1].p50 / found[0].p50:.2f}",
    )


def _facets(system: BenchSystem, questions: Questions, pace: Pace) -> Iterator[BenchRow]:
    every = "license,language,task,modality,format,library,size_category,impact_level,gated"
    words = [parse_qs(urlsplit(one).query)["search"][0] for one in questions.kinds["2 to 6 words"]]
    typical = [word for text in words for word in text.split() if len(word) > 4]
    for what, facets, searched, wanted in (
        ("every small field, of the whole catalog", every, False, "p99 60 ms"),
        ("author and tag, of the whole catalog", "author,tag", False, "p99 60 ms"),
        ("every small field, of a search", every, True, "p99 20 ms"),
        ("tag, of a search", "tag", True, "p99 400 ms"),
        ("author, of a search", "author", True, "p99 400 ms"),
        ("a histogram of sizes, of a search", "size_bytes:histogram", True, "p99 20 ms"),
    ):
        targets = [
            target(**({"search": word} if searched else {}), facets=facets, limit=1)
            for word in (typical if searched else [""])
        ]
        system.http.get(system.api_url + targets[0])
        taken = pace.measure(system, targets, pace.alone / 4 if searched else pace.alone)
        yield _row(f"facets: {what}", taken, wanted)


def _beside(system: BenchSystem, pace: Pace) -> Iterator[BenchRow]:
    names = [item["name"] for item in sample(system)]
    beginnings = [name[: 1 + place % 8] for place, name in enumerate(names)]
    typed = [target(f"{LIST}/suggest", q=begun) for begun in beginnings if begun.strip()]
    system.http.get(system.api_url + typed[0])
    yield _row("suggestions", pace.measure(system, typed, pace.alone), "10 ms")
    ids = [item["id"] for item in sample(system)]
    alike = [f"{LIST}/{quote(dataset_id)}/similar" for dataset_id in ids]
    yield _row("similar datasets", pace.measure(system, alike, pace.alone / 2), "")


def _overhead(system: BenchSystem, questions: Questions, rate: float) -> BenchRow:
    """The same questions with and without HTTP around the search."""
    reader = IndexReader(system.folder / "index")
    asked = questions.mixed(300)
    queries = [to_query(one) for one in asked]
    bare = [milliseconds(lambda query=query: reader.find(query)) for query in queries]
    with_http = measure(system.api_url, asked, rate=rate).p50
    more = with_http - median(bare)
    return BenchRow(
        f"searches of all kinds, {rate:g} a second",
        f"{with_http:.1f} ms median",
        f"the index without HTTP {median(bare):.1f} ms",
        f"{more:+.1f} ms (3 wanted)",
    )


def to_query(asked: str) -> DatasetQuery:
    fields = {name: values[0] for name, values in parse_qs(urlsplit(asked).query).items()}
    lists = {
        name: [value] for name, value in fields.items() if name in {"license", "language", "task"}
    }
    if facets := fields.pop("facets", None):
        lists["facets"] = facets.split(",")
    return DatasetQuery.model_validate(fields | lists)


def _while_storing(system: BenchSystem, questions: Questions, pace: Pace) -> Iterator[BenchRow]:
    """The same searches while a page-wise run stores changes and the indexer follows."""
    share = min(0.4, 200_000 / system.datasets)
    changes = system.control("churn", share=share, seed=9)["changed"]
    with ThreadPoolExecutor(1) as pool:
        storing = pool.submit(run, system, "pages")
        time.sleep(1)
        busy = pace.measure(system, questions.mixed(pace.count(pace.mixed)), pace.mixed)
        first = pace.measure(system, [target(sort_by="downloads")], pace.alone)
        still = not storing.done()
        storing.result()
    told = "" if still else " (it ended meanwhile)"
    yield _row(
        f"searches while {changes:,} changes are stored{told}, {pace.mixed:g} a second",
        busy,
        "p50 4, p99 30 ms",
    )
    yield _row(f"list by downloads, meanwhile{told}", first, "p99 8 ms")


def _room(system: BenchSystem) -> Iterator[BenchRow]:
    files = [file for file in (system.folder / "index").rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    per_million = size / system.datasets * 1_000_000
    yield BenchRow("index on disk", mebibytes(size), f"{mebibytes(per_million)} a million", "")
    _, anonymous = system.memory("api")
    yield BenchRow("anonymous memory of the API after all that", mebibytes(anonymous), "250 wanted")


def sample(system: BenchSystem) -> Iterator[dict[str, Any]]:
    """Datasets from all over the catalog."""
    total = system.http.get(system.api_url + target(limit=1)).json()["total"]
    for part in range(10):
        place = {"offset": total * part // 10, "limit": _SAMPLE // 10}
        yield from system.http.get(system.api_url + target(**place)).json()["items"]


def milliseconds(ask: Any) -> float:
    started = time.perf_counter()
    ask()
    return (time.perf_counter() - started) * 1000


def _row(what: str, taken: Latencies, wanted: str) -> BenchRow:
    return BenchRow(what, str(taken), f"{wanted} wanted" if wanted else "")
