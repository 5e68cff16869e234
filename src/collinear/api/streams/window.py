"""The newest changes, as bytes that are ready to go out to everybody who listens."""

from bisect import bisect_right
from collections import deque
from itertools import accumulate
from typing import NamedTuple

import anyio

from collinear.domain.change import Serial
from collinear.domain.errors import PositionGone


class Bounds(NamedTuple):
    """What a window holds at the most; the newest batch is always there."""

    changes: int
    size: int
    """Bytes."""


class Piece(NamedTuple):
    """Bytes that are due to a listener, and where it stands once it has them."""

    body: bytes
    end: Serial


class _Batch(NamedTuple):
    """Changes that came together, made into bytes once."""

    before: tuple[int, int]
    """The order of the change before the first."""
    orders: list[tuple[int, int]]
    ends: list[int]
    """Where each change ends in the body."""
    body: bytes
    end: Serial


class Window:
    """
    Every change after ``start`` up to ``end``, for listeners that each read at their own pace.

    What a slow listener has not read yet is here, once for all of them, and not in a queue of
    its own: so ten thousand of them cannot make the process hold more than one.  Who falls
    behind ``start`` has lost its place.
    """

    def __init__(self, end: Serial, bounds: Bounds) -> None:
        self.start = end
        self.end = end
        self.listeners = 0
        self.trouble: str | None = None
        """Why nothing can come at the moment, in words."""
        self.gone: PositionGone | None = None
        """Why nothing will ever come any more."""
        self._bounds = bounds
        self._batches: deque[_Batch] = deque()
        self._changes = 0
        self._size = 0
        self._news = anyio.Event()

    def add(self, serials: list[Serial], events: list[bytes]) -> None:
        """Append the changes that follow ``end``, and tell everybody."""
        orders, body = [serial.order for serial in serials], b"".join(events)
        ends = list(accumulate(map(len, events)))
        self._batches.append(_Batch(self.end.order, orders, ends, body, serials[-1]))
        self.end = serials[-1]
        self._changes += len(serials)
        self._size += len(body)
        while len(self._batches) > 1 and (
            self._changes > self._bounds.changes or self._size > self._bounds.size
        ):
            oldest = self._batches.popleft()
            self.start = oldest.end
            self._changes -= len(oldest.orders)
            self._size -= len(oldest.body)
        self.tell()

    def after(self, position: Serial) -> Piece | None:
        """The next changes behind a position that is not before ``start``; None at the end."""
        order = position.order
        place = bisect_right(self._batches, order, key=lambda batch: batch.before) - 1
        if place < 0 or order >= self.end.order:
            return None
        batch = self._batches[place]
        had = bisect_right(batch.orders, order)
        return Piece(batch.body[batch.ends[had - 1] :] if had else batch.body, batch.end)

    def is_beyond(self, position: Serial) -> bool:
        """Whether there is something behind it, or it is of another epoch."""
        return position.epoch != self.end.epoch or position.order < self.end.order

    def tell(self) -> None:
        """Wake everybody who waits."""
        news, self._news = self._news, anyio.Event()
        news.set()

    async def wait(self) -> None:
        """Come back when there is something new: changes, trouble, or its end."""
        await self._news.wait()
