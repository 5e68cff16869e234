"""Rows as JSON bytes: compact, in the Hub's order of fields, whatever their strings hold."""

import json
from typing import Any

import orjson

Row = dict[str, Any]

FIELDS = (
    "_id",
    "id",
    "author",
    "sha",
    "createdAt",
    "lastModified",
    "private",
    "gated",
    "disabled",
    "downloads",
    "downloadsAllTime",
    "likes",
    "trendingScore",
    "mainSize",
    "tags",
    "description",
)
"""What nearly every row carries, in the order in which it is stored and answered."""

EXTRAS = ("cardData", "citation", "paperswithcode_id")
"""What few rows carry; kept aside, because a card can be 700 KB."""


def dump(value: Any) -> bytes:
    """Compact JSON; a lone surrogate or a huge number, which UTF-8 cannot say, is escaped."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def load(text: bytes) -> Any:
    """The value of JSON bytes; raises ValueError where they are none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
