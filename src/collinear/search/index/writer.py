"""The one who writes the index."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import tantivy
from tantivy import Query

from collinear.domain.change import Serial
from collinear.search import marker, schema
from collinear.search.generations import Generations
from collinear.search.index import identities
from collinear.search.index.document import DocumentMaker
from collinear.search.index.shards import join
from collinear.search.pulse import Pulse
from collinear.telemetry import get_logger

log = get_logger(__name__)

_CHUNK = 1_000
"""Documents that are made and handed over at a time."""
_GRACE = 60.0
"""Seconds for which readers that are slow to notice may still open the generation before."""


class Wear(NamedTuple):
    """Documents of an index that can be found, and those that only take room by now."""

    living: int
    dead: int


class IndexWriter:
    """
    Puts and drops datasets, and makes them visible to all readers by commits.

    Every commit carries the serial that the index is then true for, so that index and place
    in the stream never part, whenever the process dies.
    """

    def __init__(self, directory: Path, *, heap_bytes: int, grace: float = _GRACE) -> None:
        """``grace`` is for how many seconds the generation before stays after ``publish``."""
        self._grace = grace
        self._generations = Generations(directory)
        self._pulse = Pulse(directory)
        self._heap_bytes = heap_bytes
        self._closing = ExitStack()
        self._maker = DocumentMaker()
        self._generation: Path | None = None
        self._published: Path | None = None
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._superseded_at: float | None = None
        self.serial: Serial | None = None
        """What the last commit is true for; None before the first of a generation."""

    def __enter__(self) -> Self:
        """
        Take the folder and go on with the index that readers use, if it is sound.

        Raises:
            IndexTaken: Another indexer is at work.
        """
        self._closing.enter_context(self._generations.lock())
        self._closing.enter_context(self._pulse.beating())
        self._published = self._generations.current()
        if self._published is not None:
            self._go_on(self._published)
        # One of another version still answers whoever understands it, until this one is there
        self._generations.remove_others(self._generations.pointed())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # lets go of the generation; what was not committed is forgotten
        self._writer = self._index = None
        self._closing.close()

    @property
    def is_first(self) -> bool:
        """Whether readers have no index at all yet."""
        return self._published is None

    def wear(self) -> Wear:
        """What the last commit drags along: old segments keep what was replaced until a merge."""
        if self._generation is None:
            return Wear(0, 0)
        segments = json.loads((self._generation / "meta.json").read_bytes())["segments"]
        dead = sum((segment["deletes"] or {}).get("num_deleted_docs", 0) for segment in segments)
        return Wear(sum(segment["max_doc"] for segment in segments) - dead, dead)

    def rebuild(self) -> None:
        """Begin an empty generation; readers keep the old one until ``publish``."""
        self._writer = None
        self._generations.remove_others(self._generations.pointed())
        self._superseded_at = None  # else the one in use would go with the next commit
        self._open(self._generations.create())
        self.serial = None

    @property
    def folder(self) -> Path:
        """
        Where the generation lies that is written.

        Raises:
            RuntimeError: None is open.
        """
        if self._generation is None:
            raise RuntimeError("no generation is open: call rebuild() first")
        return self._generation

    def adopt(self, shards: Sequence[Path]) -> None:
        """Let an empty generation have all datasets of these shards, which are gone afterwards."""
        generation = self.folder
        self._writer = self._index = None
        join(generation, shards)
        self._open(generation)

    def put(self, rows: Iterable[tuple[int, Mapping[str, Any]]], *, fresh: bool = False) -> int:
        """
        Add datasets, each as (ordinal, document), in place of what was known of them.

        With ``fresh`` none of them is in the index yet, which saves looking.
        Returns how many were put: a document that makes no sense is left out, and logged.
        """
        writer = self._writing()
        waiting = iter(rows)
        done = 0
        while chunk := list(islice(waiting, _CHUNK)):
            made = dict(self._made(chunk))
            if not fresh:
                self._drop(list(made))
            for document in made.values():
                writer.add_document(document)
            done += len(made)
        return done

    def drop(self, hub_ids: Iterable[str]) -> None:
        """Remove datasets that were there at the last commit; what is not there stays away."""
        wanted = list(hub_ids)
        if wanted and self.serial is not None:
            index = self._committed()
            ordinals = identities.find_ordinals(index.searcher(), wanted)
            for start in range(0, len(ordinals), _CHUNK):
                self._drop(ordinals[start : start + _CHUNK])

    def _drop(self, ordinals: list[int]) -> None:
        # A query for many at a time: one by one each costs as much as adding a document
        terms = Query.term_set_query(schema.SCHEMA, schema.ORDINAL, ordinals)
        self._writing().delete_documents_by_query(terms)

    def commit(self, serial: Serial) -> None:
        """Make all that was put and dropped visible and durable, as true for ``serial``."""
        writer = self._writing()
        marker.write(writer, serial)
        writer.commit()
        self.serial = serial
        self._clear_away()

    def publish(self) -> None:
        """Let readers use this generation; the one before goes when they have had time to."""
        if self._generation is not None and self._generation != self._published:
            self._generations.publish(self._generation)
            self._published = self._generation
            self._superseded_at = time.monotonic()

    def _made(
        self, rows: Iterable[tuple[int, Mapping[str, Any]]]
    ) -> Iterator[tuple[int, tantivy.Document]]:
        for ordinal, document in rows:
            try:
                yield ordinal, self._maker.make(document, ordinal)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                log.warning("document_refused", id=document.get("id"), error=repr(error))

    def _clear_away(self) -> None:
        if self._superseded_at is not None and time.monotonic() - self._superseded_at > self._grace:
            self._generations.remove_others(self._generation)
            self._superseded_at = None

    def _go_on(self, generation: Path) -> None:
        try:
            index = self._open(generation)
            self.serial = marker.read(index.searcher())
        except (OSError, ValueError) as error:
            log.warning("index_unusable", generation=generation.name, error=str(error))
        if self.serial is None:
            self._writer, self._generation = None, None

    def _open(self, generation: Path) -> tantivy.Index:
        index = tantivy.Index(schema.SCHEMA, str(generation))
        index.config_reader("manual")
        schema.register_analysers(index)
        # One thread keeps the processor free for the load, and is no slower than we can feed it.
        self._writer = index.writer(heap_size=self._heap_bytes, num_threads=1)
        self._writer.garbage_collect_files()
        self._generation = generation
        self._index = index
        return index

    def _committed(self) -> tantivy.Index:
        if self._index is None:
            raise RuntimeError("no generation is open: call rebuild() first")
        self._index.reload()
        return self._index

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise RuntimeError("no generation is open: call rebuild() first")
        return self._writer
