"""What a request may look like, and how large it may be."""

from collections.abc import Sequence
from typing import NamedTuple

from starlette.types import Receive, Scope

from collinear.api import kinds
from collinear.settings.guarding import GuardSettings

_DIGITS = 18
"""Of a length: nobody has so much to send."""
_VERSIONS = frozenset({"1.0", "1.1"})


class Refusal(NamedTuple):
    """Why a request is not answered."""

    kind: kinds.Kind
    detail: str
    headers: Sequence[tuple[str, str]] = ()


class Sizes:
    """The bounds of one request."""

    def __init__(self, settings: GuardSettings) -> None:
        self._url = settings.max_url_bytes
        self._count = settings.max_headers
        self._headers = settings.max_header_bytes
        self._body = settings.max_body_bytes

    def measure(self, scope: Scope) -> tuple[Refusal | None, bool]:
        """Which bound the head of the request breaks, if any; and whether a body follows."""
        length = len(scope["raw_path"]) + len(scope["query_string"])
        if length > self._url:
            size = _beyond(f"Path and query have {length} bytes", self._url)
            return Refusal(kinds.URL_TOO_LONG, size), False
        headers = scope["headers"]
        if len(headers) > self._count:
            many = f"{len(headers)} header fields are more than the {self._count} that are read."
            return Refusal(kinds.HEADERS_TOO_LARGE, many), False
        total, hosts, body, problem = 0, 0, False, ""
        for name, value in headers:
            total += len(name) + len(value)
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                body = value != b"0"
                if len(value) > _DIGITS or int(value) > self._body:
                    return self._too_large(f"{value.decode()} bytes"), False
            elif name == b"transfer-encoding":
                body = True
                if value.lower() != b"chunked":
                    problem = "The only transfer coding that is read here is chunked."
        if total > self._headers:
            size = _beyond(f"The header fields have {total} bytes", self._headers)
            return Refusal(kinds.HEADERS_TOO_LARGE, size), False
        # What two servers in a row may read in two ways is read in none
        if hosts != 1 and not (hosts == 0 and scope["http_version"] == "1.0"):
            problem = "There must be one Host field."
        elif scope["http_version"] not in _VERSIONS:
            problem = "The version must be HTTP/1.1 or HTTP/1.0."
        return (Refusal(kinds.BAD_HTTP, problem) if problem else None), body

    async def swallow(self, receive: Receive) -> Refusal | None:
        """
        Read a body, which nothing needs, as far as it may go.

        Raises:
            CallerLeft: It will not come any more.
        """
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise CallerLeft
            size += len(message.get("body", b""))
            if size > self._body:
                return self._too_large(f"more than {self._body} bytes")
            if not message.get("more_body", False):
                return None

    def _too_large(self, size: str) -> Refusal:
        return Refusal(kinds.BODY_TOO_LARGE, _beyond(f"The body has {size}", self._body))


class CallerLeft(Exception):
    """The connection has ended before the request has."""


def _beyond(what: str, most: int) -> str:
    return f"{what}; no more than {most} are read."
