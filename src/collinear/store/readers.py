"""All that can be read of the store, over one client."""

from typing import NamedTuple, Self

import redis.asyncio

from collinear.store.changes import ChangesReader
from collinear.store.counter_reader import CounterReader
from collinear.store.export import ExportReader
from collinear.store.keys import Keys
from collinear.store.letter_reader import LetterReader
from collinear.store.reader import CatalogReader
from collinear.store.state import StateReader


class Readers(NamedTuple):
    """One reader for each kind of question."""

    catalog: CatalogReader
    changes: ChangesReader
    export: ExportReader
    letters: LetterReader
    state: StateReader
    counters: CounterReader

    @classmethod
    def over(
        cls, client: redis.asyncio.Redis, keys: Keys, *, share: float, brokered: bool = True
    ) -> Self:
        """
        The readers of the catalog under these keys.

        ``share`` is as for ``StateReader``, ``brokered`` as for ``CounterReader``.
        """
        return cls(
            CatalogReader(client, keys),
            ChangesReader(client, keys),
            ExportReader(client, keys),
            LetterReader(client, keys),
            StateReader(client, keys, share=share),
            CounterReader(client, keys, brokered=brokered),
        )
