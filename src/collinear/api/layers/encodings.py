"""Compression: which encoding an answer gets, decided in one place for all who need to know."""

from collections.abc import Iterable
from functools import lru_cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware

from collinear.api.layers.addresses import ROOT

_FROM = 16 * 1024
"""Bytes from which an answer is worth compressing: below, it costs more than it saves."""
_KNOWN = ("zstd", "br", "gzip")
"""The first one that the caller takes."""
_AS_THEY_ARE = frozenset({f"{ROOT}/export", f"{ROOT}/changes/stream"})
"""Compressed already, or for a thousand listeners, each of whom would need a compressor."""


def encoding_of(scope: Scope) -> str:
    """The content encoding of a large answer to this request; empty for none."""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            return _choose(value)
    return ""


class Compressed:
    """Compresses large answers in the encoding that ``encoding_of`` tells."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = CompressMiddleware(app, minimum_size=_FROM)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the one encoding that is left to choose."""
        encoding = encoding_of(scope) if scope["type"] == "http" else ""
        if not encoding or scope["path"].rstrip("/") in _AS_THEY_ARE:
            await self._app(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        # In place: what the routes write down in the scope is looked for further out
        scope["headers"] = [*headers, (b"accept-encoding", encoding.encode())]

        async def vary_once(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _vary_once(message["headers"])
            await send(message)

        await self._compressing(scope, receive, vary_once)


def _vary_once(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """What the routes have said, the compressor says again."""
    kept, varying = [], []
    for name, value in headers:
        if name == b"vary":
            varying += [part.strip() for part in value.split(b",")]
        else:
            kept.append((name, value))
    return [*kept, (b"vary", b", ".join(dict.fromkeys(varying)))] if varying else kept


@lru_cache(maxsize=256)
def _choose(accepted: bytes) -> str:
    """The best of those that the header names, or allows by a star, and does not refuse."""
    weights: dict[str, float] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _weight(parameters)
    others = weights.get("*", 0.0)
    return next((name for name in _KNOWN if weights.get(name, others) > 0), "")


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
