"""What a path below ``/api/datasets/`` means: ids contain slashes, and so do paths."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote, unquote_to_bytes

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from collinear.api import problems
from collinear.domain.errors import BadParameter, CatalogError

ROOT = "/api/datasets"
FIXED = frozenset(
    {"", "cache-status", "changes", "dead-letters", "export", "meta", "refresh-cache", "suggest"}
)
"""What stands directly below the root and is no dataset, whatever datasets are called."""
SUB_RESOURCES = frozenset({"commits", "files", "file-url", "similar"})
_TASKS = "refresh-cache/"
STREAM = f"{ROOT}/changes/stream"
"""The stream of changes, or, for those who do not take one, the dataset that is called so."""

Known = Callable[[Request, str], Awaitable[bool]]


class DatasetAddresses:
    """
    Gives the router paths in which every id is one segment: ``/api/datasets/org%2Fname/files``.

    ``org/name`` and ``org%2Fname`` are the same.  Where a path can be read as an id and as
    part of another dataset (``org/files``), the id of a known dataset wins.  One slash at the
    end says nothing.
    """

    def __init__(self, app: ASGIApp, *, known: Known) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite the path; an address that cannot be read is answered at once."""
        if scope["type"] != "http" or not scope["path"].startswith(ROOT):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            scope["path"] = await self._plain(request, _readable(scope))
        except CatalogError as error:
            await problems.to_response(request, error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _plain(self, request: Request, path: str) -> str:
        rest = path.removeprefix(ROOT)
        if rest in ("", "/"):
            return ROOT
        if not rest.startswith("/"):
            return path
        rest = rest[1:].removesuffix("/")
        if rest in FIXED:
            return f"{ROOT}/{rest}"
        before, slash, last = rest.rpartition("/")
        if slash and last in SUB_RESOURCES and not await self._known(request, rest):
            return f"{ROOT}/{_segment(before)}/{last}"
        if f"{ROOT}/{rest}" == STREAM and (
            _wants_events(request) or not await self._known(request, rest)
        ):
            return STREAM
        task = rest.removeprefix(_TASKS)
        if task != rest and "/" not in task and not await self._known(request, rest):
            return f"{ROOT}/{_TASKS}{_segment(task)}"
        return f"{ROOT}/{_segment(rest)}"


def _wants_events(request: Request) -> bool:
    """As every ``EventSource`` says: no name of a dataset may take the stream from those."""
    return "text/event-stream" in request.headers.get("accept", "")


def _readable(scope: Scope) -> str:
    """The decoded path, as long as it is UTF-8."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%" not in raw:
        return str(scope["path"])
    try:
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise BadParameter("path", "is not UTF-8 once its %-escapes are read") from None
    return str(scope["path"])


def _segment(text: str) -> str:
    if not text:
        raise BadParameter("dataset_id", "is empty")
    return quote(text, safe="")
