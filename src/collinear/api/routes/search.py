"""Beside the list: suggestions for a search box, and datasets that are like another one."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from collinear.api import answers, conditions, parameters
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED, UseDatasetId
from collinear.api.shapes import found
from collinear.api.system import UseCatalog
from collinear.domain import errors

router = APIRouter(prefix="/api/datasets", tags=["catalog"])


class SuggestQuery(BaseModel):
    """What was typed so far."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str = Field(
        min_length=1,
        max_length=200,
        description="What was typed so far: the beginning of a name, an author or a tag, of any "
        "of their words, or of an id.",
        examples=["question ans"],
    )
    limit: int = Field(5, ge=1, le=20, description="Suggestions of each kind.")


class SimilarQuery(BaseModel):
    """How many."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(10, ge=1, le=50, description="Datasets, from the one most alike.")


@router.get(
    "/suggest",
    operation_id="suggest",
    response_model=found.Suggestions,
    openapi_extra=parameters.documented(SuggestQuery),
    responses=NOT_MODIFIED
    | problems(errors.BadParameter, errors.IndexNotReady, errors.StoreUnavailable),
)
async def suggest(
    request: Request,
    query: Annotated[SuggestQuery, parameters.query(SuggestQuery)],
    catalog: UseCatalog,
) -> Response:
    """Names, authors and tags that begin as typed, with how many datasets they stand for."""
    body = asdict(await catalog.discovery.suggest(query.q, query.limit))
    serial = body.pop("serial")
    return answers.made(request, body, serial)


@router.get(
    "/{dataset_id}/similar",
    operation_id="findSimilar",
    response_model=found.SimilarDatasets,
    openapi_extra=parameters.documented(SimilarQuery),
    responses=NOT_MODIFIED
    | problems(
        errors.BadParameter,
        errors.DatasetNotFound,
        errors.DatasetMoved,
        errors.IndexNotReady,
        errors.StoreUnavailable,
    ),
)
async def find_similar(
    request: Request,
    dataset_id: UseDatasetId,
    query: Annotated[SimilarQuery, parameters.query(SimilarQuery)],
    catalog: UseCatalog,
) -> Response:
    """Other datasets that share what tells this one from most."""
    dataset = await catalog.reader.get(dataset_id)
    if conditions.asks_for_change(request):
        basis = await catalog.discovery.basis(dataset.version)
        etag = conditions.lasting_tag(request, basis)
        if conditions.has(request, etag):
            return conditions.not_modified(conditions.headers(etag, basis.serial))
    similar = await catalog.discovery.similar(dataset, query.limit)
    etag = conditions.lasting_tag(request, similar.basis)
    return answers.similar(similar, conditions.headers(etag, similar.basis.serial))
