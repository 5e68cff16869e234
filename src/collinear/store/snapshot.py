"""The whole catalog as one blob: base64 of gzip of JSON Lines, for bulk readers."""

import base64
import zlib
from collections.abc import Iterator
from typing import cast

import redis

from collinear.store.claim import Claim
from collinear.store.keys import Keys
from collinear.store.parts import PART_BYTES, Fence, PartsWriter

PIECE_BYTES = 3 * 2**20
"""Compressed bytes for one write; a multiple of 3, so that the pieces' base64 joins up."""

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
    serial, written = cast(
        "list[bytes | None]", client.hmget(keys.meta, ["serial", "snapshot_serial"])
    )
    if serial is not None and serial == written and client.exists(keys.snapshot()):
        return serial.decode()
    fences = [Fence(keys.run, "number", str(claim.number))]
    if claim.held:
        fences.append(Fence(keys.run_claims, claim.page, claim.held))
    parts = PartsWriter(client, keys.snapshot, meta=keys.meta, fences=fences, part_bytes=part_bytes)
    for text in _texts(client, keys, piece_bytes):
        parts.write(text)
    parts.swap("snapshot_serial", (serial or b"").decode())
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
