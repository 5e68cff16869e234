"""The OpenAPI document: what the framework knows, completed by what only we know."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from collinear.api import kinds, problems
from collinear.api.guard.lanes import HEALTH
from collinear.api.openapi import headers
from collinear.api.openapi.links import links_of
from collinear.api.openapi.schemas import Schema, example, tidy
from collinear.api.shapes.streamed import Event

_SUMMARY = "A complete, fresh and fast catalog of every dataset on the Hugging Face Hub."
_DESCRIPTION = """\
Every dataset of the Hub with its size, downloads, likes, tags and impact, to list, search,
filter and follow.

* What is unknown is `null`, never 0, and comes last in every order.
* Every answer about the catalog carries an `ETag`: send it back as `If-None-Match` and get 304
  while nothing has changed. `X-Catalog-Serial` names the state of the catalog.
* Errors are `application/problem+json` (RFC 9457) with a stable `type` that explains itself.
* A parameter that is unknown, or that comes twice though it has one value, is refused.
* HEAD is answered wherever GET is. Lists answer with and without a slash at the end.
* An `X-Request-Id` that is sent comes back, and stands in the log.
"""
_TAGS = [
    {"name": "catalog", "description": "The list, and one dataset."},
    {"name": "from the Hub", "description": "What the Hub says about one dataset right now."},
    {"name": "changes", "description": "What has changed, for those who keep a copy."},
    {"name": "state", "description": "How fresh the catalog is; refreshing it."},
    {"name": "operations", "description": "For those who run the system."},
]
_ADMIN = {
    "type": "http",
    "scheme": "bearer",
    "description": "`COLLINEAR_ADMIN_TOKEN`; where it is empty, callers on the machine itself "
    "need none.",
}
_JSON = "application/json"
_ANYWHERE = (
    kinds.BAD_HTTP,
    kinds.TOO_SLOW,
    kinds.BODY_TOO_LARGE,
    kinds.URL_TOO_LONG,
    kinds.HEADERS_TOO_LARGE,
    kinds.BROKEN,
    kinds.TOOK_TOO_LONG,
)
_WHERE_LIMITED = (kinds.RATE_LIMITED, kinds.OVERLOADED)


def build(app: FastAPI) -> dict[str, Any]:
    """The document of an application; the same for the same code."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=_SUMMARY,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=_TAGS,
        servers=[{"url": "/", "description": "Where this document came from."}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    parts = document.setdefault("components", {})
    parts["schemas"] = _schemas(parts.get("schemas", {}))
    parts.update(headers.components())
    parts["securitySchemes"] = {"adminToken": _ADMIN}
    document["security"] = []
    for path, method, operation in _operations(document):
        _complete(path, method, operation, parts["schemas"])
    return document


def _schemas(made: dict[str, Schema]) -> dict[str, Schema]:
    """All schemas, with those that no route returns by itself, in the order of their names."""
    _, ours = models_json_schema(
        [(model, "serialization") for model in (problems.Problem, Event)],
        ref_template="#/components/schemas/{model}",
    )
    made = {**made, **ours["$defs"]}
    return {name: tidy(made[name]) for name in sorted(made)}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _complete(
    path: str, method: str, operation: dict[str, Any], definitions: dict[str, Schema]
) -> None:
    """Say of one operation what its code does not: headers, examples, links, who may ask."""
    operation["summary"] = operation["summary"].capitalize()
    if method != "get":
        operation["security"] = [{}, {"adminToken": []}]
    answers: dict[str, dict[str, Any]] = operation["responses"]
    kept, limited = "304" in answers, path not in HEALTH
    _add_problems(answers, (*_ANYWHERE, *(_WHERE_LIMITED if limited else ())))
    parameters: list[dict[str, Any]] = operation.setdefault("parameters", [])
    for parameter in parameters:
        if "schema" in parameter:
            _complete_parameter(parameter)
    if kept:
        parameters += headers.sent("If-None-Match")["parameters"]
    instance = _address(path, parameters)
    for status, answer in answers.items():
        problem = answer.get("content", {}).get(problems.MEDIA_TYPE)
        names = ["X-Request-Id", "Cache-Control", "Vary"]
        names += ["X-Catalog-Serial"] if path.startswith("/api/") else []
        names += ["RateLimit", "RateLimit-Policy"] if limited else []
        if problem is not None:
            names += problems.headers_of(problem["examples"])
            for shown in problem["examples"].values():
                shown["value"]["instance"] = instance
        elif kept:
            names.append("ETag")
        if status == "200":
            names += headers.MORE.get(operation["operationId"], ())
            names += ["Age", "Cache-Status"] if kept else []
        ours = headers.answered(*names)["headers"]
        answer["headers"] = {**ours, **answer.get("headers", {})}
        if problem is None and status != "304":
            _complete_success(operation, answer, definitions)
    operation["responses"] = dict(sorted(answers.items()))


def _add_problems(answers: dict[str, dict[str, Any]], anywhere: Iterable[kinds.Kind]) -> None:
    """What any request may meet before its route is reached."""
    for status, added in problems.problems(*anywhere).items():
        there = answers.setdefault(str(status), {"description": "", "content": added["content"]})
        examples = there["content"][problems.MEDIA_TYPE]["examples"]
        examples.update(added["content"][problems.MEDIA_TYPE]["examples"])
        there["description"] = " ".join(filter(None, (there["description"], added["description"])))


def _complete_parameter(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"] = tidy(parameter["schema"])
    schema.pop("description", None)  # it stands beside it
    examples = schema.pop("examples", None)
    if examples or "default" in schema:
        parameter.setdefault("example", examples[0] if examples else schema["default"])


def _complete_success(
    operation: dict[str, Any], answer: dict[str, Any], definitions: dict[str, Schema]
) -> None:
    links = links_of(operation["operationId"])
    if links:
        answer["links"] = links
    content = answer.get("content", {})
    for shown in content.values():
        if "$ref" in shown["schema"]:  # the framework says `string` beside it
            shown["schema"] = {"$ref": shown["schema"]["$ref"]}
    shown = content.get(_JSON)
    if shown is None:
        return
    schema = shown["schema"] = tidy(shown["schema"])
    options = schema.get("anyOf", [schema])
    with suppress(LookupError):  # a test says where one is missing
        if len(options) == 1:
            shown.setdefault("example", example(schema, definitions))
        elif "examples" not in shown:
            shown["examples"] = {
                _called(option): {"value": example(option, definitions)} for option in options
            }
    if answer["description"] == "Successful Response":
        named = definitions.get(schema.get("$ref", "").rpartition("/")[2], {})
        answer["description"] = named.get("description", operation["description"])


def _called(option: Schema) -> str:
    """A name for one of several forms that an answer can have."""
    return str(option.get("items", option).get("$ref", "plain")).rpartition("/")[2]


def _address(path: str, parameters: list[dict[str, Any]]) -> str:
    """The address of an example: the path with the examples of its parameters."""
    for parameter in parameters:
        if parameter.get("in") == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
    return path
