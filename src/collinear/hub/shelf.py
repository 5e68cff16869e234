"""A bounded memory of answers."""

import sys
import threading
from collections.abc import Hashable, Iterable
from dataclasses import astuple, is_dataclass, replace
from time import monotonic
from typing import Any, NamedTuple

from cachetools import LRUCache

from collinear.hub.questions import MAIN, Answer, Known, Question

_ENTRY = 900
"""Bytes that an entry takes besides what it holds: tables, links, tuples, numbers."""


class _Kept(NamedTuple):
    answer: Answer
    asked: str | None
    """The commit of the question."""
    commit: str | None
    """The commit of the answer."""
    since: float
    until: float
    bytes: int


class Shelf:
    """
    Keeps the newest answer to each question; what was not asked for longest goes first.

    An answer for another commit of the same revision, or one whose time is over, stays until it
    is replaced: it is the last one known, should the Hub not answer.
    """

    def __init__(self, most_bytes: int) -> None:
        """``most_bytes`` counts all that is held, questions and tables too."""
        self._kept: LRUCache[Hashable, _Kept] = LRUCache(
            maxsize=most_bytes, getsizeof=lambda kept: kept.bytes
        )
        self._lock = threading.Lock()

    def get(self, question: Question) -> Known | None:
        """The answer, while it is still good."""
        at = question.at
        kept = self._find(question)
        if kept is None and at.is_commit:
            # perhaps it is known as what main stands at
            kept = self._find(replace(question, at=at._replace(revision=MAIN)))
        if kept is None or kept.asked != at.commit or kept.until < monotonic():
            return None
        return Known(kept.answer, kept.commit, monotonic() - kept.since)

    def last(self, question: Question) -> Known | None:
        """The last answer, whether it is still good or not."""
        kept = self._find(question)
        if kept is None:
            return None
        return Known(kept.answer, kept.commit, monotonic() - kept.since, stale=True)

    def put(
        self, question: Question, answer: Answer, *, commit: str | None, seconds: float
    ) -> Known:
        """Keep an answer that is good for so many seconds, as long as there is room."""
        key, now = question.anywhere(), monotonic()
        # Printing leaves the buffer that it grew, up to three times as large: a copy has its size
        answer = answer._replace(body=bytes(memoryview(answer.body)))
        size = _ENTRY + _bytes_of([key, answer, question.at.commit, commit])
        kept = _Kept(answer, question.at.commit, commit, now, now + seconds, size)
        with self._lock:
            if size <= self._kept.maxsize:
                self._kept[key] = kept
        return Known(answer, commit, 0.0)

    def _find(self, question: Question) -> _Kept | None:
        with self._lock:
            return self._kept.get(question.anywhere())


def _bytes_of(things: Iterable[Any]) -> int:
    size = 0
    for thing in things:
        if isinstance(thing, tuple) or is_dataclass(thing):
            size += _bytes_of(thing if isinstance(thing, tuple) else astuple(thing))  # type: ignore[arg-type]
        size += sys.getsizeof(thing)
    return size
