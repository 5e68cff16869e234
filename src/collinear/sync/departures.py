"""Who has left the Hub: what a complete run has not seen, once that is certain."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any

from collinear.domain.dataset import Dataset
from collinear.domain.errors import CursorRejected, HubError
from collinear.hub.listing import HubListing
from collinear.hub.wire import hub_id_of, is_private, translate
from collinear.store.catalog import Catalog
from collinear.store.claim import Claim
from collinear.store.compare import Compared
from collinear.store.run_records import Run
from collinear.store.runs import Runs
from collinear.store.writer import CALM_CHUNK, CatalogWriter, Stored
from collinear.sync import boundaries
from collinear.sync.fetching import Fetcher, Tell
from collinear.sync.limits import SyncLimits
from collinear.sync.places import Places
from collinear.telemetry import get_logger

log = get_logger(__name__)

Departed = list[tuple[str, str]]
"""Datasets as (hub_id, id as known)."""

_ATTEMPTS = 4
"""Failures after which a dataset is left for the next run."""

_SAMPLE = 20
"""Of many that are missing, so many are asked for by name."""

_UNANSWERED = 3
"""So many in a row of whom the Hub cannot tell: it will not tell of the others either."""

_MOST_PAGES = 20
"""Pages that a delta looks at for those who gave up their ids; for more a page-wise run is due."""


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
        self._places = Places(listing, fetcher)
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
        if self._is_guarded(len(unseen)):
            held = {"run_id": run.run_id, "count": len(unseen), "of": self._catalog.count()}
            log.warning("removals_held", **held)
            return held
        if unseen and not self._accepted():
            unseen = self._confirmed(unseen, run, claim)
        self._writer.drop(unseen, claim)
        return None

    def settle(self, claim: Claim) -> Stored:
        """
        Store the datasets of a complete run that waited for ids which others still had.

        Those that wait for one another are stored in one step, so that each of them moves.  Who
        has such an id and was not seen leaves; where that is suspiciously much, nothing is stored,
        and the sweep is held.
        """
        waiting = self._catalog.read_documents(self._runs.deferred())
        held_by = {id_: hub_id for hub_id, id_ in self._catalog.holders([d.id for d in waiting])}
        leaving = set(held_by.values()).difference(one.hub_id for one in waiting)
        if self._is_guarded(len(leaving)):
            return Stored()
        stored = Stored()
        for datasets in in_steps(waiting, held_by, rows=CALM_CHUNK):
            rows = self._writer.compare(datasets)
            stored.add(self._writer.write(rows, claim, chunk=len(rows)))
        return stored

    def _accepted(self) -> bool:
        current = self._runs.current()
        return current is not None and current.accept_removals

    def _is_guarded(self, count: int) -> bool:
        """Whether so many may only leave if somebody says so."""
        limits = self._limits
        share = count > limits.max_removal_share * self._catalog.count()
        return count > limits.max_removal_count and share and not self._accepted()

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
            departed = self._who_left(unseen, run, claim, tell)
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

        It has left, or got another name, which a delta does not see: it is looked for on the page
        that it would be on, so that it moves; and so is whoever had that other name.  Where it is
        not there it leaves.  What would take too many pages stays ``deferred``.

        Raises:
            CursorRejected: The page map is worth nothing any more.
        """
        tell = partial(self._runs.trouble, claim)
        page_map = self._runs.page_map()
        found: list[Dataset] = []
        known = {one.dataset.hub_id for one in wanted}
        ids, asked = [one.dataset.id for one in wanted], 0
        while holders := {hub_id for hub_id, _ in self._catalog.holders(ids)} - known:
            pages = self._places.pages(holders, page_map)
            asked += len(pages or ())
            if pages is None or asked > _MOST_PAGES:
                return Stored(deferred=tuple(wanted))
            ids = []
            for rows in self._places.look(holders, page_map, pages, tell):
                public = [one for one in translate(rows).datasets if _is_public(one)]
                found += public
                ids += [one.id for one in public]
            known |= holders
        rows = self._writer.compare([*found, *(one.dataset for one in wanted)])
        return self._writer.write(rows, claim, chunk=len(rows))

    def _who_left(self, asked: Departed, run: Run, claim: Claim, tell: Tell) -> Departed:
        """Those of whom the Hub says so; where it cannot tell again and again, the rest stay."""
        departed: Departed = []
        unanswered = 0
        # in another order each time, so that a few whom the Hub cannot tell of stop nobody else
        for one in Random(run.run_id).sample(asked, len(asked)):
            left = self._has_left(*one, claim, tell)
            unanswered = unanswered + 1 if left is None else 0
            if left:
                departed.append(one)
            if unanswered == _UNANSWERED:
                log.warning("departures_unconfirmed", run=run.run_id, count=len(asked))
                break
        return sorted(departed)

    def _has_left(self, hub_id: str, id_: str, claim: Claim, tell: Tell) -> bool | None:
        """Whether a dataset is gone by its own page; None where the Hub cannot tell."""
        try:
            row = self._fetcher.fetch(
                partial(self._listing.look_up, id_), tell=tell, attempts=_ATTEMPTS
            )
        except HubError as error:
            log.warning("departure_unconfirmed", dataset=id_, error=str(error))
            return None
        if row is None or hub_id_of(row) != hub_id:
            return True
        return not self._keep([row], claim)

    def _still_missing(self, unseen: Departed, run: Run, claim: Claim, tell: Tell) -> Departed:
        page_map = boundaries.joined(self._runs.segments())
        missing = dict(unseen)
        pages = self._places.pages(missing.keys(), page_map)
        if pages is None:
            log.warning("departures_unconfirmed", run=run.run_id, count=len(unseen))
            return []
        try:
            for rows in self._places.look(missing.keys(), page_map, pages, tell):
                for hub_id in self._keep(rows, claim):
                    del missing[hub_id]
        except CursorRejected:
            return []
        return list(missing.items())

    def _keep(self, rows: Sequence[Any], claim: Claim) -> set[str]:
        """The datasets among the rows that are public, stored and so seen; or unreadable."""
        translated = translate([row for row in rows if not is_private(row)])
        public = [one for one in translated.datasets if _is_public(one)]
        self._writer.put(public, claim)
        unreadable = [row.hub_id for row in translated.rejected if row.hub_id]
        if unreadable:
            self._writer.mark(unreadable, [], claim)
        return {*(one.hub_id for one in public), *unreadable}


def in_steps(
    datasets: Sequence[Dataset], held_by: Mapping[str, str], *, rows: int
) -> Iterator[list[Dataset]]:
    """
    Datasets some at a time; those of which one waits for the id of the other are not parted.

    ``held_by`` gives the hub_id of who has an id now; ``rows`` is about how many go together.
    """
    groups = {one.hub_id: [one] for one in datasets}
    for one in datasets:
        mine, other = groups[one.hub_id], groups.get(held_by.get(one.id, ""))
        if other is None or other is mine:
            continue
        fewer, more = sorted((mine, other), key=len)
        more += fewer
        groups |= {each.hub_id: more for each in fewer}
    step: list[Dataset] = []
    for group in {id(group): group for group in groups.values()}.values():
        step += group
        if len(step) >= rows:
            yield step
            step = []
    if step:
        yield step


def _is_public(dataset: Dataset) -> bool:
    return not (dataset.private or dataset.disabled)
