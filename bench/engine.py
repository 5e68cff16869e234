"""Redis's own query engine over the same documents, where a server with its module is installed."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import redis

from bench.questions import Questions, create_questions
from bench.searching import milliseconds, sample, to_query
from bench.system import BenchRow, BenchSystem, mebibytes, until
from collinear.local.ports import free_port
from collinear.search.reader import IndexReader

_MODULE = Path(os.environ.get("BENCH_REDISEARCH", "/usr/lib/redis/modules/redisearch.so"))
_BATCH = 500
_TAG_FIELDS = ("license", "language")
_OTHER = re.compile("[^0-9A-Za-z]")
_FACETS = re.compile("&facets=[^&]*")
_WORD = re.compile(r"\w+")


def measure_engine(system: BenchSystem) -> Iterator[BenchRow]:
    """One caller, the same questions: ours over HTTP and without, the engine over its socket."""
    server = shutil.which("redis-server")
    if server is None or not _MODULE.exists():
        yield BenchRow(
            "Redis's query engine, side by side", "not installed: redis-server, redis-redisearch"
        )
        return
    with _engine(server) as engine:
        version = {module[b"name"]: module[b"ver"] for module in engine.module_list()}[b"ft"]
        seconds = _load(system, engine)
        memory = engine.info("memory")["used_memory"]
        name = f"Redis {engine.info('server')['redis_version']} with search {version}"
        yield BenchRow(f"{name}: load", f"{seconds:.0f} s, {mebibytes(memory)}")
        questions = create_questions(list(sample(system)))
        yield from _compare(system, engine, questions)


def _compare(system: BenchSystem, engine: redis.Redis, questions: Questions) -> Iterator[BenchRow]:
    reader = IndexReader(system.folder / "index")
    kinds = {"searches of all kinds, without facets": questions.mixed(600)}
    kinds |= {f"  {kind}": questions.some(kind, 200) for kind in questions.kinds}
    kinds = {kind: [_FACETS.sub("", one) for one in asked] for kind, asked in kinds.items()}
    for kind, asked in kinds.items():
        queries = [to_query(one) for one in asked]
        commands = [_commands(one) for one in asked]
        bare = [milliseconds(lambda query=query: reader.find(query)) for query in queries]
        theirs = [
            milliseconds(lambda command=command: _find(engine, command)) for command in commands
        ]
        http = [
            milliseconds(lambda one=one: system.http.get(system.api_url + one)) for one in asked
        ]
        yield BenchRow(
            f"{kind}, one caller",
            f"{_spread(bare)}; over HTTP {_spread(http)}",
            f"Redis's query engine {_spread(theirs)}",
            f"{median(theirs) / median(bare):.1f}; p95 {_p95(theirs) / _p95(bare):.1f}",
        )


@contextmanager
def _engine(server: str) -> Iterator[redis.Redis]:
    port = free_port()
    options = ["--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    module = ["--loadmodule", str(_MODULE), "MAXDOCTABLESIZE", "20000000"]
    with subprocess.Popen(
        [server, *options, *module], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            with redis.Redis(port=port, protocol=2) as client:
                until(lambda: _answers(client), 20)
                yield client
        finally:
            process.terminate()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _load(system: BenchSystem, engine: redis.Redis) -> float:
    """Seconds that it took to index every document of the catalog."""
    text = ["name", "TEXT", "WEIGHT", "8", "author", "TEXT", "WEIGHT", "1.5"]
    text += ["labels", "TEXT", "WEIGHT", "3", "description", "TEXT"]
    tags = [part for field in _TAG_FIELDS for part in (field, "TAG")]
    number = ["downloads", "NUMERIC", "SORTABLE"]
    _ask(engine, ["FT.CREATE", "datasets", "STOPWORDS", "0", "SCHEMA", *text, *tags, *number])
    started = time.monotonic()
    with engine.pipeline(transaction=False) as pipe:
        for waiting, (id_, stored) in enumerate(
            system.store.hscan_iter(system.keys.documents, count=1000)
        ):
            _ask(pipe, ["FT.ADD", "datasets", id_, "1", "FIELDS", *_fields(stored)])
            if waiting % _BATCH == 0:
                pipe.execute()
        pipe.execute()
    return time.monotonic() - started


def _fields(stored: bytes) -> Iterator[str | int]:
    document: dict[str, Any] = orjson.loads(stored)
    for field in ("name", "author", "description"):
        yield from (field, document[field] or "")
    yield from ("labels", " ".join(document["tags"]))
    for field in _TAG_FIELDS:
        start = f"{field}:"
        found = [tag.removeprefix(start) for tag in document["tags"] if tag.startswith(start)]
        yield from (field, ",".join(found))
    yield from ("downloads", document["downloads"] or 0)


def _commands(asked: str) -> list[list[str]]:
    """
    The same question as the engine takes it, all words, the last one also as a beginning.

    The second is for the case that nothing is found: typos in longer words are forgiven.
    """
    fields = {name: values[0] for name, values in parse_qs(urlsplit(asked).query).items()}
    filters = [
        f"@{field}:{{{_OTHER.sub(_escaped, fields[field])}}}"
        for field in _TAG_FIELDS
        if field in fields
    ]
    if "min_downloads" in fields:
        filters.append(f"@downloads:[{fields['min_downloads']} +inf]")
    words = _WORD.findall(fields.get("search", "").replace("_", " "))
    forgiving = [f"%{word}%" if len(word) > 4 else word for word in words]
    if words and len(words[-1]) > 1:
        words[-1] = f"({words[-1]}|{words[-1]}*)"
    return [
        ["FT.SEARCH", "datasets", " ".join([*some, *filters]), "NOCONTENT", "LIMIT", "0", "10"]
        for some in (words, forgiving)
    ]


def _find(engine: redis.Redis, commands: Sequence[Sequence[str]]) -> None:
    for command in commands:
        if _ask(engine, command)[0]:
            return


def _ask(engine: redis.Redis, command: Iterable[Any]) -> Any:
    return engine.execute_command(*command)  # type: ignore[no-untyped-call]


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[0]


def _spread(taken: Sequence[float]) -> str:
    return f"{median(taken):.1f} ms, p95 {_p95(taken):.1f}"


def _p95(taken: Sequence[float]) -> float:
    return quantiles(taken, n=20, method="inclusive")[-1]
