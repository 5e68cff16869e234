"""The whole catalog at once, and how a copy follows from there."""

import gzip
import json
import socket
from random import Random

import httpx2
import redis

from collinear.store.claim import Claim
from collinear.store.keys import Keys
from collinear.store.snapshot import write_snapshot
from tests.store.stock import Stock, dataset

EXPORT = "/api/datasets/export"


def write(stock: Stock, store: redis.Redis, keys: Keys) -> str:
    serial = write_snapshot(
        store, keys, Claim(stock.runs.current().number, 0), part_bytes=999, piece_bytes=300
    )
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


def test_a_snapshot_that_is_swapped_while_it_is_read_ends_the_answer(
    api: httpx2.Client, stock: Stock, store: redis.Redis, keys: Keys
) -> None:
    """Rather no file than half of one and half of another: the answer is short of its length."""
    rng = Random(1)
    for start in range(0, 120, 20):
        stock.put(
            *(
                dataset(n, f"org/{n}", description=rng.randbytes(100_000).hex())
                for n in range(start, start + 20)
            )
        )
    write_snapshot(store, keys, Claim(stock.runs.current().number, 0))
    with socket.create_connection((api.base_url.host, api.base_url.port), 30) as caller:
        # a caller who takes little at a time holds the answer up
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.sendall(f"GET {EXPORT} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode())
        got = caller.recv(4096)
        store.hset(keys.meta, "snapshot_serial", "another:1-1")
        size = int(got.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        taken = len(got)
        while piece := caller.recv(2**20):
            taken += len(piece)

    assert size > 10 * 2**20
    assert taken < size
    assert api.get(EXPORT).status_code == 503


def test_an_unknown_parameter_is_refused(api: httpx2.Client) -> None:
    """As everywhere."""
    assert api.get(EXPORT, params={"what": "ever"}).status_code == 422
