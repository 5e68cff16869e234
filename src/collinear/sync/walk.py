"""Hub -> store: bring the catalog in step with the listing, one page at a time."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from collinear.domain.errors import CursorRejected, HandedBack
from collinear.hub.listing import Cursor, HubListing
from collinear.hub.wire import Rejected, Translated, translate
from collinear.store.catalog import Catalog
from collinear.store.run_records import Kind, Page, PageOutcome, Request, Run, Segment
from collinear.store.runs import FINISH, Runs
from collinear.store.summary import summarise
from collinear.store.writer import CatalogWriter, Claim, Stored
from collinear.sync import boundaries
from collinear.sync.fetching import Fetcher
from collinear.telemetry import get_logger

log = get_logger(__name__)

_DELTA_PAGES = 20
"""A delta longer than this is better served by a page-wise run."""


@dataclass(frozen=True, slots=True)
class SyncLimits:
    """What a run may do unasked, and how long things are kept."""

    max_removal_share: float
    max_removal_count: int
    delta_overlap_seconds: float
    dead_letters: int


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
        endpoint: str,
        limits: SyncLimits,
    ) -> None:
        self._listing = listing
        self._fetcher = fetcher
        self.runs = runs
        self._writer = writer
        self.catalog = catalog
        self._endpoint = endpoint
        self._limits = limits

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
        """
        claimed = self.runs.claim(number, page)
        if claimed is None:
            return None
        run, claim, where = claimed
        if where is None:
            return None
        with self.runs.heartbeat(number):
            try:
                if run.kind is Kind.DELTA:
                    return self._delta_page(run, claim, where, on_next)
                return self._creation_page(run, claim, where, on_next)
            except CursorRejected as error:
                self.runs.fail(claim, f"{error}  The catalog is walked anew.")
                self.runs.request(Request.new(Kind.FULL))
                raise
            except HandedBack:
                self.runs.release()
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
        meta: dict[str, str] = {}
        held: dict[str, Any] | None = None
        with self.runs.heartbeat(number):
            page_map: list[Segment] = []
            if run.kind.complete:
                held = self._sweep(run, claim)
                page_map = boundaries.joined(self.runs.segments())
                self.catalog.write_snapshot(claim)
                meta["held_removals"] = json.dumps(held) if held else ""
                meta["warmed"] = "true"
            self.runs.finish(claim, meta=meta, page_map=page_map)
        ended = self.runs.current()
        if ended is None or ended.number != number:
            return None
        summary = summarise(ended)
        log.info("run_succeeded", run=run.run_id, **_for_log(summary))
        return summary

    def regrade(self, number: int) -> bool:
        """Grade every document by the thresholds in force; True if the run is to be finished."""
        claimed = self.runs.claim(number, 0)
        if claimed is None:
            return False
        _, claim, _ = claimed
        with self.runs.heartbeat(number):
            stored = Stored()
            for datasets in self.catalog.datasets():
                stored.add(self._writer.put(datasets, claim, seen=False))
            outcome = PageOutcome(0, (), end=True, counts={"updated": stored.updated})
            self.catalog.write_thresholds()
            return self.runs.done(claim, outcome)

    # Pages in the order of creation

    def _creation_page(
        self, run: Run, claim: Claim, where: Page, on_next: Callable[[int], None]
    ) -> PageReport:
        """A page up to its boundary: where datasets became public, that takes more than one."""
        stored, rejected, count = Stored(), 0, 0
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
            translated = translate(rows)
            segments.append(Segment(cursor, where.until if met else boundaries.end_of(rows)))
            stored.add(self._store(translated, run, claim))
            count += len(rows)
            rejected += len(translated.rejected)
            if met or where.until is None or answer.next is None:
                break
            cursor = answer.next
        outcome = PageOutcome(
            count,
            tuple(segments),
            end=answer.next is None,
            counts=_counts(stored, rejected),
            next=following,
        )
        complete = self.runs.done(claim, outcome)
        return PageReport(run.run_id, run.kind, count, rejected, stored, complete)

    # Pages in the order of the last commit

    def _delta_page(
        self, run: Run, claim: Claim, where: Page, on_next: Callable[[int], None]
    ) -> PageReport:
        cursor = Cursor(where.cursor) if where.cursor is not None else None
        answer = self._fetcher.fetch(
            partial(self._listing.by_change, cursor), tell=partial(self.runs.trouble, claim)
        )
        translated = translate(answer.rows)
        # what was never modified comes last; a page without a readable row says nothing
        moments = [one.last_modified for one in translated.datasets]
        reached = any(moment is None or moment < run.watermark for moment in moments)
        too_long = int(claim.page) + 1 >= _DELTA_PAGES
        following = None
        if answer.next is not None and not reached and not too_long:
            following = Page(answer.next)
            if self.runs.set_next(claim, following):
                on_next(int(claim.page) + 1)
        if too_long and not reached:
            self.runs.request(Request.new(Kind.PAGES))
        stored = self._store(translated, run, claim)
        rejected = len(translated.rejected)
        outcome = PageOutcome(
            len(answer.rows),
            (),
            end=following is None,
            counts=_counts(stored, rejected),
            next=following,
        )
        complete = self.runs.done(claim, outcome)
        return PageReport(run.run_id, run.kind, len(answer.rows), rejected, stored, complete)

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

    # What all pages have in common

    def _store(self, translated: Translated, run: Run, claim: Claim) -> Stored:
        # Private and disabled datasets are not ours to show: unseen, they leave with the sweep
        public = [one for one in translated.datasets if not (one.private or one.disabled)]
        stored = self._writer.put(public, claim)
        rejected = [
            *translated.rejected,
            *(
                Rejected(hub_id, id_, "another dataset has this id")
                for hub_id, id_ in stored.refused
            ),
        ]
        if rejected:
            # a row that cannot be read does not mean that its dataset has left
            self._writer.mark(
                [row.hub_id for row in rejected if row.hub_id],
                [row.id for row in rejected if row.id],
                claim,
            )
            self.runs.set_aside(
                [{**row._asdict(), "run_id": run.run_id} for row in rejected],
                keep=self._limits.dead_letters,
            )
        return stored

    # Departures

    def _sweep(self, run: Run, claim: Claim) -> dict[str, Any] | None:
        """Remove what the run did not see; where that is suspiciously much, hold it and say so."""
        departed = self.catalog.find_unseen(since=run.began)
        total = self.catalog.count()
        limits = self._limits
        many = len(departed) > limits.max_removal_count
        if many and len(departed) > limits.max_removal_share * total:
            current = self.runs.current()
            if not (current and current.accept_removals):
                held = {"run_id": run.run_id, "count": len(departed), "of": total}
                log.warning("removals_held", **held)
                return held
        self._writer.drop(departed, claim)
        return None


def _for_log(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: summary[name] for name in summary if name not in {"run_id", "status"}}


def _counts(stored: Stored, rejected: int) -> dict[str, int]:
    return {
        "created": stored.created,
        "updated": stored.updated,
        "moved": stored.moved,
        "unchanged": stored.unchanged,
        "rejected": rejected + len(stored.refused),
    }
