"""What the Hub says about one dataset right now: commits, files, addresses."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from collinear.api import answers, models, parameters
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED, UseDatasetId
from collinear.api.system import UseCatalog, UseSystem
from collinear.domain import errors
from collinear.hub.repos import MAIN, Commits, FileExists, Files
from collinear.store import documents
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
    errors.StoreUnavailable,
)


class _AtRevision(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    revision: str = Field(
        MAIN,
        min_length=1,
        max_length=255,
        description="A branch, tag, commit or ref of the Hub.",
        examples=["main", "refs/convert/parquet"],
    )

    @field_validator("revision", "filename", check_fields=False)
    @classmethod
    def _printable(cls, value: str) -> str:
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise ValueError("must not hold control characters")
        return value


class CommitsQuery(_AtRevision):
    """How many commits, and of which revision."""

    limit: int = Field(20, ge=1, le=1000, description="Commits, from the newest.")


class FilesQuery(_AtRevision):
    """The files of which revision, and how much about them."""

    detail: bool = Field(False, description="Also the size in bytes and the git oid of each file.")


class FileUrlQuery(_AtRevision):
    """Which file of which revision."""

    filename: str = Field(
        min_length=1,
        max_length=4096,
        description="The path of the file in the repository.",
        examples=["data/train.parquet"],
    )


@router.get(
    "/{dataset_id}/commits",
    operation_id="listCommits",
    response_model=list[models.Commit],
    openapi_extra=parameters.documented(CommitsQuery),
    responses=NOT_MODIFIED | problems(*_HUB_ERRORS),
)
async def list_commits(
    request: Request,
    dataset_id: UseDatasetId,
    query: Annotated[CommitsQuery, parameters.query(CommitsQuery)],
    catalog: UseCatalog,
    system: UseSystem,
) -> Response:
    """The newest commits of a revision."""
    found = await catalog.reader.get(dataset_id)
    question = Commits(found.id, query.revision, query.limit, head=_head(found))
    return answers.made(request, await system.hub.ask(question), found.version.serial)


@router.get(
    "/{dataset_id}/files",
    operation_id="listFiles",
    response_model=list[str] | list[models.File],
    openapi_extra=parameters.documented(FilesQuery),
    responses=NOT_MODIFIED | problems(*_HUB_ERRORS),
)
async def list_files(
    request: Request,
    dataset_id: UseDatasetId,
    query: Annotated[FilesQuery, parameters.query(FilesQuery)],
    catalog: UseCatalog,
    system: UseSystem,
) -> Response:
    """Every file of a revision, in all folders: paths, or with `detail` also size and oid."""
    found = await catalog.reader.get(dataset_id)
    question = Files(found.id, query.revision, query.detail, head=_head(found))
    return answers.made(request, await system.hub.ask(question), found.version.serial)


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
    """Where a file can be fetched from the Hub; never a signed address."""
    found = await catalog.reader.get(dataset_id)
    question = FileExists(found.id, query.revision, query.filename, head=_head(found))
    if await system.hub.ask(question) != b"true":
        raise errors.FileNotFound(
            f"{found.id!r} has no file {query.filename!r} at {query.revision!r}."
        )
    body = {"download_url": system.hub.repos.address(question)}
    return answers.made(request, body, found.version.serial)


def _head(found: Found) -> str | None:
    """The newest commit of main as the catalog knows it: a new one is a new question."""
    head: str | None = documents.parse(found.document)["sha"]
    return head
