"""The index as somebody sees it who trusts nothing: what it holds, column by column."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import tantivy
from tantivy import Query

from collinear.domain.change import Serial
from collinear.domain.dataset import Dataset
from collinear.search import keys, marker, schema
from collinear.search.generations import Generations
from collinear.search.index import identities


class Indexed(NamedTuple):
    """What the index holds of one dataset, in the columns' own numbers."""

    id: str
    columns: tuple[int | None, ...]
    """One for each of ``COLUMNS``."""


COLUMNS = (
    *(schema.by(field) for field in schema.ORDERED),
    *schema.RANGED,
    schema.CREATION,
    schema.CREATION_REST,
)
"""Everything that orders or filters by a number; the first of them tells the ordinal."""


class IndexSurvey:
    """One commit of the index, as it was when this was opened; it is only read."""

    def __init__(self, searcher: tantivy.Searcher, serial: Serial) -> None:
        self._searcher = searcher
        self.serial = serial
        """The change that it is true for."""

    @property
    def documents(self) -> int:
        """How many datasets it holds."""
        return self._searcher.num_docs - 1

    def holds(self, hub_id: str) -> bool:
        """Whether it has a dataset of this identity, under whatever ordinal."""
        return bool(identities.find_ordinals(self._searcher, [hub_id]))

    def find(self, ordinals: Sequence[int]) -> tuple[dict[int, Indexed], int]:
        """What it holds of these datasets, by ordinal; and how many documents that are."""
        if not ordinals:
            return {}, 0
        asked = Query.term_set_query(schema.SCHEMA, schema.ORDINAL, list(ordinals))
        found = self._searcher.search(
            asked, limit=2 * len(ordinals) + 1, count=False, order_by_field=COLUMNS[0]
        )
        addresses = [address for _, address in found.hits]
        columns = [self._searcher.fast_field_values(column, addresses) for column in COLUMNS]
        held = {}
        for address, *values in zip(addresses, *columns, strict=True):
            ordinal = keys.ordinal(int(values[0] or 0))
            id_ = self._searcher.doc(address)[schema.ID][0]
            held[ordinal] = Indexed(id_, tuple(v if v is None else int(v) for v in values))
        return held, len(addresses)


def open_survey(directory: Path) -> IndexSurvey | None:
    """
    The index of a folder as it is now; None while there is none for this schema.

    Raises:
        OSError, ValueError: It is there and cannot be read.
    """
    for last_try in (False, False, True):
        path = Generations(directory).current()
        if path is None:
            return None
        try:
            index = tantivy.Index.open(str(path))
            index.config_reader("manual")
            index.reload()
            searcher = index.searcher()
            serial = marker.read(searcher)
        except (OSError, ValueError):
            # a generation may be cleared away between the pointer and the files
            if last_try:
                raise
            continue
        return IndexSurvey(searcher, serial) if serial else None
    return None


def expected(dataset: Dataset, ordinal: int) -> Indexed:
    """What an index has to hold of a stored dataset."""
    created, hub_id = dataset.created_at, dataset.hub_id
    second = int(hub_id[:8], 16) if created is None else created // 1000
    counts = dataset.downloads, dataset.likes, dataset.size_bytes
    values = (
        *map(keys.count_value, counts),
        keys.moment_value(dataset.last_modified),
        keys.moment_value(created),
        keys.score_value(dataset.trending_score),
    )
    return Indexed(
        dataset.id,
        (
            *(keys.key(value, ordinal) for value in values),
            *map(keys.beyond, counts),
            *keys.creation_key(second, hub_id),
        ),
    )


def differing(found: Indexed, wanted: Indexed) -> Iterable[str]:
    """The names of what differs."""
    if found.id != wanted.id:
        yield "id"
    for name, one, other in zip(COLUMNS, found.columns, wanted.columns, strict=True):
        if one != other:
            yield name
