"""Where in the listing a dataset is: on the page that its hub_id belongs to."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set
from functools import partial
from typing import Any

from collinear.hub.listing import Cursor, HubListing
from collinear.hub.wire import hub_id_of
from collinear.store.run_records import Segment
from collinear.sync import boundaries
from collinear.sync.fetching import Fetcher, Tell


class Places:
    """Finds rows by their identity, whatever they are called now."""

    def __init__(self, listing: HubListing, fetcher: Fetcher) -> None:
        self._listing = listing
        self._fetcher = fetcher

    def pages(self, hub_ids: Set[str], page_map: Sequence[Segment]) -> dict[int, str] | None:
        """
        The pages that the datasets would be on, each with the last of their hub_ids.

        None where the page map cannot tell: the Hub orders its rows in another way.
        """
        lasts = [segment.last or "" for segment in page_map]
        if not lasts or lasts != sorted(lasts):
            return None
        return {
            min(bisect_left(lasts, hub_id), len(lasts) - 1): hub_id for hub_id in sorted(hub_ids)
        }

    def look(
        self, hub_ids: Set[str], page_map: Sequence[Segment], pages: dict[int, str], tell: Tell
    ) -> Iterator[list[Any]]:
        """
        The rows of the datasets that are on those pages, answer by answer.

        Raises:
            CursorRejected: The page map is worth nothing any more.
            HandedBack: The worker is told to stop while it waits for the Hub.
        """
        for at, farthest in sorted(pages.items()):
            begin = page_map[at].cursor
            cursor = None if begin is None else Cursor(begin)
            while True:
                answer = self._fetcher.fetch(partial(self._listing.by_creation, cursor), tell=tell)
                yield [row for row in answer.rows if hub_id_of(row) in hub_ids]
                # a page that grew since takes more than one answer
                last = boundaries.last_of(answer.rows)
                if answer.next is None or (last is not None and last >= farthest):
                    break
                cursor = answer.next
