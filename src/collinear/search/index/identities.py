"""
From the Hub's identities to ordinals, by which the index knows its datasets.

An ordinal takes a sixth of the room of a ``hub_id`` as a key: ordinals are dense.  Only what
left the catalog has to be found by its ``hub_id``, in the columns of the order of creation.
"""

from collections.abc import Iterator, Sequence

from tantivy import DocAddress, Searcher

from collinear.search import keys, schema
from collinear.search.columns import LAST, between

_KEYS = schema.by("created_at")
"""Any column of sort keys will do: the ordinal stands in each."""
_FEW = 200
"""Up to here it is quicker to look for each by itself: a few milliseconds in a million."""
_PAGE = 20_000


def find_ordinals(searcher: Searcher, hub_ids: Sequence[str]) -> list[int]:
    """The ordinals under which a commit holds these datasets; those it has not are left out."""
    wanted = {keys.halves(hub_id) for hub_id in hub_ids}
    pages = _named(searcher, wanted) if len(wanted) <= _FEW else _all(searcher)
    found = []
    for hits in pages:
        addresses = [address for _, address in hits]
        creations = searcher.fast_field_values(schema.CREATION, addresses)
        rests = searcher.fast_field_values(schema.CREATION_REST, addresses)
        for (key, _), creation, rest in zip(hits, creations, rests, strict=True):
            if (int(creation or 0) & keys.LAST_SECOND, rest) in wanted:
                found.append(keys.ordinal(key))
    return found


_Hits = list[tuple[int, DocAddress]]


def _named(searcher: Searcher, wanted: set[tuple[int, int]]) -> Iterator[_Hits]:
    """The few datasets that share the second half of a wanted identity."""
    for rest in {rest for _, rest in wanted}:
        asked = between(schema.CREATION_REST, rest, rest)
        some = searcher.search(asked, limit=1, order_by_field=_KEYS)
        found: int = some.count  # type: ignore[attr-defined]  # missing in the stub
        if found > 1:
            some = searcher.search(asked, limit=found, order_by_field=_KEYS)
        yield some.hits


def _all(searcher: Searcher) -> Iterator[_Hits]:
    """All datasets, some at a time."""
    last = LAST + 1
    while last > 0:
        asked = between(_KEYS, 0, last - 1)
        hits = searcher.search(asked, limit=_PAGE, count=False, order_by_field=_KEYS).hits
        if not hits:
            return
        yield hits
        last = hits[-1][0]
