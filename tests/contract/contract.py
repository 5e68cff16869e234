"""What the document promises, held against a real answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import jsonschema_rs
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from collinear.api.problems import MEDIA_TYPE as PROBLEM
from collinear.api.problems import Problem

TRANSPORT = {
    "date",
    "connection",
    "transfer-encoding",
    "content-type",
    "content-length",
    "content-encoding",
}
"""Headers of HTTP itself."""
BROWSERS = {
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-resource-policy",
    "content-security-policy",
    "x-accel-buffering",
}
"""Headers that every answer has, for browsers and proxies."""


@dataclass
class Contract:
    """The document of an application with the models that its routes declare."""

    app: FastAPI

    def __post_init__(self) -> None:
        self.document: dict[str, Any] = self.app.openapi()
        self.operations = {
            operation["operationId"]: operation for _, _, operation in operations(self.document)
        }
        self.models = {
            route.operation_id: route.response_model
            for route in self.app.routes
            if isinstance(route, APIRoute)
        }

    def holds(self, operation_id: str, answer: httpx2.Response) -> Any:
        """
        The body of an answer that is as the document and the model of its route say.

        Its media type and headers are described, its body fits the schema with all formats, and
        is read back by the model, which allows no field and no type beside those it names.
        """
        promise = self.check_head(operation_id, answer)
        if answer.status_code == 304:
            assert answer.content == b""
            return None
        media = answer.headers["content-type"].partition(";")[0]
        assert media in promise["content"], (operation_id, answer.status_code, media)
        if media not in ("application/json", PROBLEM):
            return answer.content
        self.check(promise["content"][media]["schema"], answer.json())
        model = Problem if media == PROBLEM else self.models[operation_id]
        return TypeAdapter(model).validate_json(answer.content, strict=True)

    def check_head(self, operation_id: str, answer: httpx2.Response) -> dict[str, Any]:
        """What is promised of an answer with this status; its headers are as described."""
        described = self.operations[operation_id]["responses"]
        promise: dict[str, Any] | None = described.get(str(answer.status_code))
        assert promise is not None, (operation_id, answer.status_code)
        self._check_headers(promise.get("headers", {}), answer.headers)
        assert "x-request-id" in answer.headers
        return promise

    def check(self, schema: Mapping[str, Any], body: Any) -> None:
        """An assertion that ``body`` fits a schema of the document."""
        whole = {**schema, "components": self.document["components"]}
        validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        errors = [
            f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(body)
        ]
        assert not errors, errors

    def _check_headers(self, promised: Mapping[str, Any], sent: httpx2.Headers) -> None:
        headers = {name.lower(): self.resolve(header) for name, header in promised.items()}
        undescribed = set(sent) - TRANSPORT - BROWSERS - set(headers)
        assert not undescribed, undescribed
        for name, header in headers.items():
            assert name in sent or not header["required"], f"{name} is missing"
            if name in sent:
                value = sent[name]
                whole = header["schema"]["type"] in ("integer", ["integer", "null"])
                self.check(header["schema"], int(value) if whole else value)

    def resolve(self, part: dict[str, Any]) -> dict[str, Any]:
        """What a reference leads to; anything else is itself."""
        place: Any = self.document
        if "$ref" not in part:
            return part
        for name in part["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        found: dict[str, Any] = place
        return found


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of each."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation
