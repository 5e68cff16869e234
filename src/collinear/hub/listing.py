"""The Hub's listing of datasets, one page at a time, and single rows of it."""

import re
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple, NewType
from urllib.parse import urlencode

import httpx2

from collinear.domain.errors import CursorRejected, HubContractBroken
from collinear.hub import details
from collinear.hub.answers import HubAnswer
from collinear.hub.connection import HubConnection
from collinear.hub.fields import AcceptedFields, OnFields, listed_in, with_fields
from collinear.hub.ratelimit import RateLimit
from collinear.hub.wire import FIELDS

Cursor = NewType("Cursor", str)
"""
The address of a listing page without its host, as the Hub's ``Link`` header gave it.

It may be older than what we know of the Hub: the fields that it names are replaced by those of
now when it is asked.
"""

_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')
_LISTING = "/api/datasets"
_PROBE = with_fields(f"{_LISTING}?limit=1", ["__probe__"])
"""Asks for a field that nobody has: the refusal names those that there are."""


class ListingPage(NamedTuple):
    """The rows of one page as the Hub sent them, and the cursor of the next page."""

    rows: list[Any]
    next: Cursor | None


class HubListing:
    """
    Reads ``GET /api/datasets``: all threads of a process share one.

    Its first question is one more: which of our fields this Hub gives.
    """

    def __init__(
        self,
        http: httpx2.Client,
        *,
        page_size: int,
        timeout: float,
        before: Callable[[], None] = lambda: None,
        observe: Callable[[RateLimit], None] = lambda limit: None,
        on_fields: OnFields = lambda accepted, missing: None,
        drop_refused_token: bool = True,
        on_refused_token: Callable[[str], None] = lambda message: None,
    ) -> None:
        """
        ``http`` knows the endpoint and the token.

        Args:
            http: A client whose ``base_url`` is the endpoint.
            page_size: Rows of a page, 1000 at most.
            timeout: Seconds of silence after which the Hub is given up on.
            before: Returns when a request may be sent; called once for each.
            observe: Hears of the rate limit after each answer that tells it.
            on_fields: Hears of the fields that the Hub gives, each time they are learnt.
            drop_refused_token: Go on as an anonymous caller, instead of failing.
            on_refused_token: Hears of it then, in a sentence for the operator.
        """
        self._hub = HubConnection(
            http,
            timeout=timeout,
            before=before,
            observe=observe,
            drop_refused_token=drop_refused_token,
            on_refused_token=on_refused_token,
        )
        self._page_size = page_size
        self._fields = AcceptedFields(on_fields)
        self._probing = Lock()

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
            CursorRejected: The Hub does not know the cursor any more.
        """
        return self._page(cursor or self._first("createdAt", "1"))

    def by_change(self, cursor: Cursor | None = None) -> ListingPage:
        """One page in the order of the last commit, newest first; raises as above."""
        return self._page(cursor or self._first("lastModified", "-1"))

    def look_up(self, dataset_id: str) -> dict[str, Any] | None:
        """
        The row of one dataset, or None where the Hub shows none (gone, or private).

        An id that was renamed leads to the row of the new one: compare ``_id``.  With a token a
        private dataset may be shown: look at ``private``.  Raises as above, but for
        CursorRejected.
        """
        self._learn_fields()
        return details.look_up(self._hub, dataset_id, self._fields.accepted)

    def _page(self, cursor: Cursor) -> ListingPage:
        self._learn_fields()
        answer = self._ask(cursor)
        valid = listed_in(answer)
        if valid is not None and self._fields.learn(valid):
            answer = self._ask(cursor)
        if answer.status == 200:
            rows, following = _rows(answer), self._next(answer)
            if following is not None and self._leads_to(following) == self._leads_to(cursor):
                raise HubContractBroken(
                    f"{self._hub.name} names a page as the next of itself, "
                    "so that its listing never ends: check HF_ENDPOINT."
                )
            return ListingPage(rows, following)
        if answer.status == 400 and "cursor=" in cursor and not answer.is_web_page:
            raise CursorRejected(f"{self._hub.name} does not know our cursor any more.")
        raise answer.refusal("a listing")

    def _ask(self, cursor: Cursor) -> HubAnswer:
        return self._hub.get(self._leads_to(cursor))

    def _leads_to(self, cursor: Cursor) -> str:
        return with_fields(cursor, self._fields.accepted)

    def _learn_fields(self) -> None:
        with self._probing:
            if self._fields.learnt:
                return
            answer = self._hub.get(_PROBE)
            if answer.status == 200:
                _rows(answer)  # a Hub that ignores what it does not know refuses nothing
            elif answer.status != 400:
                raise answer.refusal("a listing")
            self._fields.learn(listed_in(answer) or FIELDS)

    def _first(self, sort: str, direction: str) -> Cursor:
        query = urlencode({"sort": sort, "direction": direction, "limit": self._page_size})
        return Cursor(f"{_LISTING}?{query}")

    def _next(self, answer: HubAnswer) -> Cursor | None:
        for link in answer.headers.get_list("link"):
            found = _NEXT.search(link)
            if found:
                return Cursor(self._hub.without_host(found[1]))
        return None


def _rows(answer: HubAnswer) -> list[Any]:
    rows = answer.parsed("a listing")
    if not isinstance(rows, list):
        said = f" ({answer.said})" if isinstance(rows, dict) and "error" in rows else ""
        raise HubContractBroken(f"{answer.hub} sent no list of datasets{said}: check HF_ENDPOINT.")
    return rows
