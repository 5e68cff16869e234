"""What the Hub says about one dataset right now: commits, files, addresses."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from collinear.api import parameters
from collinear.api.from_hub import answers as hub_answers
from collinear.api.from_hub import cursors as hub_cursors
from collinear.api.from_hub import pages as hub_pages
from collinear.api.from_hub.asking import Hub
from collinear.api.from_hub.cursors import Place
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED, UseDatasetId
from collinear.api.shapes import models
from collinear.api.system import UseCatalog, UseSystem
from collinear.domain import errors
from collinear.hub.entries import to_json
from collinear.hub.questions import MAIN, At, Commits, FileInfo, Files, Known
from collinear.store.reader import Found

router = APIRouter(prefix="/api/datasets", tags=["from the Hub"])

_HUB_ERRORS = (
    errors.BadParameter,
    errors.DatasetNotFound,
    errors.RevisionNotFound,
    errors.DatasetMoved,
    errors.DatasetGated,
    errors.HubUnavailable,
    errors.HubTimeout,
    errors.HubRateLimited,
    errors.HubContractBroken,
    errors.StoreUnavailable,
)
_PAGE = 100
"""Commits that the Hub is asked for at a time, unless more are wanted: 30 KB."""
_MOST = 1000
"""Entries of one answer with a limit, and the largest page of the Hub."""
_PRINTABLE: dict[str, JsonValue] = {"pattern": r"^[^\x00-\x1f\x7f]*$"}
_CURSOR = Field(
    None,
    max_length=4096,
    description="Where to go on: follow the `Link` with `rel=next`. It stays at the commit of the "
    "first page, whatever is committed meanwhile.",
    examples=["eyJxIjoiMGMxZDllNGI2ZiJ9"],
)


class _AtRevision(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    revision: str = Field(
        MAIN,
        min_length=1,
        max_length=255,
        description="A branch, tag, commit or ref of the Hub.",
        examples=["main", "refs/convert/parquet"],
        json_schema_extra=_PRINTABLE,
    )

    @field_validator("revision", "filename", check_fields=False)
    @classmethod
    def _printable(cls, value: str) -> str:
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise ValueError("must not hold control characters")
        return value


class CommitsQuery(_AtRevision):
    """How many commits, and of which revision."""

    limit: int = Field(20, ge=1, le=_MOST, description="Commits, from the newest.", examples=[20])
    cursor: str | None = _CURSOR


class FilesQuery(_AtRevision):
    """The files of which revision, and how much about them."""

    detail: bool = Field(
        False, description="Also the size in bytes and the git oid of each file.", examples=[True]
    )
    limit: int | None = Field(
        None,
        ge=1,
        le=_MOST,
        description="Files of one page; without it and a cursor, all.",
        examples=[100],
    )
    cursor: str | None = _CURSOR


class FileUrlQuery(_AtRevision):
    """Which file of which revision."""

    filename: str = Field(
        min_length=1,
        max_length=4096,
        description="The path of the file in the repository.",
        examples=["data/train.parquet"],
        json_schema_extra=_PRINTABLE,
    )


@router.get(
    "/{dataset_id}/commits",
    operation_id="listCommits",
    response_model=list[models.Commit],
    openapi_extra=parameters.documented(CommitsQuery),
    responses=NOT_MODIFIED | problems(*_HUB_ERRORS, errors.BadCursor),
)
async def list_commits(
    request: Request,
    dataset_id: UseDatasetId,
    query: Annotated[CommitsQuery, parameters.query(CommitsQuery)],
    catalog: UseCatalog,
    system: UseSystem,
) -> Response:
    """The newest commits of a revision, and with a cursor those before them."""
    found = await catalog.reader.get(dataset_id)
    asked = hub_answers.at_revision(found, query.revision)
    at, place = _from(asked, "commits", query.cursor)
    if (same := hub_answers.unchanged(request, found, at)) is not None:
        return same
    size = _PAGE if query.limit <= _PAGE else _MOST
    taken = await hub_pages.take(
        system.hub, Commits(at, place.position, size), offset=place.offset, limit=query.limit
    )
    headers = {} if taken.total is None else {"X-Total-Count": str(taken.total)}
    if taken.next is not None:
        cursor = hub_cursors.seal("commits", asked, taken.next)
        headers |= hub_answers.next_link(request, found, "commits", query, cursor)
    return hub_answers.made(request, found, at, to_json(taken.entries), taken.known, headers)


@router.get(
    "/{dataset_id}/files",
    operation_id="listFiles",
    response_model=list[models.FilePath] | list[models.File],
    openapi_extra=parameters.documented(FilesQuery),
    responses=NOT_MODIFIED | problems(*_HUB_ERRORS, errors.BadCursor),
)
async def list_files(
    request: Request,
    dataset_id: UseDatasetId,
    query: Annotated[FilesQuery, parameters.query(FilesQuery)],
    catalog: UseCatalog,
    system: UseSystem,
) -> Response:
    """
    Every file of a revision, in all folders: paths, or with `detail` also size and oid.

    The whole list comes as the Hub gives it, a thousand at a time; where the Hub fails in the
    middle, the answer breaks off without its end.
    """
    found = await catalog.reader.get(dataset_id)
    asked = hub_answers.at_revision(found, query.revision)
    at, place = _from(asked, "files", query.cursor)
    if (same := hub_answers.unchanged(request, found, at)) is not None:
        return same
    question = Files(at, place.position)
    if query.limit is None and query.cursor is None:
        return await _all_files(request, found, system.hub, question, detail=query.detail)
    limit = query.limit or _MOST
    taken = await hub_pages.take(system.hub, question, offset=place.offset, limit=limit)
    headers = {}
    if taken.next is not None:
        cursor = hub_cursors.seal("files", asked, taken.next)
        headers = hub_answers.next_link(request, found, "files", query, cursor)
    body = to_json(taken.entries if query.detail else [file["path"] for file in taken.entries])
    return hub_answers.made(request, found, at, body, taken.known, headers)


async def _all_files(
    request: Request, found: Found, hub: Hub, question: Files, *, detail: bool
) -> Response:
    first = await hub.ask(question)
    if first.stale or first.answer.next is None:
        pages = hub_pages.kept(hub, question, first)
        listed = [part for page in pages if (part := _listed(page, detail=detail))]
        body = b"[" + b",".join(listed) + b"]"
        return hub_answers.made(request, found, question.at, body, pages)
    pieces = _pieces(hub_pages.rest(hub, question, first), detail=detail)
    return hub_answers.streamed(request, found, question.at, first, pieces)


@router.get(
    "/{dataset_id}/file-url",
    operation_id="getFileUrl",
    response_model=models.FileAddress,
    openapi_extra=parameters.documented(FileUrlQuery),
    responses=NOT_MODIFIED | problems(*_HUB_ERRORS, errors.FileNotFound),
)
async def get_file_url(
    request: Request,
    dataset_id: UseDatasetId,
    query: Annotated[FileUrlQuery, parameters.query(FileUrlQuery)],
    catalog: UseCatalog,
    system: UseSystem,
) -> Response:
    """Where a file can be fetched from the Hub, never a signed address; and its size."""
    found = await catalog.reader.get(dataset_id)
    at = hub_answers.at_revision(found, query.revision)
    if (same := hub_answers.unchanged(request, found, at)) is not None:
        return same
    missing = errors.FileNotFound(
        f"{found.id!r} has no file {query.filename!r} at {query.revision!r}."
    )
    if not {"", ".", ".."}.isdisjoint(query.filename.split("/")):
        raise missing  # no tree of git has such a name
    known = await system.hub.ask(FileInfo(at, query.filename))
    info = known.answer.parsed()
    if info is None:
        raise missing
    body = to_json({"download_url": system.hub.repos.address(at, query.filename), **info})
    return hub_answers.made(request, found, at, body, [known])


def _from(at: At, what: str, cursor: str | None) -> tuple[At, Place]:
    """Where to begin, and at which commit."""
    if cursor is None:
        return at, Place(at.commit, "", 0)
    place = hub_cursors.unseal(what, at, cursor)
    return at.pinned(place.commit), place


def _listed(page: Known, *, detail: bool) -> bytes:
    """The files of a page without the brackets around them."""
    if detail:
        return page.answer.body[1:-1]
    return to_json([file["path"] for file in page.answer.parsed()])[1:-1]


async def _pieces(pages: AsyncIterator[Known], *, detail: bool) -> AsyncIterator[bytes]:
    before = b"["
    async for page in pages:
        if part := _listed(page, detail=detail):
            yield before + part
            before = b","
    yield b"]" if before == b"," else b"[]"
