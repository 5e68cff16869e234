"""The catalog: the list, and one dataset."""

import json
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Path, Request, Response

from collinear.api import answers, conditions, models, parameters
from collinear.api.problems import problems
from collinear.api.system import UseCatalog, UseSystem
from collinear.browse.basis import Basis
from collinear.domain import errors
from collinear.settings import Settings

router = APIRouter(prefix="/api", tags=["catalog"])

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "What the caller has, by If-None-Match, is still true."}
}


def _dataset_id(
    dataset_id: Annotated[
        str,
        Path(
            description="Namespace and name; the slash may be encoded. Case is ignored where no "
            "dataset is called exactly so.",
            examples=["org/name"],
        ),
    ],
) -> str:
    return unquote(dataset_id)


UseDatasetId = Annotated[str, Depends(_dataset_id)]


@router.get(
    "/impact-policy",
    operation_id="getImpactPolicy",
    response_model=models.ImpactPolicy,
    dependencies=[parameters.none()],
    responses=NOT_MODIFIED | problems(errors.BadParameter, errors.StoreUnavailable),
)
async def get_impact_policy(request: Request, catalog: UseCatalog, system: UseSystem) -> Response:
    """The thresholds that the datasets are graded by."""
    version = await catalog.reader.version()
    return answers.made(request, thresholds(version.thresholds, system.settings), version.serial)


@router.get(
    "/datasets/{dataset_id}",
    operation_id="getDataset",
    response_model=models.Detail,
    dependencies=[parameters.none()],
    responses=NOT_MODIFIED
    | problems(
        errors.BadParameter, errors.DatasetNotFound, errors.DatasetMoved, errors.StoreUnavailable
    ),
)
async def get_dataset(
    request: Request, dataset_id: UseDatasetId, catalog: UseCatalog, system: UseSystem
) -> Response:
    """One dataset, with its impact in full and its rank among all."""
    # Read before the dataset is: a tag that is too old costs an answer, never a stale one
    version, mark = await catalog.reader.version_and_mark()
    etag = conditions.lasting_tag(request, Basis(version, mark))
    if conditions.has(request, etag):
        return conditions.not_modified(conditions.headers(etag, version.serial))
    found, standing = await catalog.get(dataset_id)
    return answers.detail(
        found,
        standing,
        thresholds(found.version.thresholds, system.settings),
        conditions.headers(etag, version.serial),
    )


def thresholds(stored: str, settings: Settings) -> dict[str, Any]:
    """The thresholds that the stored documents are graded by; before the first run, ours."""
    ours = settings.impact_policy.to_dict()
    return {**ours, **json.loads(stored)} if stored else ours
