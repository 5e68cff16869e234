"""
A large index in parts: each written by a process of its own, and all joined in one step.

A segment is a set of files that no other segment knows of; which segments an index has stands
in its ``meta.json``, and which files it may remove one day in its ``.managed.json``.  Parts of
the same schema are joined by moving their files together and adding up these two lists.
"""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tantivy

from collinear.search import schema
from collinear.search.index.document import DocumentMaker

_META, _MANAGED = "meta.json", ".managed.json"


def write_shard(
    directory: Path, rows: Iterable[tuple[int, Mapping[str, Any]]], *, heap_bytes: int
) -> int:
    """
    An index of these datasets, each as (ordinal, document), in a new folder; how many they are.

    A document that makes no sense is left out.
    """
    directory.mkdir()
    index = tantivy.Index(schema.SCHEMA, str(directory))
    schema.register_analysers(index)
    writer = index.writer(heap_size=heap_bytes, num_threads=1)
    maker = DocumentMaker()
    done = 0
    for ordinal, document in rows:
        try:
            made = maker.make(document, ordinal)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
        writer.add_document(made)
        done += 1
    writer.commit()  # segments that are being merged by now stay as they are
    return done


def join(generation: Path, shards: Sequence[Path]) -> None:
    """Make the datasets of all shards those of an empty index, which nobody has open."""
    meta = json.loads((generation / _META).read_text())
    managed = json.loads((generation / _MANAGED).read_text())
    for shard in shards:
        theirs = json.loads((shard / _META).read_text())
        meta["segments"] += theirs["segments"]
        meta["opstamp"] = max(meta["opstamp"], theirs["opstamp"])
        for segment in theirs["segments"]:
            for path in shard.glob(f"{segment['segment_id'].replace('-', '')}.*"):
                path.replace(generation / path.name)
                managed.append(path.name)
        shutil.rmtree(shard)
    (generation / _MANAGED).write_text(json.dumps(managed))
    (generation / _META).write_text(json.dumps(meta))
