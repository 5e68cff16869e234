"""The whole catalog as a file: ranges, resuming, what goes on while the next one is made."""

import gzip
import io
import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from random import Random
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pyarrow.parquet as pq
import pytest
import redis

from collinear.settings import Settings
from collinear.store.claim import Claim
from collinear.store.keys import Keys
from collinear.store.parquet.copy import ParquetCopy
from collinear.store.snapshot import write_snapshot
from tests.api.serving import running_api
from tests.faults.valkey import own_valkey
from tests.store.stock import Stock, dataset

EXPORT = "/api/datasets/export"
FORMATS = ["jsonl", "parquet"]


def write(stock: Stock) -> str:
    """The end of a complete run, and of the task that follows it."""
    run = stock.runs.current()
    assert run is not None
    serial = write_snapshot(stock.client, stock.keys, Claim(run.number, 0))
    ParquetCopy(stock.client, stock.keys, Event()).write()
    assert serial is not None
    return serial


def ask(api: httpx2.Client, format: str = "jsonl", **headers: str) -> httpx2.Response:
    return api.get(
        EXPORT,
        params={"format": format},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@pytest.fixture
def few(api: httpx2.Client, stock: Stock) -> str:
    """A small catalog; its serial."""
    stock.put(*(dataset(n, f"org/ä-{n}", downloads=n, tags=("license:mit",)) for n in range(50)))
    return write(stock)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-99", slice(10, 100)),
        ("bytes=10-", slice(10, None)),
        ("bytes=-7", slice(-7, None)),
        ("Bytes= 10-99", slice(10, 100)),
        ("bytes=10-99999999999999999999999999", slice(10, None)),
        ("bytes=-99999999999999999999999999", slice(0, None)),
    ],
)
def test_a_part_of_the_file(
    api: httpx2.Client, few: str, format: str, asked: str, expected: slice
) -> None:
    """The very bytes, and which ones they are of how many."""
    whole = ask(api, format).content

    part = ask(api, format, range=asked)

    start, stop, _ = expected.indices(len(whole))
    assert part.status_code == 206
    assert part.content == whole[expected]
    assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    assert part.headers["content-length"] == str(len(part.content))
    assert part.headers["x-catalog-serial"] == few


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-6",
        "bytes=9-5",
        "bytes=-",
        "bytes=",
        "bytes=a-b",
        "items=0-1",
        "0-1",
        "bytes=٣-٤",
    ],
)
def test_what_is_no_single_range_counts_for_nothing(
    api: httpx2.Client, few: str, asked: str
) -> None:
    """As RFC 9110 has it: the whole file."""
    answer = api.get(EXPORT, headers=[(b"range", asked.encode())])

    assert answer.status_code == 200
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.content == ask(api).content


@pytest.mark.parametrize("asked", ["bytes={size}-", "bytes=999999999999999999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(api: httpx2.Client, few: str, asked: str) -> None:
    """With a problem that tells the size."""
    size = len(ask(api).content)

    answer = ask(api, range=asked.format(size=size))

    assert answer.status_code == 416
    assert answer.json()["type"] == "/problems/range-not-satisfiable"
    assert answer.headers["content-range"] == f"bytes */{size}"
    assert answer.headers["x-catalog-serial"] == few


@pytest.mark.parametrize("format", FORMATS)
def test_a_download_that_broke_off_is_resumed(
    api: httpx2.Client, stock: Stock, few: str, format: str
) -> None:
    """With If-Range the rest comes while the file is the same, and all of it once it is another."""
    first = ask(api, format, range="bytes=0-99")
    rest = ask(api, format, range="bytes=100-", if_range=first.headers["etag"])
    stock.put(dataset(99, "org/new"))
    write(stock)
    another = ask(api, format, range="bytes=100-", if_range=first.headers["etag"])

    now = ask(api, format)
    assert (rest.status_code, another.status_code) == (206, 200)
    assert first.headers["etag"] == rest.headers["etag"] != now.headers["etag"]
    assert len(first.content + rest.content) == int(rest.headers["content-range"].split("/")[1])
    assert another.content == now.content
    if format == "jsonl":
        assert len(gzip.decompress(first.content + rest.content).splitlines()) == 50


@pytest.mark.parametrize(
    "claimed", ['"another"', "Sun, 22 Nov 2026 17:00:00 GMT", "W/{etag}", "{etag}"]
)
def test_if_range_goes_by_the_very_tag(api: httpx2.Client, few: str, claimed: str) -> None:
    """A date, a weak tag or another one: rather all than what does not fit together."""
    etag = ask(api).headers["etag"]
    value = claimed.format(etag=etag)

    answer = ask(api, range="bytes=0-1", if_range=value)

    assert answer.status_code == (206 if value.strip() == etag else 200)


def test_each_format_has_a_tag_of_its_own(api: httpx2.Client, few: str) -> None:
    """A strong one; what the caller has is not sent again, in whatever way he says so."""
    jsonl, parquet = (ask(api, format).headers["etag"] for format in FORMATS)

    assert jsonl != parquet
    assert not jsonl.startswith("W/")
    assert ask(api, if_none_match=jsonl).status_code == 304
    anything = ask(api, if_none_match="*")
    assert (anything.status_code, anything.headers.get("vary")) == (304, None)
    assert ask(api, if_none_match=f'"x", W/{jsonl}', range="bytes=0-1").status_code == 304
    assert ask(api, "parquet", if_none_match=jsonl).status_code == 200


@pytest.mark.parametrize("format", FORMATS)
def test_head_tells_what_there_is(
    api: httpx2.Client, few: str, settings: Settings, format: str
) -> None:
    """The size, the tag and the serial, and no copy is made for it."""
    head = api.head(EXPORT, params={"format": format}, headers={"range": "bytes=0-1"})
    copies = list(settings.exports_dir.glob(f"{few.replace(':', '-')}*"))
    whole = ask(api, format)

    names = ("content-length", "etag", "x-catalog-serial", "accept-ranges", "content-type")
    assert (head.status_code, head.content, copies) == (200, b"", [])
    assert [head.headers[name] for name in names] == [whole.headers[name] for name in names]


def test_parquet_has_the_rows_of_the_same_serial(api: httpx2.Client, few: str) -> None:
    """Line by line, value by value."""
    lines = [json.loads(line) for line in gzip.decompress(ask(api).content).splitlines()]
    answer = ask(api, "parquet")

    rows = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    for line in lines:
        line["gated"] = line["gated"] or "false"
        line["created_at"] = datetime.fromisoformat(line["created_at"])
    assert rows == lines
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["content-disposition"] == 'attachment; filename="datasets.parquet"'
    assert answer.headers["x-catalog-serial"] == ask(api).headers["x-catalog-serial"] == few


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_packed_is_not_packed_again(api: httpx2.Client, few: str, format: str) -> None:
    """Whatever the caller would take: ranges and tags are those of the file."""
    answer = ask(api, format, accept_encoding="gzip, br, zstd")

    assert "content-encoding" not in answer.headers
    assert len(answer.content) == int(answer.headers["content-length"])
    assert answer.headers["etag"] == ask(api, format, accept_encoding="identity").headers["etag"]


def test_the_parquet_file_comes_after_the_snapshot(
    api: httpx2.Client, stock: Stock, store: redis.Redis, keys: Keys
) -> None:
    """Until it is written: the first time a problem that says so, then the file of before."""
    stock.put(dataset(1, "org/1"))
    run = stock.runs.current()
    assert run is not None
    write_snapshot(store, keys, Claim(run.number, 0))
    early = ask(api, "parquet")
    first = write(stock)
    stock.put(dataset(2, "org/2"))
    second = write_snapshot(store, keys, Claim(run.number + 1, 0))

    assert early.status_code == 503
    assert "Parquet" in early.json()["detail"]
    assert int(early.headers["retry-after"]) > 0
    assert ask(api).headers["x-catalog-serial"] == second
    assert ask(api, "parquet").headers["x-catalog-serial"] == first


def test_a_system_without_parquet_says_so(settings: Settings, stock: Stock) -> None:
    """Waiting would not help."""
    stock.put(dataset(1, "org/1"))
    write(stock)
    with running_api(settings.model_copy(update={"parquet": False})) as api:
        answer = ask(api, "parquet")

    assert answer.status_code == 422
    assert "COLLINEAR_PARQUET" in answer.json()["errors"][0]["reason"]


@pytest.mark.parametrize(
    "query", ["format=csv", "format=", "format=PARQUET", "format=jsonl&format=jsonl"]
)
def test_an_unknown_format_is_refused(api: httpx2.Client, few: str, query: str) -> None:
    """By name."""
    answer = api.get(f"{EXPORT}?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "format"


class Slow:
    """A caller who takes what he is sent when he wants to."""

    def __init__(self, api: httpx2.Client, path: str) -> None:
        where = urlsplit(str(api.base_url))
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        self._socket.settimeout(30)
        self._socket.connect((where.hostname, where.port))
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode()
        )
        self.head, _, self._body = self._socket.recv(8192).partition(b"\r\n\r\n")

    def header(self, name: str) -> str:
        [value] = re.findall(rf"{name}: (.*)\r\n", self.head.decode() + "\r\n", re.IGNORECASE)
        return str(value)

    def rest(self) -> bytes:
        found = bytearray(self._body)
        while piece := self._socket.recv(2**20):
            found += piece
        return bytes(found)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def large(api: httpx2.Client, stock: Stock) -> str:
    """A catalog of many megabytes, also when it is packed."""
    rng = Random(1)
    for start in range(0, 80, 20):
        some = range(start, start + 20)
        stock.put(*(dataset(n, f"org/{n}", description=rng.randbytes(100_000).hex()) for n in some))
    return write(stock)


def test_a_download_goes_on_though_the_next_file_took_its_place(
    api: httpx2.Client, stock: Stock, settings: Settings, large: str
) -> None:
    """Who reads the old one reads it to its end, and then it is gone from the disk."""
    before = ask(api).content
    slow = Slow(api, EXPORT)
    stock.put(dataset(200, "org/new"))
    second = write(stock)
    now = ask(api)
    names = sorted(path.name for path in settings.exports_dir.glob("*.jsonl.gz"))
    got = slow.rest()
    slow.close()

    assert len(before) > 7 * 2**20
    assert slow.header("x-catalog-serial") == large
    assert got == before != now.content
    assert now.headers["x-catalog-serial"] == second
    assert names == [f"{second.replace(':', '-')}-{len(now.content)}.jsonl.gz"]


def test_callers_who_come_together_share_one_copy(
    api: httpx2.Client, settings: Settings, large: str
) -> None:
    """Also from two processes, and other requests are answered meanwhile."""
    with (
        running_api(settings) as other,
        ThreadPoolExecutor(12) as callers,
    ):
        files = [callers.submit(ask, one) for one in (api, other) * 4]
        lists = [callers.submit(api.get, "/api/datasets?limit=1") for _ in range(10)]
        bodies = {answer.result().content for answer in files}

    assert {answer.result().status_code for answer in lists} == {200}
    assert len(bodies) == 1
    assert len(list(settings.exports_dir.glob("*.jsonl.gz"))) == 1


def test_a_caller_who_leaves_does_not_end_the_work(
    api: httpx2.Client, settings: Settings, large: str
) -> None:
    """Whoever comes next finds the copy, or waits for the same one."""
    leaving = Slow(api, f"{EXPORT}?format=parquet")
    leaving.close()

    answer = ask(api, "parquet")

    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["content-length"])


def test_a_machine_without_room_streams_from_the_store(
    settings: Settings, stock: Stock, tmp_path: Path
) -> None:
    """The same bytes, without ranges, and the log says why."""
    stock.put(*(dataset(n, f"org/{n}") for n in range(50)))
    write(stock)
    with running_api(settings) as api:
        expected = [ask(api, format).content for format in FORMATS]
    (tmp_path / "exports").write_text("a file where the folder should be")
    with running_api(settings.model_copy(update={"data_dir": tmp_path})) as api:
        answers = [ask(api, format, range="bytes=5-9") for format in FORMATS]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.headers["accept-ranges"] for answer in answers] == ["none", "none"]
    assert [answer.content for answer in answers] == expected


def test_while_the_store_is_away_the_copy_is_served(tmp_path: Path) -> None:
    """Marked as stale, with ranges as ever; without a copy there is a problem."""
    with own_valkey(tmp_path) as valkey:
        settings = Settings(_env_file=None, redis_url=valkey.url, data_dir=tmp_path / "data")
        with redis.Redis.from_url(valkey.url, protocol=2) as client:
            stock = Stock(client, Keys())
            stock.put(*(dataset(n, f"org/{n}") for n in range(50)))
            write(stock)
        with running_api(settings) as api:
            whole = ask(api)
            valkey.end()
            away, part = ask(api), ask(api, range="bytes=5-9", if_range=whole.headers["etag"])
            missing = ask(api, "parquet")

    assert (away.status_code, part.status_code, missing.status_code) == (200, 206, 503)
    assert (away.content, part.content) == (whole.content, whole.content[5:10])
    assert "ttl=-" in away.headers["cache-status"]
    assert away.headers["etag"] == whole.headers["etag"]


def values(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {row["hub_id"]: row["id"] for row in rows}


def test_parquet_and_the_changes_since_lead_to_the_catalog(
    api: httpx2.Client, stock: Stock, few: str
) -> None:
    """As the gzip does, though both are older than the catalog."""
    stock.put(dataset(3, "org/renamed"), dataset(60, "org/60"))
    stock.drop(dataset(4, "org/ä-4"))

    answer = ask(api, "parquet")
    copy = values(pq.read_table(io.BytesIO(answer.content)).to_pylist())
    since = {"since": answer.headers["x-catalog-serial"], "include": "document"}
    for change in api.get("/api/datasets/changes", params=since).json()["changes"]:
        copy[change["hub_id"]] = change["document"] and change["document"]["id"]

    now = values(api.get("/api/datasets", params={"limit": 100}).json()["items"])
    assert {hub_id: id_ for hub_id, id_ in copy.items() if id_ is not None} == now
