"""How large a request may be."""

from collections.abc import Sequence
from typing import NamedTuple

from starlette.types import Receive, Scope

from collinear.api import kinds
from collinear.settings.guarding import GuardSettings


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
            return Refusal(kinds.URL_TOO_LONG, _beyond("Path and query", length, self._url)), False
        headers = scope["headers"]
        if len(headers) > self._count:
            many = f"{len(headers)} header fields are more than the {self._count} that are read."
            return Refusal(kinds.HEADERS_TOO_LARGE, many), False
        total, body = 0, False
        for name, value in headers:
            total += len(name) + len(value)
            if name == b"content-length":
                body = value != b"0"
                if len(value) > 18 or int(value) > self._body:
                    return self._too_large(value.decode()), False
            elif name == b"transfer-encoding":
                body = True
        if total > self._headers:
            return Refusal(
                kinds.HEADERS_TOO_LARGE, _beyond("The header fields", total, self._headers)
            ), False
        return None, body

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
                return self._too_large(f"More than {self._body}")
            if not message.get("more_body", False):
                return None

    def _too_large(self, size: str) -> Refusal:
        return Refusal(kinds.BODY_TOO_LARGE, _beyond("The body", size, self._body))


class CallerLeft(Exception):
    """The connection has ended before the request has."""


def _beyond(what: str, size: int | str, most: int) -> str:
    return f"{what}: {size} bytes are more than the {most} that are read."
