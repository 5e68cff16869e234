"""Conditional requests: what an answer depends on, in one tag, and how long it may be kept."""

import hashlib
from collections.abc import Mapping

from fastapi import Request, Response

from collinear import __version__
from collinear.api.layers.encodings import encoding_of
from collinear.browse.basis import Basis

ASK_AGAIN = "no-cache"
"""Keep it, but ask each time whether it is still true: that costs next to nothing."""
FOR_EVER = "public, max-age=31536000, immutable"
"""What a commit of the Hub holds never changes."""

BASIS = "collinear.basis"
"""Where a request's scope notes what its answer was made from."""


def tag(request: Request, basis: Basis, *more: str) -> str:
    """
    The weak ETag of what this request asks, answered from ``basis``.

    It covers all that the answer depends on: the state of the catalog or of the index, the
    flags, the thresholds, the path, the query, the encoding, our own version, and ``more``.
    """
    scope = request.scope
    asked = (scope["path"], scope["query_string"], encoding_of(scope))
    parts = (__version__, basis, *asked, *more)
    return f'W/"{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


def lasting_tag(request: Request, basis: Basis) -> str:
    """The same of an answer that may be given again for as long as its basis lasts."""
    request.scope[BASIS] = basis
    return tag(request, basis)


def body_tag(request: Request, body: bytes) -> str:
    """The weak ETag of a body that was made anyway."""
    encoded = body + encoding_of(request.scope).encode()
    return f'W/"{hashlib.blake2b(encoded, digest_size=12).hexdigest()}"'


def asks_for_change(request: Request) -> bool:
    """Whether the caller has an answer already, and names it; a star names none."""
    return request.headers.get("if-none-match", "*").strip() != "*"


def has(request: Request, etag: str) -> bool:
    """Whether the caller's answer is the one with this tag."""
    return matches(request.headers.get("if-none-match", ""), etag)


def has_already(request: Request, etag: str) -> bool:
    """As ``has``, before anybody knows whether there is an answer: a star says nothing then."""
    return request.headers.get("if-none-match", "").strip() != "*" and has(request, etag)


def matches(claimed: str, etag: str) -> bool:
    """
    Whether an ``If-None-Match`` names this tag; a star names whatever there is.

    So a star is to be asked about only where it is known that there is something.
    """
    tags = {part.strip().removeprefix("W/") for part in claimed.split(",")}
    return tags == {"*"} or etag.removeprefix("W/") in tags


def headers(etag: str, serial: str, *, keep: str = ASK_AGAIN) -> dict[str, str]:
    """What every answer about the catalog carries; ``keep`` is its Cache-Control."""
    named = {"X-Catalog-Serial": serial} if serial else {}
    return {"ETag": etag, "Cache-Control": keep, "Vary": "Accept-Encoding", **named}


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
    return Response(status_code=304, headers=dict(fields))
