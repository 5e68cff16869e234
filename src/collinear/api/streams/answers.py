"""Changes as answers that go out piece by piece: events that have no end, and lines that have."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from collinear.api import problems
from collinear.api.streams.leaving import while_there
from collinear.api.streams.lines import lines
from collinear.api.streams.listening import Listening
from collinear.api.streams.streams import Streams
from collinear.domain.change import Serial
from collinear.domain.errors import CatalogError
from collinear.store.answering import nobody_waits
from collinear.store.changes import ChangesReader, Stretch

EVENTS = "text/event-stream"
LINES = "application/x-ndjson"

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Proxies keep nothing of it, nor hold it back to send more at a time."""
_SLICE = 64 * 1024
"""Bytes that are sent at a time: a caller who reads slowly makes us hold few of its own."""
_PAGE = 250
"""Changes that are read at a time."""


class EventStream(Response):
    """
    The changes after ``since``, or from now on, until the caller leaves or the server ends.

    Raises:
        PositionGone: Changes after ``since`` are missing; before anything was sent.
        StoreUnavailable: Redis does not answer; before anything was sent.
    """

    media_type = EVENTS

    def __init__(
        self, changes: ChangesReader, streams: Streams, since: Serial | None, *, documents: bool
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._changes = changes
        self._streams = streams
        self._since = since
        self._documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what there is, and what comes."""
        if self._since is not None:
            await self._changes.read(self._since, limit=1)
        tail = self._streams.tail(self._changes)
        async with tail.listen(documents=self._documents) as window:
            since = self._since or window.end
            if window.end.epoch:
                self.headers["X-Catalog-Serial"] = str(window.end)
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if not scope.get("head"):
                listening = Listening(
                    Request(scope),
                    self._changes,
                    self._streams,
                    window,
                    since,
                    documents=self._documents,
                )
                async with while_there(receive), aclosing(listening.told()) as told:
                    async for piece in told:
                        for at in range(0, len(piece), _SLICE):
                            await _send(send, piece[at : at + _SLICE])
            await _send(send, b"", more=False)


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


def as_lines(
    request: Request,
    changes: ChangesReader,
    first: Stretch,
    *,
    limit: int | None,
    documents: bool,
    headers: dict[str, str],
) -> Response:
    """
    A change a line, from ``first`` on to what is the newest now, or ``limit`` of them.

    However many there are, a page of them is in memory at a time.
    """
    # Nobody but the caller sees whether it ends in a problem: no cache may give it again
    headers = headers | _HEADERS
    if request.scope.get("head"):
        head = Response(headers=headers, media_type=LINES)
        del head.headers["content-length"]  # nobody knows it before the end
        return head
    return StreamingResponse(
        _pages(request, changes, first, limit, documents=documents),
        headers=headers,
        media_type=LINES,
    )


async def _pages(
    request: Request,
    changes: ChangesReader,
    stretch: Stretch,
    limit: int | None,
    *,
    documents: bool,
) -> AsyncIterator[bytes]:
    nobody_waits()  # for the whole of it
    end, count = stretch.newest, 0
    while stretch.changes:
        yield await to_thread.run_sync(_page, stretch)
        count += len(stretch.changes)
        at = stretch.changes[-1].serial
        if count == limit or end is None or at.order >= end.order:
            return
        try:
            stretch = await changes.read(at, limit=page_of(limit, count), documents=documents)
        except CatalogError as error:
            yield _broken_off(request, error)
            return


def page_of(limit: int | None, had: int = 0) -> int:
    """How many changes to read next."""
    return _PAGE if limit is None else min(limit - had, _PAGE)


def _page(stretch: Stretch) -> bytes:
    return b"".join(line + b"\n" for line in lines(stretch.changes, stretch.documents))


def _broken_off(request: Request, error: CatalogError) -> bytes:
    """The last line where it cannot go on: a problem, for the status is out already."""
    body = problems.to_response(request, error).body
    return bytes(body) + b"\n"
