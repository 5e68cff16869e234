"""The catalog: the list, and one dataset."""

from typing import Annotated, Any, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from collinear.api import answers, conditions, parameters
from collinear.api.detail import detail
from collinear.api.from_hub import answers as hub_answers
from collinear.api.layers.addresses import FIXED
from collinear.api.policy import thresholds
from collinear.api.problems import problems
from collinear.api.shapes import models
from collinear.api.system import UseCatalog, UseSystem
from collinear.browse.basis import Basis
from collinear.domain import errors
from collinear.hub.questions import MAIN, Card

router = APIRouter(prefix="/api", tags=["catalog"])

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "What the caller has, by If-None-Match, is still true."}
}


def _dataset_id(
    dataset_id: Annotated[
        str,
        Path(
            description="Namespace and name; the slash may be encoded. Case is ignored where no "
            "dataset is called exactly so. The words of this API directly below `/api/datasets/` "
            "are never read as an id.",
            examples=["openai/gsm8k"],
            # Said, not checked: what is longer, or one of the words, is no dataset anyway
            json_schema_extra={
                "minLength": 1,
                "maxLength": 500,
                "not": {"enum": sorted(FIXED - {""})},
            },
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


class DetailQuery(BaseModel):
    """What else is wanted of one dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expand: Literal["card_data"] | None = Field(
        None,
        description="Also the metadata of the dataset's card, which is asked from the Hub.",
        examples=["card_data"],
    )


@router.get(
    "/datasets/{dataset_id}",
    operation_id="getDataset",
    response_model=models.Detail,
    openapi_extra=parameters.documented(DetailQuery),
    responses=NOT_MODIFIED
    | problems(
        errors.BadParameter,
        errors.DatasetNotFound,
        errors.DatasetMoved,
        errors.DatasetGated,
        errors.HubUnavailable,
        errors.HubTimeout,
        errors.HubRateLimited,
        errors.StoreUnavailable,
    ),
)
async def get_dataset(
    request: Request,
    dataset_id: UseDatasetId,
    query: Annotated[DetailQuery, parameters.query(DetailQuery)],
    catalog: UseCatalog,
    system: UseSystem,
) -> Response:
    """One dataset, with its impact in full, its rank among all, and what changed last."""
    # Read before the dataset is: a tag that is too old costs an answer, never a stale one
    version, mark = await catalog.reader.version_and_mark()
    basis = Basis(version, mark)
    etag = conditions.tag(request, basis)
    if conditions.has_already(request, etag):
        return conditions.not_modified(conditions.headers(etag, version.serial))
    found, standing = await catalog.get(dataset_id)
    policy = thresholds(found.version.thresholds, system.settings)
    if query.expand is None:
        etag = conditions.lasting_tag(request, basis)
        headers = conditions.headers(etag, version.serial)
        return detail(found, standing, policy, headers)
    card = await system.hub.ask(Card(hub_answers.at_revision(found, MAIN)))
    headers = hub_answers.beside(card, etag, version.serial)
    return detail(found, standing, policy, headers, card.answer.body)
