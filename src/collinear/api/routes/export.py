"""The whole catalog at once."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from collinear.api import conditions, parameters
from collinear.api.exports import Download, Exports, Part, part_of
from collinear.api.kinds import RangeNotSatisfiable
from collinear.api.openapi import headers
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED
from collinear.api.system import UseCatalog, UseSystem
from collinear.domain import errors
from collinear.store.export import ExportReader, Format

router = APIRouter(prefix="/api/datasets", tags=["changes"])

_ATTEMPTS = 3
"""To get hold of a file that is replaced just then."""
_TYPES = {Format.JSONL: "application/gzip", Format.PARQUET: "application/vnd.apache.parquet"}
_CONTENT = {
    media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in _TYPES.values()
}


class ExportQuery(BaseModel):
    """In what shape."""

    model_config = ConfigDict(frozen=True)

    format: Format = Field(
        Format.JSONL,
        description="`jsonl`: a gzip of JSON Lines, a document a line; `parquet`: one Parquet file "
        "with a typed column for each field.",
        examples=["parquet"],
    )


@router.get(
    "/export",
    operation_id="exportDatasets",
    response_class=StreamingResponse,
    openapi_extra=parameters.documented(ExportQuery, "Range", "If-Range"),
    responses=NOT_MODIFIED
    | problems(
        errors.BadParameter, RangeNotSatisfiable, errors.SnapshotGone, errors.StoreUnavailable
    )
    | {
        200: {
            "description": "The file: every document, in catalog order.  It is true for "
            "X-Catalog-Serial; the changes since lead to the catalog.",
            "content": _CONTENT,
            **headers.answered("Accept-Ranges", "Content-Disposition"),
        },
        206: {
            "description": "The part of the file that Range asks for.",
            "content": _CONTENT,
            **headers.answered("Accept-Ranges", "Content-Range", "Content-Disposition"),
        },
    },
)
async def export_datasets(
    request: Request,
    query: Annotated[ExportQuery, parameters.query(ExportQuery)],
    catalog: UseCatalog,
    system: UseSystem,
) -> Response:
    """Every document, as of the end of the last complete run; a file that can be resumed."""
    if query.format is Format.PARQUET and not system.settings.parquet:
        raise errors.BadParameter("format", "this system writes no Parquet (COLLINEAR_PARQUET)")
    for _ in range(_ATTEMPTS - 1):
        try:
            return await _export(request, catalog.export, system.exports, query.format)
        except errors.SnapshotGone as gone:
            if gone.serial is None:
                raise
    return await _export(request, catalog.export, system.exports, query.format)


async def _export(
    request: Request, reader: ExportReader, exports: Exports, format: Format
) -> Response:
    export, unsure = await exports.find(reader, format)
    etag = f'"{export.serial}.{export.size}"'
    fields = conditions.headers(etag, export.serial)
    del fields["Vary"]  # it is one file, whatever the caller would take
    if unsure is not None:
        fields |= conditions.stale(unsure, "the store does not answer")
    elif conditions.has(request, etag):
        return conditions.not_modified(fields)
    fields |= {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="datasets.{format.suffix}"',
        "Content-Length": str(export.size),
    }
    if request.scope.get("head"):
        return Response(headers=fields, media_type=_TYPES[format])
    part = None
    if request.headers.get("if-range", etag) == etag:
        part = part_of(request.headers.get("range"), export)
    file = await exports.open(export)
    if file is None:
        fields["Accept-Ranges"] = "none"
        return StreamingResponse(
            exports.copies.source.read(export), headers=fields, media_type=_TYPES[format]
        )
    if part is not None:
        last = part.start + part.length - 1
        fields["Content-Range"] = f"bytes {part.start}-{last}/{export.size}"
        fields["Content-Length"] = str(part.length)
    return Download(
        file,
        part or Part(0, export.size),
        status_code=200 if part is None else 206,
        headers=fields,
        media_type=_TYPES[format],
    )
