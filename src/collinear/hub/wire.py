"""The Hub's own names and shapes for a dataset.  Nothing outside this package knows them."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from collinear.domain import moments
from collinear.domain.dataset import Dataset, Gated

FIELDS = (
    "author",
    "createdAt",
    "description",
    "disabled",
    "downloads",
    "downloadsAllTime",
    "gated",
    "lastModified",
    "likes",
    "mainSize",
    "private",
    "sha",
    "tags",
    "trendingScore",
)
"""What we ask of each row; ``_id`` and ``id`` always come along."""

_HUB_ID = re.compile(r"[0-9a-f]{24}")
_TEXTS = {str}
_LARGEST = 2**63 - 1
"""Counts beyond a signed 64-bit integer are no counts: no store or index could order them."""


class Rejected(NamedTuple):
    """A row that was set aside; ``hub_id`` and ``id`` as far as they could be read."""

    hub_id: str | None
    id: str | None
    reason: str
    row: str
    """The row as text."""


class Translated(NamedTuple):
    """A page of rows in the catalog's own words."""

    datasets: list[Dataset]
    rejected: list[Rejected]


class _WrongType(Exception):
    """A field holds what the Hub never sends."""


def translate(rows: Sequence[Any]) -> Translated:
    """Translate a page; one strange row never loses the others."""
    translated = Translated([], [])
    for row in rows:
        try:
            translated.datasets.append(to_dataset(row))
        except (_WrongType, RecursionError) as error:  # nested too deeply to be told
            translated.rejected.append(Rejected(*identify(row), str(error), print_row(row)))
    return translated


def is_private(row: Any) -> bool:
    """Whether the row is for its owner only: a token shows such rows, and nobody keeps them."""
    return isinstance(row, dict) and row.get("private") is True


def print_row(row: Any) -> str:
    """A row as text that can be stored: a lone surrogate stays the escape that it was."""
    try:
        return json.dumps(row)
    except RecursionError:
        hub_id, dataset_id = identify(row)
        return json.dumps({"_id": hub_id, "id": dataset_id})


def fingerprint(row: Any, seed: bytes) -> bytes | None:
    """
    The digest (8 bytes) of a row; None where it has none: such a row is always looked at.

    ``seed`` (up to 64 bytes) stands for the way in which rows become documents.
    """
    try:
        text = orjson.dumps(row)
    except TypeError:  # a lone surrogate
        return None
    return hashlib.blake2b(text, digest_size=8, key=seed).digest()


def to_dataset(row: Any) -> Dataset:
    """
    One listing row as a dataset.

    A row with a usable ``_id`` and ``id`` is kept whatever its strings hold: a date that
    cannot be read becomes unknown.  Only a wrong type is refused.
    """
    if not isinstance(row, dict):
        raise _WrongType(f"the row is a {type(row).__name__}, not an object")
    hub_id, dataset_id = identify(row)
    if hub_id is None:
        raise _WrongType("_id is not 24 hexadecimal digits")
    if dataset_id is None:
        raise _WrongType("id is not a usable text")
    get = row.get
    namespace, slash, _ = dataset_id.partition("/")
    return Dataset(
        hub_id=hub_id,
        id=dataset_id,
        author=_text(get("author"), "author") or (namespace if slash else None),
        description=_text(get("description"), "description"),
        tags=_tags(get("tags")),
        size_bytes=_count(get("mainSize"), "mainSize"),
        downloads=_count(get("downloads"), "downloads"),
        downloads_all_time=_count(get("downloadsAllTime"), "downloadsAllTime"),
        likes=_count(get("likes"), "likes"),
        trending_score=_number(get("trendingScore"), "trendingScore"),
        gated=_gated(get("gated")),
        private=_flag(get("private"), "private"),
        disabled=_flag(get("disabled"), "disabled"),
        sha=_text(get("sha"), "sha"),
        created_at=_moment(get("createdAt"), "createdAt"),
        last_modified=_moment(get("lastModified"), "lastModified"),
    )


def hub_id_of(row: Any) -> str | None:
    """The identity of a row as far as it can be read: what the order of creation goes by."""
    return identify(row)[0]


def identify(row: Any) -> tuple[str | None, str | None]:
    """``_id`` and ``id`` of a row, as far as they can be read."""
    if not isinstance(row, dict):
        return None, None
    hub_id, dataset_id = row.get("_id"), row.get("id")
    if not (isinstance(hub_id, str) and _HUB_ID.fullmatch(hub_id)):
        hub_id = None
    if not (isinstance(dataset_id, str) and dataset_id and _is_utf8(dataset_id)):
        dataset_id = None
    return hub_id, dataset_id


def _is_utf8(text: str) -> bool:
    # a lone surrogate can be no member of a sorted set and no part of an address
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: Any, field: str) -> str | None:
    if value is None or type(value) is str:
        return value
    raise _wrong(field, value, "a text")


def _flag(value: Any, field: str) -> bool:
    if value is None:
        return False
    if type(value) is bool:
        return value
    raise _wrong(field, value, "true or false")


def _count(value: Any, field: str) -> int | None:
    if value is None:
        return None
    if type(value) is int and -_LARGEST <= value <= _LARGEST:
        return value
    raise _wrong(field, value, "a whole number")


def _number(value: Any, field: str) -> float | None:
    if value is None:
        return None
    if type(value) is int and -_LARGEST <= value <= _LARGEST:
        return value
    if type(value) is float and abs(value) <= _LARGEST:  # nan and infinity are not
        return value
    raise _wrong(field, value, "a number")


def _moment(value: Any, field: str) -> int | None:
    text = _text(value, field)
    return None if text is None else moments.parse(text)


def _gated(value: Any) -> Gated:
    if value is None or value is False:
        return False
    if value == "auto" or value == "manual":
        return "auto" if value == "auto" else "manual"
    raise _wrong("gated", value, 'false, "auto" or "manual"')


def _tags(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if type(value) is list and _TEXTS.issuperset(map(type, value)):
        return tuple(value)
    raise _wrong("tags", value, "a list of texts")


def _wrong(field: str, value: Any, wanted: str) -> _WrongType:
    shown = repr(value)
    if len(shown) > 80:
        shown = shown[:80] + "..."
    return _WrongType(f"{field} is {shown}, not {wanted}")
