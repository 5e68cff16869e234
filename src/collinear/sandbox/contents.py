"""The files of a dataset, made up from its identity: the same dataset always has the same ones."""

import hashlib
import math
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from collinear.sandbox.cards import readme
from collinear.sandbox.fill import digest, fraction
from collinear.sandbox.layouts import Layout, layout
from collinear.sandbox.rowtext import Row

GIT_LIMIT = 10_000
"""Text files up to so many bytes lie in git; everything else is LFS."""
_ATTRIBUTES = "".join(
    f"*.{ending} filter=lfs diff=lfs merge=lfs -text\n"
    for ending in ("parquet", "arrow", "csv", "jsonl", "jpg", "png", "wav", "mp4", "zip", "tar")
).encode()
_PATTERN = 4096


class File(NamedTuple):
    """One file at a revision; ``sha256`` where it is LFS, ``text`` where it lies in git."""

    path: str
    size: int
    oid: str
    """What git calls it: the blob of the content, or of the LFS pointer."""
    text: bytes | None = None
    sha256: str | None = None
    pointer: bytes = b""

    @property
    def etag(self) -> str:
        """What the content is known by."""
        return self.sha256 or self.oid

    def content(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``end``, in pieces of at most 64 KB."""
        if self.text is not None:
            yield self.text[start:end]
            return
        unit = digest("content", self.etag)
        block = (unit * (_PATTERN // len(unit) + 1))[:_PATTERN] * 16
        while start < end:
            offset = start % _PATTERN
            piece = block[offset : offset + end - start]
            yield piece
            start += len(piece)


def files(hub_id: str, row: Row, card: dict[str, object], *, converted: bool = False) -> list[File]:
    """
    The files of a dataset, by path; their sizes add up to ``mainSize`` where that is known.

    ``converted``: those of the branch that the Hub makes by itself, in Parquet only.
    """
    if converted:
        return [
            _large(hub_id, f"default/train/{number:04d}.parquet", 70_001) for number in range(2)
        ]
    size = row.get("mainSize")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        size = int(math.exp(8 + 12 * fraction(hub_id, "size")))
    found: list[File] = []
    for path, text in (
        (".gitattributes", _ATTRIBUTES),
        ("README.md", readme(row, card).encode(errors="replace")),
    ):
        kept = text[:size]
        if kept:
            found.append(_small(path, kept))
            size -= len(kept)
    found += _data(hub_id, layout(hub_id), size)
    return sorted(found, key=lambda file: file.path)


def _data(hub_id: str, plan: Layout, size: int) -> Iterator[File]:
    paths = plan.paths if size >= 64 * len(plan.paths) else plan.paths[:1]
    if size <= 0:
        return
    share = size // (len(paths) + 1)
    for number, path in enumerate(paths):
        # The first file is about twice as large as the others and takes what cannot be shared.
        part = share if number else size - share * (len(paths) - 1)
        if part <= GIT_LIMIT and path.endswith((".txt", ".json", ".py", ".yaml", ".csv", ".md")):
            line = f"{digest(hub_id, path).hex()},{number}\n".encode()
            yield _small(path, (line * (part // len(line) + 1))[:part])
        else:
            yield _large(hub_id, path, part)


def _small(path: str, text: bytes) -> File:
    return File(path, len(text), _blob(text), text=text)


def _large(hub_id: str, path: str, size: int) -> File:
    sha256 = hashlib.sha256(f"{hub_id}\0{path}\0{size}".encode()).hexdigest()
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    ).encode()
    return File(path, size, _blob(pointer), sha256=sha256, pointer=pointer)


def _blob(content: bytes) -> str:
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def disposition(path: str) -> str:
    """The Content-Disposition that the Hub sends with a file."""
    name = path.rpartition("/")[2]
    plain = name.encode("ascii", "replace").decode().replace('"', "'")
    return f"inline; filename*=UTF-8''{quote(name, '')}; filename=\"{plain}\";"
