"""One listener: what it missed, then what comes, and a last word if that has to end."""

from collections.abc import AsyncGenerator
from random import randint

import anyio
from anyio import to_thread
from fastapi import Request

from collinear.api import problems
from collinear.api.streams.lines import events, notice
from collinear.api.streams.streams import Streams
from collinear.api.streams.window import Piece, Window
from collinear.domain.change import Serial
from collinear.domain.errors import PositionGone, StoreUnavailable
from collinear.store.answering import nobody_waits
from collinear.store.changes import ChangesReader
from collinear.store.documents import to_bytes

HEARTBEAT = b": still here\n\n"

_PAGE = 250
"""Changes that are read together where a listener missed some."""
_PAUSE = 0.5
"""Seconds until they are asked for again, where Redis is in trouble."""
_RETRY = (1000, 5000)
"""Milliseconds after which clients come back: not all at once when the server has ended."""

_OVERRUN = (
    "More changes came than you read, and more than are kept for you. Nothing is lost: come back "
    "with this serial as Last-Event-ID or `since`, and read faster."
)
_STOP = "This server ends. Come back with this serial as Last-Event-ID or `since`."


class Listening:
    """What one listener is told, from its place on."""

    def __init__(
        self,
        request: Request,
        changes: ChangesReader,
        streams: Streams,
        window: Window,
        since: Serial,
        *,
        documents: bool,
    ) -> None:
        self._request = request
        self._changes = changes
        self._streams = streams
        self._window = window
        self._place = since
        self._documents = documents
        self._is_level = False
        """Whether it has been at the end: from then on it gets all from the window."""

    async def told(self) -> AsyncGenerator[bytes]:
        """Whole events and comments, until there is a reason to end; the last one says which."""
        place = str(self._place) if self._place.epoch else ""
        yield b"retry: %d\n" % randint(*_RETRY) + notice(
            "start", to_bytes({"serial": place or None}), id=place
        )
        nobody_waits()
        window, trouble, said = self._window, None, anyio.current_time()
        while not self._streams.stopping:
            try:
                piece = await self._next()
            except PositionGone as gone:
                yield notice("gone", bytes(problems.to_response(self._request, gone).body))
                return
            if is_news := window.trouble != trouble:
                trouble = window.trouble
                name = "trouble" if trouble else "recovered"
                yield notice(name, to_bytes({"detail": trouble}))
            if piece is not None:
                self._place = piece.end
                yield piece.body
            elif self._is_behind and self._is_level:
                yield self._last("overrun", _OVERRUN)
                return
            elif not is_news:  # else look again: telling it took time
                await self._wait(said + self._streams.heartbeat)
                if anyio.current_time() < said + self._streams.heartbeat:
                    continue
                yield HEARTBEAT
            said = anyio.current_time()
        yield self._last("stop", _STOP)

    async def _next(self) -> Piece | None:
        """What is next, from the window or, where that begins later, from the store."""
        window = self._window
        if window.gone:
            raise window.gone
        if self._place.epoch not in ("", window.end.epoch):
            raise PositionGone(str(self._place), other_epoch=True)
        if not self._is_behind:
            piece = window.after(self._place)
            self._is_level = self._is_level or piece is None
            return piece
        if self._is_level:
            return None
        try:
            stretch = await self._changes.read(self._place, limit=_PAGE, documents=self._documents)
        except StoreUnavailable:
            return None
        if not stretch.changes:
            return None
        body = b"".join(await to_thread.run_sync(events, stretch.changes, stretch.documents))
        return Piece(body, stretch.changes[-1].serial)

    def _last(self, name: str, detail: str) -> bytes:
        serial = str(self._place) if self._place.epoch else None
        return notice(name, to_bytes({"serial": serial, "detail": detail}))

    @property
    def _is_behind(self) -> bool:
        return self._place.order < self._window.start.order

    async def _wait(self, until: float) -> None:
        """Until there is news, but not for longer."""
        if self._is_behind:
            until = min(until, anyio.current_time() + _PAUSE)
        with anyio.CancelScope(deadline=until):
            await self._window.wait()
