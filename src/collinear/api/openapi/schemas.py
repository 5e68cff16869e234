"""JSON Schemas as people would write them, and examples that are made of their parts."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

_NAMED = ("properties", "$defs")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties")
_INT32 = 2**31 - 1


def tidy(schema: Mapping[str, Any]) -> Schema:
    """The same schema: without made-up titles, null as one of its types, integers with a width."""
    shown = {name: value for name, value in schema.items() if name != "title"}
    for name in _NAMED:
        if name in shown:
            shown[name] = {key: tidy(value) for key, value in shown[name].items()}
    for name in _LISTED:
        if name in shown:
            shown[name] = [tidy(value) for value in shown[name]]
    for name in _SINGLE:
        if isinstance(shown.get(name), dict):
            shown[name] = tidy(shown[name])
    if shown.get("type") == "integer":
        small = shown.get("maximum", 2**63) <= _INT32
        shown.setdefault("format", "int32" if small else "int64")
    return _with_null(shown)


def _with_null(schema: Schema) -> Schema:
    """Null as a type of a schema that is otherwise one plain type."""
    options = schema.get("anyOf", [])
    plain = [option for option in options if option != {"type": "null"}]
    if len(plain) != 1 or len(options) != 2 or not isinstance(plain[0].get("type"), str):
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    merged = {**plain[0], **rest, "type": [plain[0]["type"], "null"]}
    if "const" in merged:
        merged["enum"] = [merged.pop("const")]
    if "enum" in merged:
        merged["enum"] = [*merged["enum"], None]
    return merged


def example(schema: Mapping[str, Any], definitions: Mapping[str, Schema]) -> Any:
    """
    An example of a schema: its own, or one that is made of the examples of its parts.

    Of an object only what is always there is shown.

    Raises:
        LookupError: A part of it has no example.
    """
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], definitions)
    if schema.get("type") == "array":
        return [example(schema["items"], definitions)]
    if schema.get("type") == "boolean":
        return False
    if "properties" in schema:
        always = schema.get("required", [])
        return {name: example(schema["properties"][name], definitions) for name in always}
    raise LookupError(f"This has no example: {schema}")
