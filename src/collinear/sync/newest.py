"""The newest commits: the pages of a delta, and the looks of a run that takes long."""

from collections.abc import Callable
from functools import partial

from collinear.domain.errors import RunFenced, UpstreamSuspicious
from collinear.hub.listing import Cursor, HubListing, ListingPage
from collinear.hub.wire import translate
from collinear.store.catalog import Catalog
from collinear.store.claim import Claim
from collinear.store.run_records import Kind, Page, PageOutcome, Request, Run
from collinear.store.runs import Runs
from collinear.store.writer import Stored
from collinear.sync.departures import Departures
from collinear.sync.fetching import Fetcher
from collinear.sync.limits import SyncLimits
from collinear.sync.reports import PageReport, counts_of
from collinear.sync.storing import Kept, Storing, quarantine_text
from collinear.sync.witnesses import Witnesses

_DELTA_PAGES = 20
"""A delta longer than this is better served by a page-wise run."""

_LOOK_PAGES = 5
"""Pages that a long run looks at; what lies behind them it comes to by itself."""

_SETTLED = 1000
"""So many of the newest commits, all known: what lies behind them is known too."""


class Newest:
    """Walks down the order of the last commit to where everything is known."""

    def __init__(
        self,
        *,
        listing: HubListing,
        fetcher: Fetcher,
        runs: Runs,
        catalog: Catalog,
        storing: Storing,
        departures: Departures,
        witnesses: Witnesses,
        limits: SyncLimits,
    ) -> None:
        self._listing = listing
        self._fetcher = fetcher
        self._runs = runs
        self._catalog = catalog
        self._storing = storing
        self._departures = departures
        self._witnesses = witnesses
        self._overlap = int(limits.delta_overlap_seconds * 1000)

    def page(
        self, run: Run, claim: Claim, where: Page, on_next: Callable[[int], None]
    ) -> PageReport:
        """One page of a delta; raises as ``Sync.page`` does."""
        cursor = Cursor(where.cursor) if where.cursor is not None else None
        answer = self._fetch(claim, cursor)
        nothing = cursor is None and not answer.rows and answer.next is None
        if nothing and self._catalog.count() and not run.accept_upstream:
            raise UpstreamSuspicious(quarantine_text("its listing is empty"))
        reached = self._reaches(run.watermark, answer)
        too_long = int(claim.page) + 1 >= _DELTA_PAGES
        kept = self._keep(answer, run, claim, cursor)
        if kept.stored.deferred:
            moved = self._departures.make_room(kept.stored.deferred, claim)
            too_long = too_long or bool(moved.deferred)
            kept += Kept(moved, self._storing.refuse([], moved, run, claim))
        # A Hub that was filled at once, and is quiet since, has thousands of newest commits.  Only
        # what the last run knew may look known: the first half of this one may have died.
        known_until = run.watermark + self._overlap
        seen = (int(claim.page) + 1) * len(answer.rows)
        known = kept.stored.unchanged == len(answer.rows)
        settled = seen >= _SETTLED and known and not self._is_after(known_until, answer)
        following = None
        if too_long and not (reached or settled):
            self.request(Kind.PAGES, run)  # it takes a run that sees everything
        elif answer.next is not None and not (reached or settled):
            following = Page(answer.next)
            if self._runs.set_next(claim, following):
                on_next(int(claim.page) + 1)
        outcome = PageOutcome(
            len(answer.rows), (), end=following is None, counts=counts_of(kept), next=following
        )
        complete = self._runs.done(claim, outcome)
        return PageReport(
            run.run_id, run.kind, len(answer.rows), kept.rejected, kept.stored, complete
        )

    def look(self, run: Run, claim: Claim) -> Kept:
        """
        Store the newest commits while a complete run goes on, which may take half an hour.

        Raises:
            RunFenced: The run is over, or about to end.
            HandedBack: The worker is told to stop.
            UpstreamSuspicious: The rows look wrong as a whole; nothing was written.
        """
        kept, cursor, watermark = Kept(Stored(), 0), None, self.watermark()
        for _ in range(_LOOK_PAGES):
            answer = self._fetch(claim, cursor)
            kept += self._keep(answer, run, claim, cursor)
            if answer.next is None or self._reaches(watermark, answer):
                break
            cursor = answer.next
        self._runs.count(claim, counts_of(kept))
        return kept

    def watermark(self) -> int:
        """The moment (ms) up to which the catalog knows of all commits, less an overlap."""
        known = self._catalog.commits_until()
        newest = self.moment() if known is None else known
        return newest - self._overlap

    def moment(self) -> int:
        """
        A moment (ms), by the Hub's clock, of which a run that begins now sees all commits.

        What is committed while the run walks may escape it, so this is taken at its beginning.
        """
        now = self._catalog.now()
        # a date from the future, by a wrong clock, must not hide what happens until then
        return min(self._catalog.newest_commit() or now, now)

    def request(self, kind: Kind, run: Run) -> None:
        """Ask for another run, for which holds what was accepted for this one."""
        latest = self._runs.current()
        if latest is None or latest.number != run.number:
            raise RunFenced(f"run {run.number} is over")
        wanted = Request.new(kind)
        removals, upstream = latest.accept_removals, latest.accept_upstream
        self._runs.request(wanted._replace(accept_removals=removals, accept_upstream=upstream))

    def _fetch(self, claim: Claim, cursor: Cursor | None) -> ListingPage:
        ask, tell = partial(self._listing.by_change, cursor), partial(self._runs.trouble, claim)
        return self._fetcher.fetch(ask, tell=tell)

    def _keep(self, answer: ListingPage, run: Run, claim: Claim, cursor: Cursor | None) -> Kept:
        witnesses = partial(self._witnesses.others, run, claim, cursor)
        return self._storing.keep(answer.rows, run, claim, witnesses=witnesses)

    def _reaches(self, watermark: int, answer: ListingPage) -> bool:
        # what was never modified comes last; a page without a readable row says nothing
        return any(moment is None or moment < watermark for moment in _moments(answer))

    def _is_after(self, moment: int, answer: ListingPage) -> bool:
        return any(one is not None and one > moment for one in _moments(answer))


def _moments(answer: ListingPage) -> list[int | None]:
    return [one.last_modified for one in translate(answer.rows).datasets]
