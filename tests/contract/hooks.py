"""
What a schema cannot say: how parameters go together.

Good data is made by the schema of each parameter alone.  What breaks one of these rules is no
good data, and left out; that it is refused is tested in ``tests/api``.
"""

import re
from datetime import UTC, datetime
from typing import Any

import schemathesis

from collinear.api.layers.addresses import FIXED

POSITIVE = schemathesis.GenerationMode.POSITIVE

_PAIRS = (
    ("min_downloads", "max_downloads"),
    ("min_likes", "max_likes"),
    ("min_size_bytes", "max_size_bytes"),
)
_MOMENTS = (("modified_after", "modified_before"), ("created_after", "created_before"))


def goes_together(operation: str, query: dict[str, Any]) -> bool:
    """Whether the parameters of a question can be meant together."""
    if operation == "listDatasets":
        return (
            all(_in_order(query, *pair) for pair in (*_PAIRS, *_MOMENTS))
            and not (query.get("cursor") and query.get("offset"))
            and not (query.get("sort_by") == "relevance" and "search" not in query)
            and not (_truth(query.get("explain")) and float(query.get("limit", 10)) > 100)
        )
    if operation == "listChanges":
        ndjson = query.get("format") == "ndjson"
        return (ndjson or float(query.get("limit", 1)) <= 1000) and (
            not float(query.get("wait", 0)) or "since" in query
        )
    return True


def _in_order(query: dict[str, Any], least: str, most: str) -> bool:
    return least not in query or most not in query or _place(query[least]) <= _place(query[most])


def _place(value: Any) -> float:
    text = str(value)
    if not re.fullmatch(r"\d{4}-.*", text):
        return float(text)
    moment = datetime.fromisoformat(text.replace(":60", ":59"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _truth(value: Any) -> bool:
    return value not in (None, False, "false")


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Leave out good data that cannot be meant together."""
    if (case.path_parameters or {}).get("dataset_id") in FIXED:
        return False  # the address of another operation
    if case.headers.get("Last-Event-ID") == "":
        return False  # an empty one is none, as browsers have it
    if case.meta is None or case.meta.generation.mode is not POSITIVE:
        return True
    if any(part.mode is not POSITIVE for part in case.meta.components.values()):
        return False  # called good, and made of bad parts
    return goes_together(case.operation.definition.raw["operationId"], case.query or {})


@schemathesis.hook
def map_query(context: schemathesis.HookContext, query: dict[str, Any]) -> dict[str, Any]:
    """Nobody has a minute for an answer that waits for news."""
    wait = (query or {}).get("wait")
    return {**query, "wait": 0.1} if isinstance(wait, int | float) and 0.1 < wait <= 60 else query
