"""Keeps a vocabulary nearly as new as the index, without anybody waiting for it."""

import threading
import time
from typing import NamedTuple

from collinear.search.reader import Commit
from collinear.search.suggestions.vocabulary import Vocabulary

_QUICK = 0.1
"""Seconds of work that somebody who types may wait for."""
_SHARE = 50
"""It is read again when so many times as long has passed as it took."""
_PAUSE = 0.001


class VocabularyReader:
    """
    Reads the vocabulary.  May be used by several threads.

    The first time takes seconds for a million datasets: ``prepare`` before anybody asks.
    Later on a small catalog is read again at once, and a large one beside the questions, for
    at most a fiftieth of the time.
    """

    def __init__(self, *, quick: float = _QUICK, share: int = _SHARE) -> None:
        self._quick = quick
        self._share = share
        self._reading = threading.Lock()
        self._known: _Known | None = None

    def prepare(self, commit: Commit) -> None:
        """Read it for the first time, while others go on with what they do."""
        with self._reading:
            if self._known is None:
                self._known = _Known.read(commit, paced=True)

    def newest(self, commit: Commit) -> Vocabulary:
        """A vocabulary of this commit, or for a large catalog of one some minutes older."""
        known = self._known
        if known is None or (known.took < self._quick and not known.is_of(commit)):
            with self._reading:
                known = self._known
                if known is None or not known.is_of(commit):
                    self._known = known = _Known.read(commit)
        elif self._is_worth_it(known, commit) and self._reading.acquire(blocking=False):
            threading.Thread(target=self._read_beside, args=(commit,), name="vocabulary").start()
        return known.vocabulary

    def _is_worth_it(self, known: "_Known", commit: Commit) -> bool:
        age = time.monotonic() - known.read_at
        return age > self._share * known.took and not known.is_of(commit)

    def _read_beside(self, commit: Commit) -> None:
        try:
            self._known = _Known.read(commit, paced=True)
        finally:
            self._reading.release()


class _Known(NamedTuple):
    vocabulary: Vocabulary
    of: str
    took: float
    read_at: float

    @classmethod
    def read(cls, commit: Commit, *, paced: bool = False) -> "_Known":
        began, turn = time.thread_time(), threading.Event()
        vocabulary = Vocabulary.of(commit.searcher, lambda: paced and turn.wait(_PAUSE))
        return cls(vocabulary, commit.name, time.thread_time() - began, time.monotonic())

    def is_of(self, commit: Commit) -> bool:
        return self.of == commit.name
