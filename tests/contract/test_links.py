"""Every link of the document leads somewhere: followed from a real answer to a real answer."""

import re
from typing import Any
from urllib.parse import quote

import httpx2

from tests.contract.conftest import ADMIN, EXAMPLE
from tests.contract.contract import Contract, operations

BEGINNINGS: dict[str, dict[str, Any]] = {
    "listDatasets": {"limit": 5, "sort_by": "downloads", "gated": ["false"]},
    "getDataset": {"dataset_id": EXAMPLE},
    "findSimilar": {"dataset_id": EXAMPLE},
    "suggest": {"q": "l"},
    "listCommits": {"dataset_id": EXAMPLE},
    "listFiles": {"dataset_id": EXAMPLE, "revision": "main"},
    "listChanges": {"limit": 5},
}
"""Questions whose answers have something to lead on from."""


def all_links(contract: Contract) -> list[tuple[str, str]]:
    return [
        (operation["operationId"], name)
        for _, _, operation in operations(contract.document)
        for answer in operation["responses"].values()
        for name in answer.get("links", {})
    ]


def ask(
    living: httpx2.Client, contract: Contract, operation_id: str, given: dict[str, Any]
) -> httpx2.Response:
    """The answer to an operation with these parameters, wherever each belongs."""
    [(path, method, operation)] = [
        entry for entry in operations(contract.document) if entry[2]["operationId"] == operation_id
    ]
    places = {part["name"]: part["in"] for part in map(contract.resolve, operation["parameters"])}
    assert set(given) <= set(places)
    for name, place in places.items():
        if place == "path":
            path = path.replace(f"{{{name}}}", quote(str(given[name]), safe=""))
    query = {name: value for name, value in given.items() if places[name] == "query"}
    return living.request(method, path, params=query, headers=ADMIN if method == "post" else None)


def resolve(expression: str, given: dict[str, Any], answer: httpx2.Response) -> Any:
    """The value of a runtime expression of OpenAPI."""
    if header := re.fullmatch(r"\$response\.header\.(.+)", expression):
        return answer.headers[header[1]]
    if parameter := re.fullmatch(r"\$request\.(?:path|query)\.(.+)", expression):
        return given[parameter[1]]
    pointer = re.fullmatch(r"\$response\.body#(/.+)", expression)
    assert pointer, expression
    place: Any = answer.json()
    for part in pointer[1][1:].split("/"):
        place = place[int(part) if isinstance(place, list) else part]
    return place


def test_every_link_can_be_followed(living: httpx2.Client, contract: Contract) -> None:
    """To a success, which is as described."""
    for operation_id, name in all_links(contract):
        given = BEGINNINGS.get(operation_id, {})
        answer = ask(living, contract, operation_id, given)
        contract.holds(operation_id, answer)
        promise = contract.operations[operation_id]["responses"][str(answer.status_code)]
        link = promise["links"][name]
        parameters = {
            parameter: resolve(expression, given, answer)
            for parameter, expression in link["parameters"].items()
            if not (expression.startswith("$request") and parameter not in given)
        }
        next_answer = ask(living, contract, link["operationId"], parameters)
        assert next_answer.is_success, (operation_id, name, next_answer.text)
        contract.holds(link["operationId"], next_answer)
