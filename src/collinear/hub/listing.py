"""The Hub's listing of datasets, one page at a time."""

import json
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple, NewType
from urllib.parse import urlencode, urlsplit

import httpx2
import orjson

from collinear.domain.errors import (
    CursorRejected,
    HubContractBroken,
    HubRateLimited,
    HubTimeout,
    HubUnavailable,
)
from collinear.hub.ratelimit import RateLimit, read_rate_limit, read_wait
from collinear.hub.wire import FIELDS
from collinear.telemetry import get_logger

log = get_logger(__name__)

Cursor = NewType("Cursor", str)
"""
The address of a listing page without its host, as the Hub's ``Link`` header gave it.

The host is left out because a cursor outlives it: a mirror may repeat the original's name,
and requests must go to the endpoint that was set and nowhere else.
"""

_VALID_FIELDS = re.compile(r"must be one of \[([^\]]*)\]")
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')
_ATTEMPT_LIMIT = 4
"""A whole answer may take so many times the timeout of a silence."""


class ListingPage(NamedTuple):
    """The rows of one page as the Hub sent them, and the cursor of the next page."""

    rows: list[Any]
    next: Cursor | None


class HubListing:
    """
    Reads ``GET /api/datasets``.

    ``before`` returns when a request may be sent, ``observe`` hears of the rate limit after it.
    """

    def __init__(
        self,
        http: httpx2.Client,
        *,
        page_size: int,
        timeout: float,
        before: Callable[[], None] = lambda: None,
        observe: Callable[[RateLimit], None] = lambda limit: None,
    ) -> None:
        self._http = http
        self._page_size = page_size
        self._deadline = timeout * _ATTEMPT_LIMIT
        self._before = before
        self._observe = observe
        self._fields: tuple[str, ...] = FIELDS

    def by_creation(self, cursor: Cursor | None = None) -> ListingPage:
        """
        One page in the order of creation, in which rows never move.

        Args:
            cursor: The ``next`` of the page before, or None for the first page.

        Raises:
            HubUnavailable: No answer, a 5xx, half an answer.
            HubTimeout: No answer in time.
            HubRateLimited: A 429, with the wait that the Hub asked for.
            HubContractBroken: An answer that is not a listing.
        """
        return self._page(cursor, {"sort": "createdAt", "direction": "1"})

    def by_change(self, cursor: Cursor | None = None) -> ListingPage:
        """One page in the order of the last commit, newest first; raises as above."""
        return self._page(cursor, {"sort": "lastModified", "direction": "-1"})

    def _page(self, cursor: Cursor | None, order: dict[str, str]) -> ListingPage:
        if cursor is not None:
            return self._read(cursor)
        try:
            return self._read(self._first(order))
        except HubContractBroken as error:
            known = _VALID_FIELDS.search(str(error))
            if known is None:
                raise
            valid = {name.strip() for name in known[1].split(",")}
            left_out = [field for field in self._fields if field not in valid]
            if not left_out:
                raise
            log.warning("hub_fields_left_out", fields=left_out)
            self._fields = tuple(field for field in self._fields if field in valid)
            return self._read(self._first(order))

    def _first(self, order: dict[str, str]) -> Cursor:
        query = urlencode({**order, "limit": self._page_size, "expand[]": self._fields}, doseq=True)
        return Cursor(f"/api/datasets?{query}")

    def _read(self, address: Cursor) -> ListingPage:
        try:
            headers, body = self._get(address)
        except httpx2.TimeoutException as error:
            raise HubTimeout(f"{self._name} did not answer in time.") from error
        except httpx2.TransportError as error:
            raise HubUnavailable(f"{self._name} cannot be reached: {error}.") from error
        return ListingPage(_rows(body, self._name), self._next(headers))

    def _get(self, address: Cursor) -> tuple[httpx2.Headers, bytes]:
        self._before()
        started = time.monotonic()
        with self._http.stream("GET", address) as response:
            limit = read_rate_limit(response.headers)
            if limit is not None:
                self._observe(limit)
            pieces = []
            for piece in response.iter_bytes():
                pieces.append(piece)
                # a timeout ends a silence; this ends an answer that drips for ever
                if time.monotonic() - started > self._deadline:
                    raise HubTimeout(f"{self._name} took too long to answer.")
            body = b"".join(pieces)
        self._raise_for(response, body, address)
        return response.headers, body

    def _raise_for(self, response: httpx2.Response, body: bytes, address: Cursor) -> None:
        status = response.status_code
        if status == 200:
            return
        said = body[:600].decode(errors="replace").strip()
        if status == 429:
            raise HubRateLimited(
                f"{self._name} asks for patience.", retry_after=read_wait(response.headers)
            )
        if status >= 500 or status == 408:
            raise HubUnavailable(f"{self._name} answered {status}.")
        if status == 401:
            raise HubContractBroken(
                f"{self._name} refuses us (401: {said}): check HF_TOKEN, or unset it."
            )
        if status == 400 and "cursor=" in address:
            raise CursorRejected(f"{self._name} does not know our cursor any more: {said}")
        raise HubContractBroken(
            f"{self._name} answered {status} instead of a listing: {said}  (Is HF_ENDPOINT right?)"
        )

    def _next(self, headers: httpx2.Headers) -> Cursor | None:
        for link in headers.get_list("link"):
            found = _NEXT.search(link)
            if found:
                parts = urlsplit(found[1])
                path = parts.path.removeprefix(self._http.base_url.path.rstrip("/"))
                return Cursor(f"{path}?{parts.query}")
        return None

    @property
    def _name(self) -> str:
        return f"The Hub at {str(self._http.base_url).rstrip('/')}"


def _rows(body: bytes, name: str) -> list[Any]:
    try:
        rows = orjson.loads(body)
    except orjson.JSONDecodeError:
        # The strict parser refuses a lone surrogate; the tolerant one keeps it for that row
        try:
            rows = json.loads(body)
        except ValueError as error:
            raise HubUnavailable(
                f"{name} sent something that is not whole JSON ({len(body)} bytes)."
            ) from error
    if not isinstance(rows, list):
        raise HubContractBroken(f"{name} sent no list of datasets.  (Is HF_ENDPOINT right?)")
    return rows
