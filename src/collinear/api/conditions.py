"""Conditional requests: what an answer depends on, in one tag."""

import hashlib
from collections.abc import Mapping

from fastapi import Request, Response

from collinear import __version__
from collinear.store.status import Version


def tag(request: Request, version: Version, *more: str) -> str:
    """
    The weak ETag of what this request asks, as of ``version``.

    It covers the state of the catalog (and, in ``more``, of whatever else the answer is made
    from), the flags, the thresholds, the path, the query, the encoding and our own version.
    """
    parts = (
        __version__,
        str(version),
        *more,
        request.scope["path"],
        request.scope["query_string"].decode("latin-1"),
        str("gzip" in request.headers.get("accept-encoding", "")),
    )
    return f'W/"{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


def body_tag(request: Request, body: bytes) -> str:
    """The weak ETag of a body that was made anyway."""
    gzip = "gzip" in request.headers.get("accept-encoding", "")
    return f'W/"{hashlib.blake2b(body + str(gzip).encode(), digest_size=12).hexdigest()}"'


def asks_for_change(request: Request) -> bool:
    """Whether the caller has an answer already."""
    return "if-none-match" in request.headers


def has(request: Request, etag: str) -> bool:
    """Whether the caller's answer is the one with this tag."""
    claimed = {part.strip() for part in request.headers.get("if-none-match", "").split(",")}
    return bool(claimed & {etag, etag.removeprefix("W/")})


def headers(etag: str, serial: str) -> dict[str, str]:
    """What every answer about the catalog carries: keep it, but ask again each time."""
    named = {"X-Catalog-Serial": serial} if serial else {}
    return {"ETag": etag, "Cache-Control": "no-cache", **named}


def stale(age: float, why: str) -> dict[str, str]:
    """
    What marks an answer that was true so many seconds ago, and cannot be asked for again now.

    ``why`` is a short phrase of plain ASCII letters, such as ``the Hub does not answer``.
    """
    seconds = max(round(age), 0)
    return {
        "Cache-Status": f'collinear; hit; ttl=-{seconds}; detail="{why}"',
        "Age": str(seconds),
        "Cache-Control": "no-store",
    }


def not_modified(fields: Mapping[str, str]) -> Response:
    """The answer that says: what you have is still true."""
    return Response(status_code=304, headers={"Vary": "Accept-Encoding", **fields})
