"""
A process that indexes a part of a large catalog, for the indexer.

It reads lines of ``ORDINAL DOCUMENT`` until one that says ``end``, and prints how many it
indexed.  It ends without a word when the indexer is gone.
"""

import gc
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from collinear.search.index.shards import write_shard
from collinear.store.documents import parse

END = b"end\n"


class Abandoned(Exception):
    """The indexer has gone, or thought better of it."""


def main() -> None:
    """``python -m collinear.indexer.shard FOLDER HEAP_BYTES``."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the indexer is told, and tells us
        signal.signal(number, signal.SIG_IGN)
    gc.disable()  # documents come and go by the thousand and never form cycles
    folder, heap_bytes = sys.argv[1:]
    try:
        done = write_shard(Path(folder), _rows(sys.stdin.buffer), heap_bytes=int(heap_bytes))
    except Abandoned:
        sys.exit(1)
    sys.stdout.write(f"{done}\n")


def _rows(lines: BinaryIO) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line in lines:
        if line == END:
            return
        ordinal, _, document = line.partition(b" ")
        try:
            yield int(ordinal), parse(document)
        except (TypeError, ValueError):
            continue
    raise Abandoned


if __name__ == "__main__":
    main()
