"""Answers that were given before, and given again for as long as they are true."""

from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple

from cachetools import LRUCache
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collinear.api import conditions
from collinear.api.layers.addresses import ROOT, STREAM
from collinear.api.layers.encodings import encoding_of
from collinear.api.metrics import RequestMetrics
from collinear.api.system import system_of
from collinear.browse.basis import Basis
from collinear.domain.errors import StoreUnavailable

_Key = tuple[str, bytes, str]
_SERIAL = b"x-catalog-serial"
_OF_A_BODY = frozenset({b"content-length", b"content-type", b"content-encoding"})
_LARGEST = 16
"""The part of the memory that one answer may take, as a divisor."""
_OVERHEAD = 1_500
"""Bytes that an answer takes beside its body."""


class _Answer(NamedTuple):
    basis: Basis
    etag: str
    headers: list[tuple[bytes, bytes]]
    body: bytes | None
    """None where only the tag is known: somebody asked whether it still fits."""
    route: Any
    at: float

    @property
    def size(self) -> int:
        return _OVERHEAD + len(self.body or b"")


class Remembered:
    """
    Gives an answer again while what it was made from is still as it was.

    Whether it is, is asked each time, so nothing that is remembered is ever old; but those who
    ask at the same time share that one question, and nobody goes the long way.  While Redis does
    not answer, what is remembered is given marked as stale.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics
        self._largest = most_bytes // _LARGEST
        self._answers: LRUCache[_Key, _Answer] = LRUCache(
            maxsize=most_bytes, getsizeof=lambda answer: answer.size
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or let answer and remember."""
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or not scope["path"].startswith(ROOT)
        ):
            await self._app(scope, receive, send)
            return
        if scope["path"].rstrip("/") == STREAM:  # what that is, depends on what is accepted
            await self._app(scope, receive, _Listening(scope, send).send)
            return
        key = (scope["path"], scope["query_string"], encoding_of(scope))
        kept = self._answers.get(key)
        if kept is not None and await self._gives(kept, scope, send):
            return
        listening = _Listening(scope, send)
        await self._app(scope, receive, listening.send)
        answer = listening.answer()
        if answer is not None and answer.size <= self._largest:
            self._answers[key] = answer

    async def _gives(self, kept: _Answer, scope: Scope, send: Send) -> bool:
        """Whether the caller has an answer now."""
        stale: dict[str, str] = {}
        try:
            catalog = await system_of(Request(scope)).catalog()
            if not await catalog.lasts(kept.basis):
                self._metrics.remembered("outdated")
                return False
        except StoreUnavailable:
            stale = conditions.stale(monotonic() - kept.at, "the store does not answer")
        scope["route"] = kept.route  # as it was found for the first one who asked
        if not stale and _claims(scope, kept.etag):
            self._metrics.remembered("not_modified")
            head = [pair for pair in kept.headers if pair[0] not in _OF_A_BODY]
            await _send(send, 304, head, b"")
            return True
        if kept.body is None:
            return False
        self._metrics.remembered("stale" if stale else "hit")
        await _send(send, 200, _marked(kept.headers, stale), kept.body)
        return True


class _Listening:
    """Hears an answer that is on its way, and names the catalog's serial where it does not."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message = {}
        self._body: bytes | None = None
        self._in_pieces = False

    async def send(self, message: Message) -> None:
        """Let it pass."""
        if message["type"] == "http.response.start":
            headers = message.setdefault("headers", [])
            if not any(name == _SERIAL for name, _ in headers):
                catalog = await system_of(Request(self._scope)).catalog()
                if catalog.reader.newest:
                    message["headers"] = [*headers, (_SERIAL, catalog.reader.newest.encode())]
            self._start = dict(message)  # the layers outside put their own headers into it
        elif message.get("more_body"):
            self._in_pieces = True
        elif not self._in_pieces:
            self._body = message.get("body", b"")
        await self._send(message)

    def answer(self) -> _Answer | None:
        """What can be given again, if it can: an answer of one piece whose basis is known."""
        scope = self._scope
        basis, status = scope.get(conditions.BASIS), self._start.get("status")
        if basis is None or status not in (200, 304) or self._body is None:
            return None
        headers = list(self._start["headers"])
        etag = dict(headers).get(b"etag", b"").decode("latin-1")
        body = self._body if status == 200 else None
        return _Answer(basis, etag, headers, body, scope.get("route"), monotonic())


def _claims(scope: Scope, etag: str) -> bool:
    """Whether the caller says to have the answer with this tag."""
    claimed = next((value for name, value in scope["headers"] if name == b"if-none-match"), None)
    return claimed is not None and conditions.matches(claimed.decode("latin-1"), etag)


def _marked(
    headers: list[tuple[bytes, bytes]], marks: Mapping[str, str]
) -> list[tuple[bytes, bytes]]:
    if not marks:
        return headers
    added = [(name.lower().encode(), value.encode()) for name, value in marks.items()]
    replaced = {name for name, _ in added}
    return [*(pair for pair in headers if pair[0] not in replaced), *added]


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    # the layers outside add to the list
    await send({"type": "http.response.start", "status": status, "headers": [*headers]})
    await send({"type": "http.response.body", "body": body})
