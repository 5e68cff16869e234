"""HTTP as it comes over the wire, within bounds."""

import resource
from asyncio import TimerHandle, Transport
from typing import Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collinear.api import kinds, problems
from collinear.api.guard.headers import NOTHING, SECURITY
from collinear.settings.guarding import GuardSettings
from collinear.store.documents import to_bytes

_OWN_FILES = 160
"""Files that the process needs for itself: Redis, the Hub, the index, logs."""
_READ = 256 * 1024
"""Bytes that one read from a connection may hold: requests that went before, among others."""
_PARSED = 65_535
"""Bytes of an address that the parser takes apart."""
_PIPELINED = 32
"""Requests that may wait on one connection for the answer to the one before."""

_LAST_STALL = 2.0
"""Seconds that a client may leave unread what it was sent, once the server is about to end."""


class Bounds(NamedTuple):
    """What a connection may do before anything knows what it is about."""

    connections: int
    head_bytes: int
    headers: int
    arrival: float
    stall: float

    @classmethod
    def of(cls, settings: GuardSettings) -> "Bounds":
        """The bounds that the settings give: the exact ones are kept to further in."""
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = settings.max_connections
        return cls(
            # who is one too many is told so: without a file to spare nobody could even be let in
            connections=most if files < 0 else max(min(most, files - _OWN_FILES), 1),
            head_bytes=settings.max_url_bytes + settings.max_header_bytes + _READ,
            headers=4 * settings.max_headers,
            arrival=settings.arrival_seconds,
            stall=settings.stall_seconds,
        )


class ProblemProtocol(HttpToolsProtocol):
    """
    Says what is wrong with bytes that are no HTTP, too many or too slow, as all problems are said.

    The parser keeps an unfinished head for as long as the connection lives, whatever its size: so
    bytes are counted here, and time is looked at every now and then rather than with every request.
    """

    def __init__(self, *args: Any, bounds: Bounds, **options: Any) -> None:
        super().__init__(*args, **options)
        self._bounds = bounds
        self._look_every = min(1.0, bounds.arrival / 4, bounds.stall / 4)
        self._watch: TimerHandle | None = None
        self._awaited: float | None = None
        """Since when the rest of a request is awaited."""
        self._unread: float | None = None
        """Since when the client has left unread what was sent."""
        self._in_head = True
        self._head = 0
        """Bytes of a head that is not complete."""
        self._refused: tuple[kinds.Kind, str] | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._bounds.connections:
            most = f"{self._bounds.connections} connections are open, and no more fit."
            self._refuse(kinds.OVERLOADED, most)
        self._awaited = self.loop.time()
        self._watch = self.loop.call_later(self._look_every, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is watched any more."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as it is not too much."""
        if self.transport.is_closing():
            return  # what was refused is not read any further
        if self._awaited is None:
            self._awaited = self.loop.time()
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > self._bounds.head_bytes and not self.transport.is_closing():
                kind = kinds.HEADERS_TOO_LARGE if self.headers else kinds.URL_TOO_LONG
                self._refuse(kind, f"The head had not ended after {self._head} bytes.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header field, unless there are far too many."""
        if len(self.headers) >= self._bounds.headers:
            self._refused = (kinds.HEADERS_TOO_LARGE, "There are far too many header fields.")
            raise ValueError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The request is known."""
        if len(self.url) > _PARSED:
            self._refused = (kinds.URL_TOO_LONG, f"The address has {len(self.url)} bytes.")
            raise ValueError
        if len(self.pipeline) >= _PIPELINED:
            self._refused = (kinds.OVERLOADED, "Wait for answers before asking on.")
            raise ValueError
        super().on_headers_complete()
        self._in_head, self._head = False, 0

    def on_message_complete(self) -> None:
        """The request has arrived."""
        self._in_head, self._awaited = True, None
        super().on_message_complete()

    def on_message_begin(self) -> None:
        """Another one begins, maybe in the same breath."""
        if self._awaited is None:
            self._awaited = self.loop.time()
        super().on_message_begin()

    def pause_writing(self) -> None:
        """The client does not read as fast as we write."""
        self._unread = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It has read on."""
        self._unread = None
        super().resume_writing()

    def shutdown(self) -> None:
        """Let the answer that is under way end, unless its client does not read it."""
        self._bounds = self._bounds._replace(stall=min(self._bounds.stall, _LAST_STALL))
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read, and hang up: nobody knows where the next request begins."""
        self._refuse(*(self._refused or (kinds.BAD_HTTP, msg)))

    def _look(self) -> None:
        """See whether the client keeps us waiting."""
        self._watch = self.loop.call_later(self._look_every, self._look)
        now = self.loop.time()
        if self.transport.is_closing():
            self._unread = self._unread or now  # what is still unread keeps it open
        if self._unread is not None:
            if now - self._unread >= self._bounds.stall:
                self.transport.abort()
        elif self.flow.read_paused:
            self._awaited = now  # it is us who do not read
        elif self._awaited is not None and now - self._awaited >= self._bounds.arrival:
            if self._in_head and not self._head:
                self.transport.close()  # it has never said anything
            else:
                seconds = f"{self._bounds.arrival:g}"
                self._refuse(kinds.TOO_SLOW, f"The request was not complete after {seconds} s.")

    def _refuse(self, kind: kinds.Kind, detail: str) -> None:
        """Say why, where an answer can still be said, and hang up."""
        going_on = self.cycle is not None and not self.cycle.response_complete
        spoken = going_on and (self.cycle.response_started or not self.cycle.more_body)
        answered = not going_on and not self._in_head
        if not (spoken or answered):
            self.transport.write(_written(kind, detail))
        self.transport.close()


def _written(kind: kinds.Kind, detail: str) -> bytes:
    """A whole answer as it goes over the wire."""
    content = to_bytes(problems.body(kind, detail, instance="/"))
    headers = [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(content)),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *SECURITY,
        NOTHING,
    ]
    if kind.retry_after:
        headers.append((b"retry-after", b"%d" % kind.retry_after))
    head = b"HTTP/1.1 %d %s\r\n" % (kind.status.value, kind.status.phrase.encode())
    return head + b"".join(b"%s: %s\r\n" % field for field in headers) + b"\r\n" + content
