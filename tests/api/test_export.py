"""The whole catalog at once, and how a copy follows from there."""

import gzip
import json

import httpx2
import redis

from collinear.store.claim import Claim
from collinear.store.keys import Keys
from collinear.store.snapshot import write_snapshot
from tests.store.stock import Stock, dataset

EXPORT = "/api/datasets/export"


def write(stock: Stock, store: redis.Redis, keys: Keys) -> str:
    run = stock.runs.current()
    assert run is not None
    claim = Claim(run.number, 0)
    serial = write_snapshot(store, keys, claim, part_bytes=999, piece_bytes=300)
    assert serial is not None
    return serial


def test_the_export_is_a_gzip_of_all_documents(
    api: httpx2.Client, stock: Stock, store: redis.Redis, keys: Keys
) -> None:
    """In catalog order, from a snapshot of several parts, and true for the serial that it names."""
    stock.put(*(dataset(n, f"org/ä-{n}", downloads=n, description="x" * n) for n in range(300)))
    serial = write(stock, store, keys)

    answer = api.get(EXPORT)
    slashed = api.get(f"{EXPORT}/", headers={"accept-encoding": "gzip"})

    lines = [json.loads(line) for line in gzip.decompress(answer.content).splitlines()]
    listed = api.get("/api/datasets", params={"limit": 1000}).json()["items"]
    assert lines == listed
    assert store.exists(keys.snapshot(2)), "more than one part"
    assert answer.headers["x-catalog-serial"] == serial
    assert answer.headers["content-type"] == "application/gzip"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "content-encoding" not in answer.headers
    assert slashed.content == answer.content


def test_a_copy_goes_on_from_the_export(
    api: httpx2.Client, stock: Stock, store: redis.Redis, keys: Keys
) -> None:
    """The changes since its serial lead to the catalog, though it is older than that."""
    stock.put(*(dataset(n, f"org/{n}", downloads=n) for n in range(5)))
    write(stock, store, keys)
    stock.put(dataset(2, "org/renamed", downloads=77), dataset(9, "org/9"))

    answer = api.get(EXPORT)
    copy = {
        line["hub_id"]: line
        for line in map(json.loads, gzip.decompress(answer.content).splitlines())
    }
    since = answer.headers["x-catalog-serial"]
    asked = {"since": since, "include": "document"}
    for change in api.get("/api/datasets/changes", params=asked).json()["changes"]:
        copy[change["hub_id"]] = change["document"]

    now = api.get("/api/datasets", params={"limit": 100}).json()["items"]
    assert {one["hub_id"]: one for one in now} == copy


def test_who_has_it_does_not_get_it_again(
    api: httpx2.Client, stock: Stock, store: redis.Redis, keys: Keys
) -> None:
    """304 while the snapshot is the same, whatever has changed since; HEAD tells its size."""
    stock.put(dataset(1, "org/1"))
    write(stock, store, keys)
    first = api.get(EXPORT)
    stock.put(dataset(2, "org/2"))
    again = api.get(EXPORT, headers={"if-none-match": first.headers["etag"]})
    head = api.head(EXPORT)

    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(first.content))


def test_before_the_first_complete_run_there_is_none(api: httpx2.Client, stock: Stock) -> None:
    """A problem that says when there will be one."""
    for _ in range(2):
        answer = api.get(EXPORT)
        assert answer.status_code == 503
        assert answer.json()["type"].endswith("/snapshot-gone")
        assert int(answer.headers["retry-after"]) > 0
        stock.put(dataset(1, "org/1"))


def test_an_unknown_parameter_is_refused(api: httpx2.Client) -> None:
    """As everywhere."""
    assert api.get(EXPORT, params={"what": "ever"}).status_code == 422
