"""Hub -> store: bring the catalog in step with the listing, one page at a time."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from collinear.domain.errors import CursorRejected, RunFenced, UpstreamSuspicious
from collinear.hub.listing import Cursor, HubListing
from collinear.hub.wire import translate
from collinear.store.catalog import Catalog
from collinear.store.claim import Claim
from collinear.store.letters import DeadLetters
from collinear.store.run_records import Kind, Page, PageOutcome, Request, Run, Segment
from collinear.store.runs import FINISH, Runs
from collinear.store.summary import summarise
from collinear.store.writer import CatalogWriter, Stored
from collinear.sync import boundaries
from collinear.sync.departures import Departures
from collinear.sync.fetching import Fetcher
from collinear.sync.limits import SyncLimits
from collinear.sync.storing import Kept, Storing, quarantine_text
from collinear.telemetry import get_logger

log = get_logger(__name__)

_DELTA_PAGES = 20
"""A delta longer than this is better served by a page-wise run."""

_WITNESSES = 3
"""Pages from elsewhere that are looked at before a whole run is not believed; small ones more."""


@dataclass(frozen=True, slots=True)
class PageReport:
    """What one page came to; ``complete`` says that the run is to be finished now."""

    run_id: str
    kind: Kind
    rows: int
    rejected: int
    stored: Stored
    complete: bool


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
        self._limits = limits
        self._witness_pages = max(_WITNESSES, -(-limits.quarantine_rows // page_size))
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
            watermark=self._watermark() if kind is Kind.DELTA else 0,
            commits_until=None if kind is Kind.REGRADE else self._newest_commit(),
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
                    return self._delta_page(run, claim, where, on_next)
                return self._creation_page(run, claim, where, on_next)
            except CursorRejected as error:
                # asked for first: a run that fails takes with it what was accepted for it
                if run.kind is not Kind.FULL:
                    self._request(Kind.FULL, run)
                self.runs.fail(claim, f"{error}  The catalog is walked anew.")
                raise
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
        return _counts(Kept(stored, refused))

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

    def _request(self, kind: Kind, run: Run) -> None:
        """Ask for another run, for which holds what was accepted for this one."""
        latest = self.runs.current()
        if latest is None or latest.number != run.number:
            raise RunFenced(f"run {run.number} is over")
        wanted = Request.new(kind)
        removals, upstream = latest.accept_removals, latest.accept_upstream
        self.runs.request(wanted._replace(accept_removals=removals, accept_upstream=upstream))

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
            kept += self.storing.keep(
                rows, run, claim, witnesses=partial(self._witnesses, run, claim, cursor)
            )
            count += len(rows)
            if met or where.until is None or answer.next is None:
                break
            cursor = answer.next
        outcome = PageOutcome(
            count,
            tuple(segments),
            end=answer.next is None,
            counts=_counts(kept),
            next=following,
        )
        complete = self.runs.done(claim, outcome)
        return PageReport(run.run_id, run.kind, count, kept.rejected, kept.stored, complete)

    def _witnesses(self, run: Run, claim: Claim, asked: Cursor | None) -> Iterator[Sequence[Any]]:
        """A few pages from elsewhere in the listing."""
        others = [one.cursor for one in self.runs.page_map() if one.cursor != asked]
        for cursor in Random(run.run_id).sample(others, min(self._witness_pages, len(others))):
            try:
                yield self._fetcher.fetch(
                    partial(self._listing.by_creation, None if cursor is None else Cursor(cursor)),
                    tell=partial(self.runs.trouble, claim),
                ).rows
            except CursorRejected:
                continue  # it is no witness any more

    # Pages in the order of the last commit

    def _delta_page(
        self, run: Run, claim: Claim, where: Page, on_next: Callable[[int], None]
    ) -> PageReport:
        cursor = Cursor(where.cursor) if where.cursor is not None else None
        answer = self._fetcher.fetch(
            partial(self._listing.by_change, cursor), tell=partial(self.runs.trouble, claim)
        )
        # what was never modified comes last; a page without a readable row says nothing
        moments = [one.last_modified for one in translate(answer.rows).datasets]
        reached = any(moment is None or moment < run.watermark for moment in moments)
        too_long = int(claim.page) + 1 >= _DELTA_PAGES
        beyond = too_long and not reached
        following = None
        if answer.next is not None and not reached and not too_long:
            following = Page(answer.next)
            if self.runs.set_next(claim, following):
                on_next(int(claim.page) + 1)
        kept = self.storing.keep(
            answer.rows, run, claim, witnesses=partial(self._witnesses, run, claim, cursor)
        )
        if kept.stored.deferred:
            settled = self.departures.make_room(kept.stored.deferred, claim)
            beyond = beyond or bool(settled.deferred)
            kept += Kept(settled, self.storing.refuse([], settled, run, claim))
        if beyond:  # it takes a run that sees everything
            self._request(Kind.PAGES, run)
        outcome = PageOutcome(
            len(answer.rows),
            (),
            end=following is None,
            counts=_counts(kept),
            next=following,
        )
        complete = self.runs.done(claim, outcome)
        return PageReport(
            run.run_id, run.kind, len(answer.rows), kept.rejected, kept.stored, complete
        )

    def _watermark(self) -> int:
        """The moment (ms) up to which the catalog knows of all commits, less an overlap."""
        known = self.catalog.commits_until()
        newest = self._newest_commit() if known is None else known
        return int(newest - self._limits.delta_overlap_seconds * 1000)

    def _newest_commit(self) -> int:
        """
        A moment (ms), by the Hub's clock, of which a run that begins now sees all commits.

        What is committed while the run walks may escape it, so this is taken at its beginning.
        """
        now = self.catalog.now()
        # a date from the future, by a wrong clock, must not hide what happens until then
        return min(self.catalog.newest_commit() or now, now)


def _for_log(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: summary[name] for name in summary if name not in {"run_id", "status"}}


def _counts(kept: Kept) -> dict[str, int]:
    return {
        "created": kept.stored.created,
        "updated": kept.stored.updated,
        "moved": kept.stored.moved,
        "unchanged": kept.stored.unchanged,
        "rejected": kept.rejected,
    }
