"""What the Hub said, as answers of ours: for how long they are true, and whether they still are."""

from collections.abc import AsyncIterator, Mapping, Sequence
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from collinear.api import answers, conditions
from collinear.browse.basis import Basis
from collinear.hub.questions import At, Known
from collinear.store import documents
from collinear.store.reader import Found

STALE = "the Hub does not answer"


def at_revision(found: Found, revision: str) -> At:
    """A dataset at a revision; of main the commit is known, as far as the catalog knows it."""
    document = documents.parse(found.document)
    return At.of(document["hub_id"], found.id, revision, head=document["sha"])


def unchanged(request: Request, found: Found, at: At) -> Response | None:
    """The answer to those who have it: what a commit holds is known to be so unasked."""
    if at.commit is None or not conditions.asks_for_change(request):
        return None
    etag = _tag(request, at, at.commit)
    if not conditions.has_already(request, etag):
        return None
    return conditions.not_modified(conditions.headers(etag, found.version.serial, keep=_keep(at)))


def made(
    request: Request,
    found: Found,
    at: At,
    body: bytes,
    pages: Sequence[Known],
    more: Mapping[str, str] | None = None,
) -> Response:
    """An answer that is made of these pages."""
    headers = headers_of(request, found, at, pages, body)
    if "ETag" in headers and conditions.has(request, headers["ETag"]):
        return conditions.not_modified(headers)
    return Response(body, headers={**(more or {}), **headers}, media_type=answers.MEDIA_TYPE)


def streamed(
    request: Request, found: Found, at: At, first: Known, pieces: AsyncIterator[bytes]
) -> Response:
    """An answer that is made while it is sent; ``first`` is the page that it begins with."""
    headers = headers_of(request, found, at, [first])
    if "ETag" in headers and conditions.has(request, headers["ETag"]):
        return conditions.not_modified(headers)
    seen = _nothing() if request.scope.get("head") else pieces
    return StreamingResponse(seen, headers=headers, media_type=answers.MEDIA_TYPE)


def headers_of(
    request: Request, found: Found, at: At, pages: Sequence[Known], body: bytes | None = None
) -> dict[str, str]:
    """
    What says how far an answer made of these pages can be trusted.

    What is of one commit has a tag that needs no body; of what is not known to be, the body is
    the tag; what is stale has none, and is not to be kept.
    """
    serial = found.version.serial
    if any(page.stale for page in pages):
        return {**_named(serial), **conditions.stale(max(page.age for page in pages), STALE)}
    commits = {page.commit for page in pages}
    commit = commits.pop() if len(commits) == 1 else None
    if commit is not None:
        return conditions.headers(_tag(request, at, commit), serial, keep=_keep(at))
    if body is not None:
        return conditions.headers(conditions.body_tag(request, body), serial)
    return {**_named(serial), "Cache-Control": conditions.ASK_AGAIN}


def beside(known: Known, etag: str, serial: str) -> dict[str, str]:
    """The headers of an answer of the catalog (with this tag) that holds this one of the Hub."""
    if known.stale:
        return {**_named(serial), **conditions.stale(known.age, STALE)}
    if known.commit is None:
        return {**_named(serial), "Cache-Control": "no-store"}
    return conditions.headers(etag, serial)


def next_link(
    request: Request, found: Found, what: str, query: BaseModel, cursor: str
) -> dict[str, str]:
    """The next page, as an address of ours (RFC 8288)."""
    asked = query.model_dump(mode="json", exclude_unset=True, exclude={"cursor"})
    words = {name: "true" if value is True else value for name, value in asked.items()}
    root = request.scope.get("root_path", "")
    path = f"{root}/api/datasets/{quote(found.id)}/{what}"
    return {"Link": f'<{path}?{urlencode({**words, "cursor": cursor})}>; rel="next"'}


def _named(serial: str) -> dict[str, str]:
    return {"X-Catalog-Serial": serial} if serial else {}


def _tag(request: Request, at: At, commit: str) -> str:
    return conditions.tag(request, Basis(), at.hub_id, commit)


def _keep(at: At) -> str:
    return conditions.FOR_EVER if at.is_commit else conditions.ASK_AGAIN


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
