"""A bounded memory of answers."""

import threading
from collections.abc import Hashable
from time import monotonic
from typing import NamedTuple

from cachetools import LRUCache


class _Kept(NamedTuple):
    answer: bytes
    until: float | None


class Shelf:
    """Keeps answers up to a number of bytes; what was not asked for longest goes first."""

    def __init__(self, most_bytes: int) -> None:
        self._kept: LRUCache[Hashable, _Kept] = LRUCache(
            maxsize=most_bytes, getsizeof=lambda kept: len(kept.answer) + 500
        )
        self._lock = threading.Lock()

    def get(self, question: Hashable) -> bytes | None:
        """The answer, while it is still good."""
        with self._lock:
            kept = self._kept.get(question)
        if kept is None or (kept.until is not None and kept.until < monotonic()):
            return None
        return kept.answer

    def put(self, question: Hashable, answer: bytes, *, seconds: float | None) -> None:
        """Keep an answer, for so many seconds or (None) as long as there is room."""
        kept = _Kept(answer, None if seconds is None else monotonic() + seconds)
        with self._lock:
            if self._kept.getsizeof(kept) <= self._kept.maxsize:
                self._kept[question] = kept
