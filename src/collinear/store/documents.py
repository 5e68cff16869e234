"""Documents as bytes: how they are printed, and how they are read again."""

import json
from collections.abc import Mapping
from typing import Any

import orjson


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """The compact JSON that is stored and served."""
    try:
        return orjson.dumps(document)
    except TypeError:
        # A lone surrogate is no UTF-8, but as an escape it can be kept as the Hub sent it
        return json.dumps(document, separators=(",", ":")).encode()


def parse(document: bytes) -> dict[str, Any]:
    """A stored document as a dict."""
    try:
        parsed = orjson.loads(document)
    except orjson.JSONDecodeError:
        parsed = json.loads(document)
    if not isinstance(parsed, dict):
        raise TypeError("a document is an object")
    return parsed


def read(document: bytes | None) -> dict[str, Any] | None:
    """A stored document; None where there is none, or what somebody has made of it is none."""
    try:
        found = parse(document or b"")
    except (ValueError, TypeError):
        return None
    named = isinstance(found.get("hub_id"), str) and isinstance(found.get("id"), str)
    return found if named else None


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the fields in which two documents differ."""
    return tuple(name for name, value in after.items() if before.get(name, ...) != value)
