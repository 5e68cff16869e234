"""A sample of the catalog, asked for at the Hub."""

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any, TypeVar

from collinear.domain.dataset import Dataset, from_document
from collinear.domain.errors import CursorRejected, HubRateLimited, HubTimeout, HubUnavailable
from collinear.hub.listing import Cursor, HubListing
from collinear.hub.wire import translate
from collinear.store.budget import Budget
from collinear.store.documents import parse
from collinear.store.ledger import Ledger
from collinear.store.survey import ROWS, Row, Survey
from collinear.verify.drift import Drift, Kind, compare
from collinear.verify.report import Tell

T = TypeVar("T")

_ATTEMPTS = 3
_LONGEST_PAUSE = 30.0
_GONE = 2**32 - 1


class Turns:
    """Lets a request go when the budget of all synchronisation has one left."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def wait(self) -> None:
        """Come back when one request may be sent; it is taken from the budget."""
        while (seconds := self._budget.take()) > 0:
            Event().wait(min(seconds, _LONGEST_PAUSE))

    def ask(self, question: Callable[[], T]) -> T:
        """
        The answer, asked for again after a failure, a few times.

        Raises:
            HubError: The Hub is away, or refuses.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return question()
            except HubRateLimited as error:
                pause = min(error.retry_after or 2.0**attempt, _LONGEST_PAUSE)
                self._budget.block(error.retry_after or pause)
                if attempt == _ATTEMPTS:
                    raise
            except (HubUnavailable, HubTimeout):
                pause = 2.0 ** (attempt - 1)
                if attempt == _ATTEMPTS:
                    raise
            Event().wait(pause)
        raise AssertionError("unreachable")


@dataclass(slots=True)
class UpstreamReport:
    """What a sample showed."""

    seed: int
    asked: int = 0
    same: int = 0
    listed: int = 0
    """Datasets on one page of the Hub's listing that were looked for in the catalog."""
    drifts: list[Drift] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> Counter[Kind]:
        """How many drifts there are of each kind."""
        return Counter(drift.kind for drift in self.drifts)

    @property
    def unexpected(self) -> int:
        """How many drifts the passing of time does not explain."""
        return sum(not drift.kind.expected for drift in self.drifts)


class Upstream:
    """Asks the Hub about some datasets, a request each, and about one page of its listing."""

    def __init__(self, survey: Survey, ledger: Ledger, listing: HubListing, turns: Turns) -> None:
        self._survey = survey
        self._ledger = ledger
        self._listing = listing
        self._turns = turns

    def sample(
        self, count: int, *, seed: int, tell: Tell = lambda name, done, total: None
    ) -> UpstreamReport:
        """
        Compare ``count`` datasets with the Hub's; the same seed picks the same of a catalog.

        Raises:
            HubError: The Hub is away, or refuses.
            StoreUnavailable: Redis does not answer.
        """
        report = UpstreamReport(seed)
        chance = random.Random(seed)
        total = self._survey.counts()["ids"]
        ids = self._survey.pick(chance.sample(range(total), min(count, total)))
        for id_ in ids:
            self._compare(id_, report)
            tell("upstream", report.asked, len(ids))
        if count:
            self._look_for_missing(chance, report)
        return report

    def _compare(self, id_: bytes, report: UpstreamReport) -> None:
        before = self._read(id_)
        if before is None:
            return  # it has left in between
        row = self._turns.ask(lambda: self._listing.look_up(id_.decode()))
        report.asked += 1
        drift = _drift(row, *before)
        if drift is not None:
            after = self._read(id_)  # perhaps a run has brought it in meanwhile
            if after is None:
                return
            drift = _drift(row, *after)
        if drift is None:
            report.same += 1
        else:
            report.drifts.append(drift)

    def _read(self, id_: bytes) -> tuple[Dataset, int | None] | None:
        """A dataset as we have it, and the second at which it was last seen."""
        _, [row] = self._survey.named([id_])
        dataset = _dataset(row)
        if dataset is None:
            return None
        mark = int.from_bytes(row.mark, "big")
        return dataset, None if mark in (0, _GONE) else mark

    def _look_for_missing(self, chance: random.Random, report: UpstreamReport) -> None:
        """Whether we have all that is on one page of the listing, taken at random."""
        pages = self._ledger.page_map()
        try:
            cursor = json.loads(chance.choice(pages))[0] if pages else None
            page = self._turns.ask(
                lambda: self._listing.by_creation(None if cursor is None else Cursor(cursor))
            )
        except CursorRejected:
            report.notes.append("the Hub does not know the cursors of the page map any more")
            return
        listed = [one for one in translate(page.rows).datasets if not (one.private or one.disabled)]
        report.listed = len(listed)
        missing = self._missing(listed)
        if missing:
            aside = self._set_aside()
            report.drifts += [
                Drift(one.id, one.hub_id, Kind.MISSING, {}, None)
                for one in missing
                if one.hub_id not in aside
            ]

    def _missing(self, datasets: Sequence[Dataset]) -> list[Dataset]:
        missing = []
        for start in range(0, len(datasets), ROWS):
            some = datasets[start : start + ROWS]
            _, _, known = self._ledger.identities_now([one.hub_id for one in some])
            missing += [one for one, text in zip(some, known, strict=True) if text is None]
        return missing

    def _set_aside(self) -> set[str]:
        letters = []
        for text in self._ledger.dead_letters():
            try:
                letters.append(json.loads(text))
            except ValueError:
                continue
        return {letter["hub_id"] for letter in letters if letter.get("hub_id")}


def _dataset(row: Row) -> Dataset | None:
    try:
        return from_document(parse(row.document or b""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _drift(row: Any | None, ours: Dataset, last_seen: int | None) -> Drift | None:
    if row is None:
        return Drift(ours.id, ours.hub_id, Kind.GONE, {}, last_seen)
    translated = translate([row])
    if translated.rejected:
        reason = translated.rejected[0].reason
        return Drift(ours.id, ours.hub_id, Kind.UNREADABLE, {"row": (None, reason)}, last_seen)
    return compare(ours, translated.datasets[0], last_seen)
