"""The whole catalog as one blob: base64 of gzip of JSON Lines, for bulk readers."""

import base64
import zlib
from collections.abc import Iterator
from importlib.resources import files
from typing import cast

import redis

from collinear.domain.errors import RunFenced
from collinear.store.claim import Claim
from collinear.store.keys import Keys

PART_BYTES = 128 * 2**20
"""Where the text is cut into the next key: a larger value would break replicas' buffers."""

PIECE_BYTES = 3 * 2**20
"""Compressed bytes for one APPEND; a multiple of 3, so that the pieces' base64 joins up."""

_ROWS = 1000
_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 4


def write_snapshot(
    client: redis.Redis,
    keys: Keys,
    claim: Claim,
    *,
    part_bytes: int = PART_BYTES,
    piece_bytes: int = PIECE_BYTES,
) -> str | None:
    """
    Write the catalog as it is now, and swap it in at once; returns the serial it is true for.

    Whoever holds the claim is the only one who writes, here and to the catalog.  Memory stays at
    a few pieces, whatever the size of the catalog.  A snapshot that is true already is left as
    it is.  None: the catalog has no change yet, and so no serial.

    Raises:
        RunFenced: Somebody else has the claim now, or Redis has forgotten a piece.
    """
    script = client.register_script(files("collinear.store").joinpath("snapshot.lua").read_bytes())

    def step(name: str, names: list[str], *arguments: bytes | str | int) -> None:
        answer = script(
            [keys.run, keys.run_claims, keys.meta, *names],
            [name, claim.number, claim.page, claim.held, *arguments],
        )
        if answer != b"ok":
            raise RunFenced(f"the snapshot of run {claim.number} is in other hands")

    serial, written = cast(
        "list[bytes | None]", client.hmget(keys.meta, ["serial", "snapshot_serial"])
    )
    if serial is not None and serial == written and client.exists(keys.snapshot()):
        return serial.decode()

    unfinished = f"{keys.snapshot()}:unfinished"
    sizes = [0]
    for text in _texts(client, keys, piece_bytes):
        if sizes[-1] and sizes[-1] + len(text) > part_bytes:
            sizes.append(0)
        step("piece", [_name(unfinished, len(sizes) - 1)], sizes[-1], text)
        sizes[-1] += len(text)

    count = len(sizes)
    parts = [_name(unfinished, part) for part in range(count)]
    places = [keys.snapshot(part) for part in range(count)]
    surplus = [
        *(keys.snapshot(part) for part in range(count, _count_parts(client, keys.snapshot()))),
        *(_name(unfinished, part) for part in range(count, _count_parts(client, unfinished))),
    ]
    step("swap", [*parts, *places, *surplus], serial or b"", *sizes)
    return serial.decode() if serial else None


def _texts(client: redis.Redis, keys: Keys, piece_bytes: int) -> Iterator[bytes]:
    waiting = bytearray()
    for compressed in _compressed(client, keys):
        waiting += compressed
        while len(waiting) >= piece_bytes:
            yield base64.b64encode(waiting[:piece_bytes])
            del waiting[:piece_bytes]
    yield base64.b64encode(waiting)


def _compressed(client: redis.Redis, keys: Keys) -> Iterator[bytes]:
    compress = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for lines in _lines(client, keys):
        yield compress.compress(lines)
    yield compress.flush()


def _lines(client: redis.Redis, keys: Keys) -> Iterator[bytes]:
    start = 0
    while ids := cast("list[bytes]", client.zrange(keys.ids, start, start + _ROWS - 1)):
        documents = cast("list[bytes | None]", client.hmget(keys.documents, ids))
        found = [document for document in documents if document is not None]
        if found:
            yield b"\n".join(found) + b"\n"
        start += _ROWS


def _count_parts(client: redis.Redis, first: str) -> int:
    count = 0
    while client.exists(_name(first, count)):
        count += 1
    return count


def _name(first: str, part: int) -> str:
    return f"{first}:{part}" if part else first
