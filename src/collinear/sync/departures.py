"""Who has left the Hub: what a complete run has not seen, once that is certain."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any

from collinear.domain.errors import CursorRejected, HubError
from collinear.hub.listing import Cursor, HubListing
from collinear.hub.wire import hub_id_of, is_private, translate
from collinear.store.catalog import Catalog
from collinear.store.claim import Claim
from collinear.store.compare import Compared
from collinear.store.run_records import Run
from collinear.store.runs import Runs
from collinear.store.writer import CatalogWriter, Stored
from collinear.sync import boundaries
from collinear.sync.fetching import Fetcher, Tell
from collinear.sync.limits import SyncLimits
from collinear.telemetry import get_logger

log = get_logger(__name__)

Departed = list[tuple[str, str]]
"""Datasets as (hub_id, id as known)."""

_ATTEMPTS = 4
"""Failures after which a dataset is left for the next run."""

_SAMPLE = 20
"""Of many that are missing, so many are asked for by name."""

_AUTHOR_PAGES = 2
"""Pages of a namespace in which a dataset is looked for that gave up its id."""


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

        Few are asked for one by one, many by another look at the pages they would be on; and if a
        sample of those is there all the same, the listing is not believed, and nobody leaves.
        """
        tell = partial(self._runs.trouble, claim)
        share = len(unseen) > self._limits.max_removal_share * self._catalog.count()
        few = self._limits.max_removal_count if share else self._limits.confirm_departures
        if len(unseen) <= few:
            departed = [one for one in unseen if self._has_left(*one, claim, tell)]
        else:
            departed = self._still_missing(unseen, run, claim, tell)
            sample = Random(run.run_id).sample(departed, min(_SAMPLE, len(departed)))
            if not all(self._has_left(*one, claim, tell) for one in sample):
                log.warning("departures_unconfirmed", run=run.run_id, count=len(departed))
                return []
        if len(departed) < len(unseen):
            log.warning("missed_by_the_listing", run=run.run_id, count=len(unseen) - len(departed))
        return departed

    def make_room(self, wanted: Sequence[Compared], claim: Claim) -> Stored:
        """
        Store datasets of a delta whose ids are taken; who has such an id is looked for first.

        It has left, or got another name, which a delta does not see: that is looked for in its
        namespace, so that it moves.  Where it is not found it leaves.
        """
        tell = partial(self._runs.trouble, claim)
        found: list[Any] = []
        for hub_id, id_ in self._catalog.holders([one.dataset.id for one in wanted]):
            found += self._find_renamed(hub_id, id_, tell)
        datasets = [one for one in translate(found).datasets if not (one.private or one.disabled)]
        rows = self._writer.compare([*datasets, *(one.dataset for one in wanted)])
        return self._writer.write(rows, claim, chunk=len(rows))

    def _find_renamed(self, hub_id: str, id_: str, tell: Tell) -> list[Any]:
        author, slash, _ = id_.partition("/")
        cursor = None
        for _ in range(_AUTHOR_PAGES if slash else 0):
            ask = partial(self._listing.by_author, author, cursor)
            try:
                answer = self._fetcher.fetch(ask, tell=tell, attempts=_ATTEMPTS)
            except HubError as error:
                log.warning("holder_not_found", dataset=id_, error=str(error))
                break
            found = [row for row in answer.rows if hub_id_of(row) == hub_id]
            if found or answer.next is None:
                return found
            cursor = answer.next
        return []

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
