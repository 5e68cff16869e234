"""Everything that is stored of the catalog, compared with everything else that is."""

import time
from collections.abc import Sequence
from pathlib import Path

from collinear.domain.impact import ImpactPolicy
from collinear.store.feed import CatalogFeed
from collinear.store.ledger import Books, Ledger
from collinear.store.survey import Survey
from collinear.store.thresholds import parse_policy
from collinear.verify import history, structures
from collinear.verify.datasets import DatasetChecks
from collinear.verify.index import IndexCheck
from collinear.verify.report import Report, Tally, Tell

_ATTEMPTS = 3
_GOING_ON = {"running", "finishing"}


class Verification:
    """
    Compares the structures of a store, and the index beside it; it never writes.

    The system may go on: what is compared was read at one moment, or is looked at again in the
    light of the changes that came since.
    """

    def __init__(
        self,
        survey: Survey,
        ledger: Ledger,
        feed: CatalogFeed,
        *,
        policy: ImpactPolicy,
        index_dir: Path | None,
        patience: float = 5.0,
    ) -> None:
        self._survey = survey
        self._ledger = ledger
        self._feed = feed
        self._policy = policy
        self._index_dir = index_dir
        self._patience = patience

    def run(self, tell: Tell = lambda name, done, total: None) -> Report:
        """
        Look at everything once.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        began = time.monotonic()
        for last_try in range(_ATTEMPTS):
            before = self._ledger.books()
            epoch = before.meta.get("epoch", "")
            checks = self._checks(before, epoch, tell)
            after = self._ledger.books()
            # Serials of two epochs say nothing about each other: all of it again
            if after.meta.get("epoch", "") == epoch or last_try == _ATTEMPTS - 1:
                break
        return Report(
            checks=checks,
            notes=_state(after),
            datasets=self._survey.counts()["ids"],
            serial=after.meta.get("serial", ""),
            seconds=round(time.monotonic() - began, 3),
        )

    def _checks(self, books: Books, epoch: str, tell: Tell) -> list[Tally]:
        survey, ledger = self._survey, self._ledger
        counts = structures.check_counts(survey)
        policies = self._policies(books)
        datasets = DatasetChecks(survey, policies)
        index = self._open_index(epoch)
        total = survey.counts()["ids"]
        for sounds in datasets.walk(total, tell):
            if isinstance(index, IndexCheck):
                index.look(sounds)
        if self._policies(ledger.books()) != policies:
            datasets.grades = Tally("impact", notes=["not looked at: the thresholds change"])
        if counts.problems or datasets.identities.problems:
            structures.check_identities(survey, ledger, datasets.identities)
        structures.check_names(survey, datasets.names)
        checks = [
            counts,
            *datasets.tallies,
            structures.check_page_map(ledger, ascending=datasets.ascending),
            *history.check_changes(ledger, epoch, tell),
            history.check_snapshot(ledger, self._feed, books, epoch, tell),
            structures.check_books(ledger.books(), ledger.dead_letters()),
        ]
        if isinstance(index, IndexCheck):
            index.end(patience=self._patience)
            return [*checks, index.tally]
        return [*checks, index]

    def _open_index(self, epoch: str) -> IndexCheck | Tally:
        """What compares the index, or what is to be said where there is nothing to compare."""
        if self._index_dir is None or not epoch:
            return Tally("index", notes=["not checked"])
        check = IndexCheck(self._survey, self._ledger, self._index_dir, epoch)
        return check if check.open() else check.tally

    def _policies(self, books: Books) -> Sequence[ImpactPolicy]:
        """The thresholds that a document may be graded by; none while all are graded anew."""
        if books.run.get("kind") == "regrade" and books.run.get("state") in _GOING_ON:
            return []
        # All workers grade by the thresholds of the store
        return [_policy(books.meta.get("thresholds")) or self._policy]


def _policy(text: str | None) -> ImpactPolicy | None:
    """The thresholds as meta keeps them; None where there are none that can be read."""
    try:
        return parse_policy(text) if text else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _state(books: Books) -> list[str]:
    """What goes on, and what an operator has to decide: no disagreement, and worth knowing."""
    meta, run = books.meta, books.run
    notes = []
    if not meta:
        notes.append("nothing is stored yet")
    if run.get("state") in _GOING_ON:
        who = "" if books.leased else ", and no worker works on it"
        notes.append(f"a {run.get('kind')} run goes on: {run.get('pages_done')} pages done{who}")
    for name, words in (
        ("held_removals", "removals are held"),
        ("quarantine", "a run is quarantined"),
        ("last_error", "the last trouble"),
    ):
        if meta.get(name):
            notes.append(f"{words}: {meta[name]}")
    return notes
