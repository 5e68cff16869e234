"""The search index: as many datasets as the catalog, the same ones, with the same values."""

import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from collinear.domain.change import Serial
from collinear.domain.dataset import from_document
from collinear.search.index.survey import IndexSurvey, differing, expected, open_survey
from collinear.store.documents import parse
from collinear.store.ledger import ChangesTrimmed, Ledger
from collinear.store.survey import Survey
from collinear.verify.datasets import Sound
from collinear.verify.replay import Malformed, hub_id_of, key_of, read_entry
from collinear.verify.report import Tally

_CHUNK = 500
_SUSPECTS = 10_000
_LOOK = 0.1
_ATTEMPTS = 3


class IndexCheck:
    """
    Compares one commit of the index with the catalog, while both may go on.

    A dataset that changed after the commit tells nothing: it is looked at again in a later
    commit, and only what disagrees in spite of an unchanged catalog is reported.
    """

    def __init__(self, survey: Survey, ledger: Ledger, directory: Path, epoch: str) -> None:
        self._survey = survey
        self._ledger = ledger
        self._directory = directory
        self._epoch = epoch
        self._index: IndexSurvey | None = None
        self._touched: set[int] = set()
        self._suspects: set[int] = set()
        self.tally = Tally("index")

    def open(self) -> bool:
        """Take the commit of now; False where there is nothing to compare."""
        try:
            self._index = open_survey(self._directory)
        except (OSError, ValueError) as error:
            self.tally.found(str(self._directory), f"cannot be opened: {error}")
            return False
        if self._index is None:
            self.tally.note(f"not checked: there is none in {self._directory}")
            return False
        try:
            self._touched = self._changed_since(self._index)
        except ChangesTrimmed:
            self._index = None
        return True

    def look(self, sounds: Sequence[Sound]) -> None:
        """Compare some datasets as they are stored now."""
        if self._index is None:
            return
        self.tally.looked_at += len(sounds)
        for hub_id, _ in self._differing(self._index, sounds):
            key = key_of(hub_id)
            if key not in self._touched and len(self._suspects) < _SUSPECTS:
                self._suspects.add(key)

    def end(self, *, patience: float) -> None:
        """
        Look again at what disagreed and at what has changed meanwhile, in a fresh commit.

        An index that is behind is given so many seconds to catch up.
        """
        if not self._gather():
            self.tally.note("only counted: what changed since it was opened is not known any more")
        serial = None
        for _ in range(_ATTEMPTS):
            index = self._wait(patience)
            if index is None or index.serial.epoch != self._epoch:
                said = index.serial if index else "nothing"
                self.tally.found("index", f"is true for {said}, not for the epoch {self._epoch}")
                return
            try:
                self._compare(index)
                self._count(index)
                return
            except ChangesTrimmed:
                if index.serial == serial:  # it stands still, and cannot follow any more
                    self.tally.found("index", f"is true for {serial}, which the changes forgot")
                    return
                serial = index.serial
        self.tally.note("not compared to the end: the changes are trimmed while it is looked at")

    def _gather(self) -> bool:
        """Take down what is to be looked at again; False where that cannot be known."""
        try:
            if self._index is not None:
                self._suspects |= self._touched | self._changed_since(self._index)
        except ChangesTrimmed:
            return False
        return self._index is not None

    def _wait(self, patience: float) -> IndexSurvey | None:
        newest, _, _ = self._ledger.identities_now([])
        level = Serial(self._epoch, newest)
        deadline = time.monotonic() + patience
        while True:
            index = open_survey(self._directory)
            caught_up = (
                index is not None
                and index.serial.epoch == self._epoch
                and index.serial.order >= level.order
            )
            if caught_up or time.monotonic() > deadline:
                return index
            Event().wait(_LOOK)

    def _compare(self, index: IndexSurvey) -> None:
        hub_ids = [hub_id_of(key) for key in self._suspects - self._changed_since(index)]
        for start in range(0, len(hub_ids), _CHUNK):
            sounds, gone = self._read(hub_ids[start : start + _CHUNK])
            wrong = self._differing(index, sounds)
            wrong += [(hub_id, "is still found") for hub_id in gone if index.holds(hub_id)]
            changed = self._changed_since(index) if wrong else set()
            for hub_id, words in wrong:
                if key_of(hub_id) not in changed:
                    self.tally.found(hub_id, words)

    def _read(self, hub_ids: list[str]) -> tuple[list[Sound], list[str]]:
        """The datasets as they are now, and those that are gone."""
        _, _, identities = self._ledger.identities_now(hub_ids)
        here = [(h, text) for h, text in zip(hub_ids, identities, strict=True) if text is not None]
        gone = [h for h, text in zip(hub_ids, identities, strict=True) if text is None]
        _, rows = self._survey.named([text.partition(b" ")[2] for _, text in here])
        sounds = []
        for (_, text), row in zip(here, rows, strict=True):
            if row.identity != text or row.document is None:
                continue  # renamed since, or damaged: the check of the datasets tells
            try:
                dataset = from_document(parse(row.document))
            except (ValueError, TypeError, KeyError):
                continue
            sounds.append(Sound(int(text.partition(b" ")[0]), dataset))
        return sounds, gone

    def _differing(self, index: IndexSurvey, sounds: Sequence[Sound]) -> list[tuple[str, str]]:
        """The datasets that the index holds otherwise, and how."""
        if not sounds:
            return []
        found, documents = index.find([sound.ordinal for sound in sounds])
        wrong = []
        for sound in sounds:
            indexed = found.pop(sound.ordinal, None)
            if indexed is None:
                wrong.append((sound.dataset.hub_id, f"({sound.dataset.id}) is not in the index"))
                continue
            names = ", ".join(differing(indexed, expected(sound.dataset, sound.ordinal)))
            if names:
                words = f"({sound.dataset.id}) has other values in the index: {names}"
                wrong.append((sound.dataset.hub_id, words))
        if not wrong and documents != len(sounds):
            twice = [sound for sound in sounds if index.find([sound.ordinal])[1] > 1]
            wrong += [
                (sound.dataset.hub_id, f"({sound.dataset.id}) is found twice") for sound in twice
            ]
        return wrong

    def _count(self, index: IndexSurvey) -> None:
        """As many as the catalog holds; what changed after the commit may be in it or not."""
        newest, count, _ = self._ledger.identities_now([])
        pending: set[int] = set()
        for entries in self._ledger.changes(index.serial.position, until=newest):
            pending.update(hash(entry.fields.get(b"hub_id")) for entry in entries)
        if pending:
            self.tally.note(f"{len(pending):,} datasets changed after it: they are not in it yet")
        if abs(count - index.documents) > len(pending):
            self.tally.found(
                "index", f"holds {index.documents:,} datasets; the catalog holds {count:,}"
            )

    def _changed_since(self, index: IndexSurvey) -> set[int]:
        if index.serial.epoch != self._epoch:
            raise ChangesTrimmed(f"The index is of the epoch {index.serial.epoch}.")
        changed: set[int] = set()
        for entries in self._ledger.changes(index.serial.position):
            for entry in entries:
                try:
                    changed.add(key_of(read_entry(self._epoch, entry).hub_id))
                except Malformed:
                    continue
        return changed
