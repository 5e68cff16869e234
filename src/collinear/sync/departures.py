"""Who has left the Hub: what a complete run has not seen, once that is certain."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from typing import Any

from collinear.domain.errors import CursorRejected, HubError
from collinear.hub.listing import Cursor, HubListing
from collinear.hub.wire import hub_id_of, is_private, translate
from collinear.store.catalog import Catalog
from collinear.store.claim import Claim
from collinear.store.run_records import Run
from collinear.store.runs import Runs
from collinear.store.writer import CatalogWriter
from collinear.sync import boundaries
from collinear.sync.fetching import Fetcher, Tell
from collinear.sync.limits import SyncLimits
from collinear.telemetry import get_logger

log = get_logger(__name__)

Departed = list[tuple[str, str]]
"""Datasets as (hub_id, id as known)."""

_ATTEMPTS = 4
"""Failures after which a dataset is left for the next run."""


class Departures:
    """The sweep of a complete run."""

    def __init__(
        self,
        *,
        listing: HubListing,
        fetcher: Fetcher,
        runs: Runs,
        writer: CatalogWriter,
        catalog: Catalog,
        limits: SyncLimits,
    ) -> None:
        self._listing = listing
        self._fetcher = fetcher
        self._runs = runs
        self._writer = writer
        self._catalog = catalog
        self._limits = limits

    def sweep(self, run: Run, claim: Claim) -> dict[str, Any] | None:
        """
        Remove what the run did not see; where that is suspiciously much, hold it and say so.

        Returns what is held: the run, how many datasets, of how many.

        Raises:
            HandedBack: The worker is told to stop while it waits for the Hub.
            RunFenced: The run is in other hands.
        """
        unseen = self._catalog.find_unseen(since=run.began)
        total = self._catalog.count()
        limits = self._limits
        many = len(unseen) > limits.max_removal_count
        current = self._runs.current()
        accepted = current is not None and current.accept_removals
        if many and len(unseen) > limits.max_removal_share * total and not accepted:
            held = {"run_id": run.run_id, "count": len(unseen), "of": total}
            log.warning("removals_held", **held)
            return held
        if unseen and not accepted:
            unseen = self._confirmed(unseen, run, claim)
        self._writer.drop(unseen, claim)
        return None

    def _confirmed(self, unseen: Departed, run: Run, claim: Claim) -> Departed:
        """
        The datasets that have really left: a listing may miss one, or half of them.

        Few are asked for one by one, many by another look at the pages they would be on.
        """
        tell = partial(self._runs.trouble, claim)
        share = len(unseen) > self._limits.max_removal_share * self._catalog.count()
        few = self._limits.max_removal_count if share else self._limits.confirm_departures
        if len(unseen) <= few:
            departed = [one for one in unseen if self._has_left(*one, claim, tell)]
        else:
            departed = self._still_missing(unseen, run, claim, tell)
        if len(departed) < len(unseen):
            log.warning("missed_by_the_listing", run=run.run_id, count=len(unseen) - len(departed))
        return departed

    def _has_left(self, hub_id: str, id_: str, claim: Claim, tell: Tell) -> bool:
        try:
            row = self._fetcher.fetch(
                partial(self._listing.look_up, id_), tell=tell, attempts=_ATTEMPTS
            )
        except HubError as error:
            log.warning("departure_unconfirmed", dataset=id_, error=str(error))
            return False
        if row is None or hub_id_of(row) != hub_id:
            return True
        return not self._keep([row], claim)

    def _still_missing(self, unseen: Departed, run: Run, claim: Claim, tell: Tell) -> Departed:
        segments = boundaries.joined(self._runs.segments())
        lasts = [segment.last or "" for segment in segments]
        if not lasts or lasts != sorted(lasts):
            log.warning("departures_unconfirmed", run=run.run_id, count=len(unseen))
            return []
        missing = dict(unseen)
        pages = {min(bisect_left(lasts, hub_id), len(lasts) - 1) for hub_id in missing}
        for at in sorted(pages):
            cursor = segments[at].cursor
            asked = None if cursor is None else Cursor(cursor)
            try:
                answer = self._fetcher.fetch(partial(self._listing.by_creation, asked), tell=tell)
            except CursorRejected:
                return []
            found = [row for row in answer.rows if hub_id_of(row) in missing]
            for hub_id in self._keep(found, claim):
                del missing[hub_id]
        return list(missing.items())

    def _keep(self, rows: Sequence[Any], claim: Claim) -> set[str]:
        """The datasets among the rows that are public, stored and so seen; or unreadable."""
        translated = translate([row for row in rows if not is_private(row)])
        public = [one for one in translated.datasets if not one.disabled]
        self._writer.put(public, claim)
        unreadable = [row.hub_id for row in translated.rejected if row.hub_id]
        if unreadable:
            self._writer.mark(unreadable, [], claim)
        return {*(one.hub_id for one in public), *unreadable}
