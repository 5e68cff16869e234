"""The documentation says what is there, all of it."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from collinear.api.app import create_app
from collinear.domain.query import DatasetQuery
from collinear.settings import Settings


@pytest.fixture
def document(api: httpx2.Client) -> dict[str, Any]:
    answer = api.get("/openapi.json")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_every_address_is_documented(document: dict[str, Any], settings: Settings) -> None:
    """With a name for clients, a sentence for people, and a tag that is explained."""
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/api/datasets",
        "/api/datasets/cache-status",
        "/api/datasets/changes",
        "/api/datasets/export",
        "/api/datasets/dead-letters",
        "/api/datasets/meta",
        "/api/datasets/refresh-cache",
        "/api/datasets/refresh-cache/{task_id}",
        "/api/datasets/{dataset_id}",
        "/api/datasets/suggest",
        "/api/datasets/{dataset_id}/similar",
        "/api/datasets/{dataset_id}/commits",
        "/api/datasets/{dataset_id}/files",
        "/api/datasets/{dataset_id}/file-url",
        "/api/impact-policy",
        "/livez",
        "/readyz",
        "/metrics",
        "/problems/{name}",
    }
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in document["tags"]}
    for _, _, operation in operations(document):
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= tags
    assert create_app(settings).openapi() == document


def test_every_parameter_is_explained_and_bounded(document: dict[str, Any]) -> None:
    """Those of the list are those of the query, no more and no less."""
    parameters = {
        (path, parameter["name"]): parameter
        for path, _, operation in operations(document)
        for parameter in operation.get("parameters", [])
    }
    assert all(parameter["description"] for parameter in parameters.values())
    listed = {name for path, name in parameters if path == "/api/datasets"}
    assert listed == set(DatasetQuery.model_fields)
    limit = parameters["/api/datasets", "limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 1000, 10)


def test_every_problem_is_a_problem(document: dict[str, Any]) -> None:
    """In its own media type; and every reference leads somewhere."""
    for path, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 308:
                assert list(answer["content"]) == ["application/problem+json"], (path, status)
        if path.startswith("/api/"):
            assert {"422", "503"} <= set(operation["responses"])
    for reference in references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
