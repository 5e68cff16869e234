"""The catalog: the list, and one dataset."""

from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Path, Request, Response

from collinear.api import answers, conditions, models, parameters
from collinear.api.policy import thresholds
from collinear.api.problems import problems
from collinear.api.system import UseCatalog, UseSystem
from collinear.browse.basis import Basis
from collinear.domain import errors

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
    responses=NOT_MODIFIED | problems(errors.BadParameter),
)
async def get_impact_policy(request: Request, system: UseSystem) -> Response:
    """
    The thresholds that the datasets are graded by.

    While the store does not answer, those that were last known, marked as stale.
    """
    policy = system.policy
    try:
        policy.learn(await (await system.catalog()).reader.version())
    except errors.StoreUnavailable:
        return answers.unconfirmed(policy.thresholds, policy.stale())
    return answers.made(request, policy.thresholds, policy.serial)


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
