"""Hub -> store: bring the catalog in step with the listing, one page at a time."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from collinear.domain.errors import CursorRejected, UpstreamSuspicious
from collinear.hub.listing import Cursor, HubListing
from collinear.store.catalog import Catalog
from collinear.store.claim import Claim
from collinear.store.letters import DeadLetters
from collinear.store.run_records import Kind, Page, PageOutcome, Request, Run, Segment
from collinear.store.runs import FINISH, NEWEST, Runs
from collinear.store.summary import summarise
from collinear.store.writer import CatalogWriter, Stored
from collinear.sync import boundaries
from collinear.sync.departures import Departures
from collinear.sync.fetching import Fetcher
from collinear.sync.limits import SyncLimits
from collinear.sync.newest import Newest
from collinear.sync.reports import PageReport, counts_of
from collinear.sync.storing import Kept, Storing, quarantine_text
from collinear.sync.witnesses import Witnesses
from collinear.telemetry import get_logger

log = get_logger(__name__)


class Sync:
    """The runs over the Hub's listing, step by step; every step may be done again."""

    def __init__(
        self,
        *,
        listing: HubListing,
        fetcher: Fetcher,
        runs: Runs,
        writer: CatalogWriter,
        catalog: Catalog,
        letters: DeadLetters,
        endpoint: str,
        page_size: int,
        limits: SyncLimits,
    ) -> None:
        self._listing = listing
        self._fetcher = fetcher
        self.runs = runs
        self._writer = writer
        self.catalog = catalog
        self._letters = letters
        self._endpoint = endpoint
        self._witnesses = Witnesses(
            listing, fetcher, runs, rows=limits.quarantine_rows, page_size=page_size
        )
        self.storing = Storing(
            writer=writer,
            runs=runs,
            catalog=catalog,
            letters=letters,
            limits=limits,
            page_size=page_size,
        )
        self.departures = Departures(
            listing=listing,
            fetcher=fetcher,
            runs=runs,
            writer=writer,
            catalog=catalog,
            limits=limits,
        )
        self._newest = Newest(
            listing=listing,
            fetcher=fetcher,
            runs=runs,
            catalog=catalog,
            storing=self.storing,
            departures=self.departures,
            witnesses=self._witnesses,
            limits=limits,
        )

    def begin(self, wanted: Request) -> Run | None:
        """
        Start a run and write down the pages that are known of it.

        None where another run goes on (the request then waits for its turn), or where somebody
        else has begun this one.
        """
        self.catalog.prepare(self._endpoint)
        kind = wanted.kind
        page_map = self.runs.page_map() if kind is Kind.PAGES else []
        if kind is Kind.PAGES and not page_map:
            wanted = wanted._replace(kind=Kind.FULL)
        run = self.runs.begin(
            wanted,
            boundaries.pages_of(page_map) if page_map else [Page(None)],
            watermark=self._newest.watermark() if kind is Kind.DELTA else 0,
            commits_until=None if kind is Kind.REGRADE else self._newest.moment(),
        )
        if run is None:
            return None
        log.info(
            "run_began",
            run=run.run_id,
            run_number=run.number,
            kind=run.kind.value,
            pages=len(page_map) or None,
        )
        return run

    def page(self, number: int, page: int, *, on_next: Callable[[int], None]) -> PageReport | None:
        """
        Fetch and store one page; ``on_next`` hears of the page after it as soon as it is known.

        None where there is nothing to do: the run is over or the page is done.

        Raises:
            RunFenced: The page was taken over, or the run is over.
            HandedBack: The worker is told to stop while it waited.
            CursorRejected: The walk must begin anew; the run has failed and said so.
            UpstreamSuspicious: The Hub's answers look wrong; the run is quarantined.
        """
        claimed = self.runs.claim(number, page)
        if claimed is None:
            return None
        run, claim, where = claimed
        if where is None:
            return None
        with self.runs.heartbeat(claim):
            try:
                if run.kind is Kind.DELTA:
                    return self._newest.page(run, claim, where, on_next)
                return self._creation_page(run, claim, where, on_next)
            except CursorRejected as error:
                # asked for first: a run that fails takes with it what was accepted for it
                if run.kind is not Kind.FULL:
                    self._newest.request(Kind.FULL, run)
                self.runs.fail(claim, f"{error}  The catalog is walked anew.")
                raise
            except UpstreamSuspicious as error:
                self._quarantine(run, claim, error)
                raise

    def look_at_newest(self, number: int) -> Kept | None:
        """
        Store the newest commits while a complete run goes on: a delta would wait for its end.

        None where that run does not go on; raises as ``page`` does.
        """
        claimed = self.runs.claim(number, NEWEST)
        if claimed is None:
            return None
        run, claim, _ = claimed
        try:
            return self._newest.look(run, claim)
        except UpstreamSuspicious as error:
            self._quarantine(run, claim, error)
            raise

    def finish(self, number: int) -> dict[str, Any] | None:
        """
        Close a run whose pages are all stored: sweep, snapshot, books.  Returns its summary.

        None where somebody else has done it.  Raises RunFenced as ``page`` does.
        """
        claimed = self.runs.claim(number, FINISH)
        if claimed is None:
            return None
        run, claim, _ = claimed
        with self.runs.heartbeat(claim):
            try:
                self._finish(run, claim)
            except UpstreamSuspicious as error:
                self._quarantine(run, claim, error)
                raise
        ended = self.runs.current()
        if ended is None or ended.number != number:
            return None
        summary = summarise(ended)
        log.info("run_succeeded", run=run.run_id, **_for_log(summary))
        return summary

    def _finish(self, run: Run, claim: Claim) -> None:
        meta: dict[str, str] = {}
        page_map: list[Segment] = []
        counts: dict[str, int] = {}
        if run.kind.complete:
            counts = self._end_of_walk(run, claim)
            held = self.departures.sweep(run, claim)
            self._letters.keep_only(run.run_id)
            page_map = boundaries.joined(self.runs.segments())
            self.catalog.write_snapshot(claim)
            meta["held_removals"] = json.dumps(held) if held else ""
            meta["quarantine"] = ""
            meta["warmed"] = "true"
        if run.kind is not Kind.REGRADE:
            meta |= self.catalog.freshness(renew=run.kind.complete)
        self.runs.finish(claim, meta=meta, page_map=page_map, counts=counts)

    def _end_of_walk(self, run: Run, claim: Claim) -> dict[str, int]:
        """All that is listed has been seen: what waited for it can be told apart now."""
        accepted = self.runs.current()
        believed = accepted is not None and (accepted.accept_upstream or accepted.accept_removals)
        if not run.count("rows") and self.catalog.count() and not believed:
            raise UpstreamSuspicious(quarantine_text("its listing is empty"))
        stored = self.departures.settle(claim)
        refused = self.storing.refuse([], stored, run, claim)
        return counts_of(Kept(stored, refused))

    def _quarantine(self, run: Run, claim: Claim, error: UpstreamSuspicious) -> None:
        log.error("run_quarantined", run=run.run_id, kind=run.kind.value, reason=str(error))
        self.runs.fail(claim, str(error), quarantined=run)

    def regrade(self, number: int) -> bool:
        """Grade every document by the thresholds in force; True if the run is to be finished."""
        claimed = self.runs.claim(number, 0)
        if claimed is None:
            return False
        _, claim, _ = claimed
        with self.runs.heartbeat(claim):
            stored = Stored()
            for datasets in self.catalog.datasets():
                stored.add(self._writer.put(datasets, claim, seen=False))
            outcome = PageOutcome(0, (), end=True, counts={"updated": stored.updated})
            return self.runs.done(claim, outcome)

    # Pages in the order of creation

    def _creation_page(
        self, run: Run, claim: Claim, where: Page, on_next: Callable[[int], None]
    ) -> PageReport:
        """A page up to its boundary: where datasets became public, that takes more than one."""
        kept, count = Kept(Stored(), 0), 0
        segments: list[Segment] = []
        cursor = Cursor(where.cursor) if where.cursor is not None else None
        tell = partial(self.runs.trouble, claim)
        while True:
            answer = self._fetcher.fetch(partial(self._listing.by_creation, cursor), tell=tell)
            rows, met = answer.rows, False
            following = None
            if where.until is not None:
                rows, met = boundaries.up_to(where.until, rows)
            elif answer.next is not None:
                following = Page(answer.next)
                # ask for the next page before storing this one, so that both overlap
                bounded = Page(where.cursor, boundaries.last_of(rows))
                if self.runs.set_next(claim, following, bounded=bounded):
                    on_next(int(claim.page) + 1)
            segments.append(Segment(cursor, where.until if met else boundaries.end_of(rows)))
            witnesses = partial(self._witnesses.others, run, claim, cursor)
            kept += self.storing.keep(rows, run, claim, witnesses=witnesses)
            count += len(rows)
            if met or where.until is None or answer.next is None:
                break
            cursor = answer.next
        outcome = PageOutcome(
            count,
            tuple(segments),
            end=answer.next is None,
            counts=counts_of(kept),
            next=following,
        )
        complete = self.runs.done(claim, outcome)
        return PageReport(run.run_id, run.kind, count, kept.rejected, kept.stored, complete)


def _for_log(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: summary[name] for name in summary if name not in {"run_id", "status"}}
