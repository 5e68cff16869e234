"""
Query parameters: read into a model, every mistake named at once.

The framework would read them too, but takes the last of several values without a word, and
longer for it than the store for its answer.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends
from pydantic import BaseModel, ConfigDict, ValidationError

from collinear.api.openapi import headers

Model = TypeVar("Model", bound=BaseModel)

_MOST = 1000
"""Parameters in one query; beyond, nobody means it well."""
_NO_TEXT = "is not UTF-8 once its %-escapes are read"
_WHOLE = re.compile(r"-?[0-9]+")


class Nothing(BaseModel):
    """What an address takes that takes no parameters."""

    model_config = ConfigDict(frozen=True)


def query(model: type[Model]) -> Depends:
    """
    A dependency: the parameters of the request as a frozen ``model``.

    Raises:
        RequestValidationError: With one entry for each parameter that is unknown, that came
            more than once though it has one value, or whose value does not fit.
    """
    read = reader(model)

    async def dependency(request: Request) -> Model:
        return read(request)

    return Depends(dependency)


def none() -> Depends:
    """A dependency of an address that takes no parameters."""
    return query(Nothing)


def documented(model: type[BaseModel], *sent: str) -> dict[str, Any]:
    """The parameters of ``model``, and headers by name, as a part of an operation of OpenAPI."""
    schema = model.model_json_schema()
    required = set(schema.get("required", []))
    parameters = [
        _parameter(name, _inlined(field, schema.get("$defs", {})), required=name in required)
        for name, field in schema["properties"].items()
    ]
    return {"parameters": [*parameters, *headers.sent(*sent)["parameters"]]}


def reader(model: type[Model]) -> Callable[[Request], Model]:
    """A function that reads the parameters of a request; raises as ``query`` says."""
    fields = model.model_fields
    many = {name for name, field in fields.items() if get_origin(field.annotation) is list}
    whole = {name for name, field in fields.items() if _is_whole(field.annotation)}
    plain = None if any(field.is_required() for field in fields.values()) else model()

    def read(request: Request) -> Model:
        sent: bytes = request.scope["query_string"]
        if not sent and plain is not None:
            return plain
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, value in _pairs(sent):
            if not _is_text(name + value):
                wrong[name.encode(errors="replace").decode()] = _NO_TEXT
            elif name not in fields:
                wrong[name] = _unknown(name, list(fields))
            elif name in many:
                values.setdefault(name, []).append(value)
            elif name in values:
                wrong[name] = "has one value; it came more than once"
            elif name in whole and not _WHOLE.fullmatch(value):
                wrong[name] = "must be a whole number, in digits"  # and not 1_0, as Python has it
            else:
                values[name] = value
        refused: list[dict[str, Any]] = [
            {"loc": ("query", name), "msg": reason} for name, reason in wrong.items()
        ]
        try:
            read = model.model_validate(values)
        except ValidationError as error:
            refused += [
                {**entry, "loc": ("query", *entry["loc"])}
                for entry in error.errors()
                if entry["loc"][0] not in wrong
            ]
        if refused:
            raise RequestValidationError(refused)
        return read

    return read


def _is_whole(annotation: Any) -> bool:
    return annotation is int or any(map(_is_whole, get_args(annotation)))


def _pairs(sent: bytes) -> list[tuple[str, str]]:
    """Names and values; bytes that are no UTF-8 become halves of surrogate pairs."""
    text = sent.decode(errors="surrogateescape")
    try:
        return parse_qsl(
            text, keep_blank_values=True, errors="surrogateescape", max_num_fields=_MOST
        )
    except ValueError:
        reason = f"has more than {_MOST} parameters"
    raise RequestValidationError([{"loc": ("query", "query"), "msg": reason}])


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unknown(name: str, known: list[str]) -> str:
    if not known:
        return "is unknown; this address takes no parameters"
    near = get_close_matches(name, known, n=1)
    if near:
        return f"is unknown; did you mean {near[0]}?"
    return f"is unknown; there are {', '.join(known)}"


def _parameter(name: str, field: dict[str, Any], *, required: bool) -> dict[str, Any]:
    description = field.pop("description")
    if field.get("default", ...) in (None, []):
        del field["default"]  # cannot be sent: leaving the parameter out means it
    options = [option for option in field.pop("anyOf", []) if option != {"type": "null"}]
    schema = {**options[0], **field} if len(options) == 1 else {**field}
    if len(options) > 1:
        schema["anyOf"] = options
    # A comma list where it may not be empty, repeated otherwise
    listed = {"style": "form", "explode": False} if "minItems" in schema else {}
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        **listed,
        "schema": schema,
    }


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    """A schema without references: a parameter is read by itself."""
    if isinstance(part, list):
        return [_inlined(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        definition = dict(definitions[part["$ref"].rpartition("/")[2]])
        for name in ("title", "description"):
            definition.pop(name, None)  # the parameter's own says more
        return {**definition, **_inlined({k: v for k, v in part.items() if k != "$ref"}, {})}
    return {name: _inlined(value, definitions) for name, value in part.items()}
