"""Pages from elsewhere in the listing, for when one of them cannot be believed on its own."""

from collections.abc import Iterator, Sequence
from functools import partial
from random import Random
from typing import Any

from collinear.domain.errors import CursorRejected
from collinear.hub.listing import Cursor, HubListing
from collinear.store.claim import Claim
from collinear.store.run_records import Run
from collinear.store.runs import Runs
from collinear.sync.fetching import Fetcher

_FEWEST = 3


class Witnesses:
    """A few pages of the page map; more of them where pages are small."""

    def __init__(
        self, listing: HubListing, fetcher: Fetcher, runs: Runs, *, rows: int, page_size: int
    ) -> None:
        """``rows`` is how many rows they must have together at the least."""
        self._listing = listing
        self._fetcher = fetcher
        self._runs = runs
        self._count = max(_FEWEST, -(-rows // page_size))

    def others(self, run: Run, claim: Claim, asked: Cursor | None) -> Iterator[Sequence[Any]]:
        """The rows of pages that do not begin where the doubtful one does, one after the other."""
        cursors = [one.cursor for one in self._runs.page_map() if one.cursor != asked]
        for cursor in Random(run.run_id).sample(cursors, min(self._count, len(cursors))):
            try:
                yield self._fetcher.fetch(
                    partial(self._listing.by_creation, None if cursor is None else Cursor(cursor)),
                    tell=partial(self._runs.trouble, claim),
                ).rows
            except CursorRejected:
                continue  # it is no witness any more
