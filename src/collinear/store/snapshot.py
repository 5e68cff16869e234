"""The whole catalog as one blob: base64 of gzip of JSON Lines, for bulk readers."""

import base64
import zlib
from collections.abc import Iterator
from typing import cast

import redis

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
    *,
    part_bytes: int = PART_BYTES,
    piece_bytes: int = PIECE_BYTES,
) -> str | None:
    """
    Write the catalog as it is now, and swap it in at once; returns the serial it is true for.

    The caller sees to it that nobody writes in the meantime.  Memory stays at a few pieces,
    whatever the size of the catalog.  None: the catalog has no change yet, and so no serial.
    """
    serial = cast("bytes | None", client.hget(keys.meta, "serial"))
    unfinished = f"{keys.snapshot()}:unfinished"
    for part in range(_count_parts(client, unfinished)):
        client.delete(_name(unfinished, part))

    part, size = 0, 0
    client.set(unfinished, b"")
    for text in _texts(client, keys, piece_bytes):
        if size and size + len(text) > part_bytes:
            part, size = part + 1, 0
        client.append(_name(unfinished, part), text)
        size += len(text)

    before = _count_parts(client, keys.snapshot())
    with client.pipeline(transaction=True) as pipe:
        for number in range(part + 1):
            pipe.rename(_name(unfinished, number), keys.snapshot(number))
        for number in range(part + 1, before):
            pipe.delete(keys.snapshot(number))
        pipe.hset(keys.meta, "snapshot_serial", serial or b"")
        pipe.execute()
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
