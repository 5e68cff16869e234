"""Follows the newest changes, once for all who listen to this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context

import anyio
from anyio.abc import TaskGroup

from collinear.api.streams.lines import events
from collinear.api.streams.window import Bounds, Window
from collinear.domain.change import Serial
from collinear.domain.errors import PositionGone, StoreUnavailable
from collinear.store.answering import nobody_waits
from collinear.store.changes import ChangesReader, Stretch
from collinear.telemetry import get_logger

log = get_logger(__name__)

_WAIT = 1.0
"""Seconds for one wait at Redis; so often it is seen that the epoch has changed."""
_AT_ONCE = 250
"""Changes that are read together: to make them into bytes takes a millisecond."""
_PAUSE = 0.5
"""Seconds until a Redis in trouble is asked again."""


class Tail:
    """
    One reader at the end of the stream, for any number of listeners.

    It begins with the first of them and ends with the last.  Whatever happens to Redis, its
    place stays: what comes later follows without a gap, or every listener is told that there
    is one.
    """

    def __init__(self, changes: ChangesReader, tasks: TaskGroup, bounds: Bounds) -> None:
        """``tasks`` is where it runs."""
        self._changes = changes
        self._tasks = tasks
        self._bounds = bounds
        self._windows: dict[bool, Window] = {}
        """By whether the documents are in it; each is there while somebody listens to it."""
        self._end = Serial("", "0-0")
        self._running = False

    @asynccontextmanager
    async def listen(self, *, documents: bool) -> AsyncIterator[Window]:
        """
        The window of what comes from now on.

        Raises:
            StoreUnavailable: Nobody can know where "now" is.
        """
        window = await self._join(documents=documents)
        window.listeners += 1
        try:
            yield window
        finally:
            window.listeners -= 1
            if not window.listeners and self._windows.get(documents) is window:
                del self._windows[documents]

    async def _join(self, *, documents: bool) -> Window:
        if self._windows:
            for window in self._windows.values():
                if window.trouble:
                    raise StoreUnavailable(window.trouble)
        else:
            end = await self._changes.newest()
            if not self._windows:  # still nobody else
                self._end = end
        if documents not in self._windows:
            self._windows[documents] = Window(self._end, self._bounds)
        if not self._running:
            self._running = True
            # It serves everybody: nothing of whose request began it goes with it
            Context().run(self._tasks.start_soon, self._follow)
        return self._windows[documents]

    async def _follow(self) -> None:
        nobody_waits()
        try:
            while self._windows:
                try:
                    await self._step()
                except StoreUnavailable as error:
                    self._say(str(error))
                    await anyio.sleep(_PAUSE)
                except Exception:
                    log.exception("change_stream_failed")
                    self._say("Something broke on our side; it was logged, and is tried again.")
                    await anyio.sleep(_PAUSE)
        finally:
            self._running = False

    async def _step(self) -> None:
        """Bring what is new to the windows, or wait for it."""
        end, windows = self._end, dict(self._windows)
        stretch: Stretch | PositionGone
        try:
            stretch = await self._changes.read(end, limit=_AT_ONCE, documents=True in windows)
        except PositionGone as error:
            stretch = error
        if (end, windows) != (self._end, self._windows):
            return  # somebody came meanwhile to whom this would be no use
        if isinstance(stretch, PositionGone):
            self._end_all(stretch)
            return
        self._say(None)
        if stretch.next is not None:
            self._end = stretch.next
        if stretch.changes:
            self._publish(stretch)
        else:
            for window in windows.values():
                window.end = self._end  # the first epoch of all has begun
            await self._changes.wait(self._end, _WAIT)

    def tell(self) -> None:
        """Wake everybody who listens."""
        for window in self._windows.values():
            window.tell()

    def _publish(self, stretch: Stretch) -> None:
        serials = [change.serial for change in stretch.changes]
        for documents, window in self._windows.items():
            window.add(serials, events(stretch.changes, stretch.documents if documents else None))

    def _say(self, trouble: str | None) -> None:
        for window in self._windows.values():
            if window.trouble != trouble:
                window.trouble = trouble
                window.tell()

    def _end_all(self, error: PositionGone) -> None:
        log.warning("change_stream_ended", error=str(error))
        for window in self._windows.values():
            window.gone = error
        self.tell()
        self._windows.clear()
