"""Rows of the Hub, on their way into the store."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from collinear import __version__
from collinear.domain.errors import UpstreamSuspicious
from collinear.hub.wire import (
    Rejected,
    fingerprint,
    identify,
    is_private,
    print_row,
    translate,
)
from collinear.store.catalog import Catalog
from collinear.store.claim import Claim
from collinear.store.compare import Compared
from collinear.store.letters import DeadLetters, Letter
from collinear.store.run_records import Kind, Run
from collinear.store.runs import Runs
from collinear.store.writer import CALM_CHUNK, CHUNK, CatalogWriter, Stored
from collinear.sync.doubts import Evidence, glance, weigh
from collinear.sync.limits import SyncLimits
from collinear.telemetry import get_logger

log = get_logger(__name__)

Witnesses = Callable[[], Iterator[Sequence[Any]]]
"""Rows from elsewhere in the listing, asked for only where there is doubt."""


class _Sorted(NamedTuple):
    """Rows: those whose document came from the very same row, and the others."""

    unchanged: Mapping[str, int]
    compared: list[Compared]
    rejected: list[Rejected]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the rows of one answer."""

    stored: Stored
    rejected: int
    """Rows that could not be read, or whose id another dataset has."""

    def __add__(self, other: "Kept") -> "Kept":
        stored = Stored()
        stored.add(self.stored)
        stored.add(other.stored)
        return Kept(stored, self.rejected + other.rejected)


class Storing:
    """Checks, compares and stores the rows of one answer, and sets aside what it cannot."""

    def __init__(
        self,
        *,
        writer: CatalogWriter,
        runs: Runs,
        catalog: Catalog,
        letters: DeadLetters,
        limits: SyncLimits,
        page_size: int,
    ) -> None:
        self._writer = writer
        self._runs = runs
        self._catalog = catalog
        self._letters = letters
        self._limits = limits
        # a page of fewer rows is judged together with others
        self._rows = min(limits.quarantine_rows, page_size)

    def keep(self, rows: Sequence[Any], run: Run, claim: Claim, *, witnesses: Witnesses) -> Kept:
        """
        Store rows; what was refused or could not be read is set aside, and no departure.

        Of a complete run, those whose id is taken by a dataset that it has not seen yet wait in
        its books; of a delta, which sees no more, they are ``deferred`` in what is returned.

        Raises:
            UpstreamSuspicious: The rows look wrong as a whole; nothing was written.
            RunFenced: The page was taken over, or the run is over.
        """
        sorted_ = self._sort(rows, quick=run.kind is not Kind.FULL)
        self._judge(sorted_, run, witnesses)
        # Unseen, disabled datasets leave with the sweep
        public = [one for one in sorted_.compared if not one.dataset.disabled]
        warmed = self._catalog.warmed()
        stored = self._writer.write(
            public, claim, evict=False, chunk=CALM_CHUNK if warmed else CHUNK
        )
        self._writer.touch(sorted_.unchanged.values(), claim)
        stored.unchanged += len(sorted_.unchanged)
        if run.kind.complete:
            waiting = {one.dataset.hub_id: one.document for one in stored.deferred}
            settled = {*sorted_.unchanged, *(one.dataset.hub_id for one in sorted_.compared)}
            self._runs.defer(claim, waiting, settled.difference(waiting))
        self._letters.settle(one.dataset.hub_id for one in public if not one.unchanged)
        rejected = self.refuse(sorted_.rejected, stored, run, claim)
        return Kept(stored, rejected)

    def refuse(self, rejected: Sequence[Rejected], stored: Stored, run: Run, claim: Claim) -> int:
        """Set aside what cannot be stored; that does not mean that its dataset has left."""
        letters = [
            *(Letter(*row) for row in rejected),
            *(
                Letter(
                    hub_id,
                    id_,
                    "another dataset has this id",
                    print_row({"_id": hub_id, "id": id_}),
                )
                for hub_id, id_ in stored.refused
            ),
        ]
        if letters:
            self._writer.mark(
                [letter.hub_id for letter in letters if letter.hub_id],
                [letter.id for letter in letters if letter.id],
                claim,
            )
            self._letters.set_aside(letters, run.run_id)
        return len(letters)

    def _sort(self, rows: Sequence[Any], *, quick: bool) -> _Sorted:
        # documents that another version made, or by other thresholds, are compared
        made_by = f"{__version__} {self._catalog.thresholds.in_force()}"
        seed = blake2b(made_by.encode(), digest_size=32).digest()
        # Private rows go no further, not even to the letters: unseen, their datasets leave
        named = [(*identify(row), row) for row in rows if not is_private(row)]
        printed = {
            hub_id: (id_, digest)
            for hub_id, id_, row in named
            if hub_id and id_ and (digest := fingerprint(row, seed))
        }
        # A full run compares every document, so that it mends what anybody has damaged
        unchanged = self._writer.find_unchanged(printed) if quick else {}
        translated = translate([row for hub_id, _, row in named if hub_id not in unchanged])
        prints = {hub_id: digest for hub_id, (_, digest) in printed.items()}
        compared = self._writer.compare(translated.datasets, prints)
        return _Sorted(unchanged, compared, translated.rejected)

    # Suspicion

    def _judge(self, sorted_: _Sorted, run: Run, witnesses: Witnesses) -> None:
        if run.accept_upstream:
            return
        # While the quarantine lasts, no answer is believed on its own
        wary = not run.kind.complete and self._catalog.quarantined()
        if not wary and glance(sorted_.compared, len(sorted_.rejected)).most < self._rows:
            return
        evidence = self._weigh(sorted_)
        share, rows = self._limits.quarantine_share, self._limits.quarantine_rows
        if not wary and evidence.doubt(share=share, rows=self._rows) is None:
            return
        for more in witnesses():
            evidence.add(self._weigh(self._sort(more, quick=False)))
        doubt = evidence.doubt(share=share, rows=rows)
        if doubt is not None and not self._accepted_meanwhile(run):
            raise UpstreamSuspicious(quarantine_text(doubt))
        log.info("odd_page_believed", run=run.run_id)

    def _accepted_meanwhile(self, run: Run) -> bool:
        latest = self._runs.current()
        return latest is not None and latest.number == run.number and latest.accept_upstream

    def _weigh(self, sorted_: _Sorted) -> Evidence:
        known = self._writer.known(list(sorted_.unchanged))
        unchanged = [one.document for one in known if one and one.document]
        return weigh(sorted_.compared, len(sorted_.rejected), unchanged)


def quarantine_text(doubt: str) -> str:
    """The sentence for the status."""
    return (
        f"The Hub's answers look wrong: {doubt}. Nothing of it was stored, and it is tried again "
        "by itself; if it is true all the same: 'collinear refresh --accept-upstream'."
    )
