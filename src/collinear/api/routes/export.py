"""The whole catalog at once."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from collinear.api import conditions, parameters
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED
from collinear.api.system import UseCatalog
from collinear.domain import errors

router = APIRouter(prefix="/api/datasets", tags=["changes"])

_FILE = {"Content-Disposition": 'attachment; filename="datasets.jsonl.gz"'}


@router.get(
    "/export",
    operation_id="exportDatasets",
    response_class=StreamingResponse,
    dependencies=[parameters.none()],
    responses=NOT_MODIFIED
    | problems(errors.BadParameter, errors.SnapshotGone, errors.StoreUnavailable)
    | {
        200: {
            "description": "A gzip of JSON Lines: a document a line, in catalog order.  It is true "
            "for X-Catalog-Serial; the changes since lead to the catalog.",
            "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def export_datasets(request: Request, catalog: UseCatalog) -> Response:
    """Every document, as of the end of the last complete run."""
    export = await catalog.export.find()
    if export is None:
        raise errors.SnapshotGone(None)
    etag = f'"{export.serial}"'
    headers = conditions.headers(etag, export.serial)
    if conditions.has(request, etag):
        return conditions.not_modified(headers)
    return StreamingResponse(
        catalog.export.read(export),
        media_type="application/gzip",
        headers={**headers, **_FILE, "Content-Length": str(export.size)},
    )
