"""Where an answer leads: what of it goes into which next question."""

from typing import Any, NamedTuple

from collinear.domain.query import DatasetQuery


class Link(NamedTuple):
    """A next question; ``parameters`` are runtime expressions of OpenAPI."""

    operation: str
    description: str
    parameters: dict[str, str]


_THIS = {"dataset_id": "$response.body#/id"}
_SAME = {"dataset_id": "$request.path.dataset_id"}

_SAME_QUERY = {
    name: f"$request.query.{name}"
    for name in DatasetQuery.model_fields
    if name not in {"cursor", "offset"}
}
"""Of these only what was asked with can be resolved; the rest is left out, as OpenAPI has it."""

LINKS: dict[str, dict[str, Link]] = {
    "listDatasets": {
        "firstItem": Link(
            "getDataset", "The first dataset in full.", {"dataset_id": "$response.body#/items/0/id"}
        ),
        "nextPage": Link(
            "listDatasets",
            "The next page, with the same query; `next_cursor` is null on the last.",
            {**_SAME_QUERY, "cursor": "$response.body#/next_cursor"},
        ),
    },
    "getDataset": {
        "commits": Link("listCommits", "Its commits.", _THIS),
        "files": Link("listFiles", "Its files.", _THIS),
        "similar": Link("findSimilar", "Datasets that are like it.", _THIS),
        "sameAuthor": Link(
            "listDatasets", "Others of its author.", {"author": "$response.body#/author"}
        ),
    },
    "findSimilar": {
        "mostAlike": Link(
            "getDataset",
            "The one most alike in full.",
            {"dataset_id": "$response.body#/items/0/id"},
        ),
    },
    "suggest": {
        "firstName": Link(
            "getDataset",
            "The dataset that is suggested first.",
            {"dataset_id": "$response.body#/names/0/id"},
        ),
        "firstAuthor": Link(
            "listDatasets",
            "The datasets of the author that is suggested first.",
            {"author": "$response.body#/authors/0/text"},
        ),
        "firstTag": Link(
            "listDatasets",
            "The datasets with the tag that is suggested first.",
            {"tag": "$response.body#/tags/0/text"},
        ),
    },
    "listCommits": {
        "filesThen": Link(
            "listFiles",
            "The files as of the newest of these commits.",
            {**_SAME, "revision": "$response.body#/0/id"},
        ),
    },
    "listFiles": {
        "firstFile": Link(
            "getFileUrl",
            "Where the first file can be fetched; without `detail`.",
            {
                **_SAME,
                "filename": "$response.body#/0",
                "revision": "$request.query.revision",
            },
        ),
    },
    "listChanges": {
        "nextChanges": Link("listChanges", "What came after.", {"since": "$response.body#/next"}),
        "firstChanged": Link(
            "getDataset",
            "The dataset that changed first, as it is now.",
            {"dataset_id": "$response.body#/changes/0/id"},
        ),
    },
    "exportDatasets": {
        "changesSince": Link(
            "listChanges",
            "What has changed since the copy was made.",
            {"since": "$response.header.X-Catalog-Serial"},
        ),
    },
    "getCacheStatus": {
        "changesSince": Link(
            "listChanges", "What changes from now on.", {"since": "$response.body#/serial"}
        ),
    },
    "requestRefresh": {
        "outcome": Link(
            "getRefresh", "What becomes of the refresh.", {"task_id": "$response.body#/task_id"}
        ),
    },
}
"""By the operation whose success leads on."""


def links_of(operation_id: str) -> dict[str, Any]:
    """The links of an operation's success, for OpenAPI."""
    return {
        name: {
            "operationId": link.operation,
            "description": link.description,
            "parameters": link.parameters,
        }
        for name, link in LINKS.get(operation_id, {}).items()
    }
