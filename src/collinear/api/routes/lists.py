"""The list: the way to every dataset."""

from fastapi import APIRouter, Request, Response

from collinear.api import answers, conditions, parameters
from collinear.api.direct import Direct
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED
from collinear.api.shapes import listed
from collinear.api.system import system_of
from collinear.domain import errors
from collinear.domain.query import DatasetQuery

router = APIRouter(prefix="/api", tags=["catalog"], route_class=Direct)

_read_query = parameters.reader(DatasetQuery)


@router.get(
    "/datasets",
    operation_id="listDatasets",
    response_model=listed.Page,
    openapi_extra=parameters.documented(DatasetQuery),
    responses=NOT_MODIFIED
    | problems(
        errors.BadParameter,
        errors.BadCursor,
        errors.TooDeep,
        errors.IndexNotReady,
        errors.StoreUnavailable,
    ),
)
async def list_datasets(request: Request) -> Response:
    """Search, filter, order and page through every dataset on the Hub."""
    query = _read_query(request)
    catalog = await system_of(request).catalog()
    if conditions.asks_for_change(request):
        basis = await catalog.find_basis(query)
        etag = conditions.lasting_tag(request, basis)
        if conditions.has_already(request, etag):
            return conditions.not_modified(conditions.headers(etag, basis.serial))
    listing = await catalog.find(query)
    etag = conditions.lasting_tag(request, listing.basis)
    return answers.page(listing, query, conditions.headers(etag, listing.basis.serial))
