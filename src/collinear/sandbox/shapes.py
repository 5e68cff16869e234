"""The three shapes of a row in a list, and which fields may be asked for."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from collinear.sandbox import rowtext
from collinear.sandbox.cards import card_of
from collinear.sandbox.rowtext import EXTRAS, FIELDS, Row
from collinear.sandbox.world import World

LIST_EXPAND = (
    "author",
    "cardData",
    "citation",
    "createdAt",
    "description",
    "disabled",
    "downloads",
    "downloadsAllTime",
    "gated",
    "gitalyUid",
    "lastModified",
    "likes",
    "mainSize",
    "paperswithcode_id",
    "private",
    "sha",
    "tags",
    "trendingScore",
)
DETAIL_EXPAND = tuple(
    sorted((*LIST_EXPAND, "resourceGroup", "siblings", "usedStorage", "xetEnabled"))
)

_DEFAULT = (
    "_id",
    "id",
    "author",
    "disabled",
    "gated",
    "lastModified",
    "likes",
    "trendingScore",
    "private",
    "sha",
    "description",
    "downloads",
    "tags",
    "createdAt",
    "key",
)
_FULL = (
    "_id",
    "id",
    "author",
    "cardData",
    "disabled",
    "gated",
    "lastModified",
    "likes",
    "trendingScore",
    "private",
    "sha",
    "citation",
    "description",
    "downloads",
    "paperswithcode_id",
    "tags",
    "createdAt",
    "key",
)


class Shape(NamedTuple):
    """The fields of a row, in order; ``as_stored`` where the stored bytes are the answer."""

    fields: tuple[str, ...]
    as_stored: bool = False


class BadExpand(Exception):
    """A field that cannot be asked for; the message lists those that can."""


DEFAULT = Shape(_DEFAULT)
FULL = Shape(_FULL)


def check_expand(wanted: Iterable[str], allowed: tuple[str, ...]) -> None:
    """Raises BadExpand unless every field may be asked for."""
    if not set(wanted) <= set(allowed):
        raise BadExpand(f'"expand" must be one of [{", ".join(allowed)}]')


@lru_cache(maxsize=256)
def expanded(wanted: tuple[str, ...]) -> Shape:
    """`_id`, `id` and the wanted fields, in the order of storage; raises BadExpand."""
    check_expand(wanted, LIST_EXPAND)
    chosen = {"_id", "id", *wanted}
    fields = tuple(key for key in (*FIELDS, *EXTRAS, "gitalyUid") if key in chosen)
    return Shape(fields, as_stored=fields == FIELDS)


def page(world: World, slots: Iterable[int], shape: Shape) -> bytes:
    """The rows as a JSON list; what has no value is left out."""
    texts = world.texts
    if shape.as_stored:
        return b"[" + b",".join([text for slot in slots if (text := texts[slot])]) + b"]"
    fields = shape.fields
    heavy = not {*EXTRAS, "gitalyUid"}.isdisjoint(fields)
    rows = []
    for slot in slots:
        text = texts[slot]
        if text is None:
            continue
        row: Row = rowtext.load(text)
        if heavy:
            row = with_extras(world, slot, row)
        if "key" in fields:
            row["key"] = ""
        rows.append({key: row[key] for key in fields if key in row})
    return rowtext.dump(rows)


def with_extras(world: World, slot: int, row: Row) -> Row:
    """The row with its card and the other fields that are kept aside or made up."""
    row.update(world.extras.get(slot, {}))
    if world.derives_cards and "cardData" not in row:
        row.update(_card(row))
    row["gitalyUid"] = hashlib.sha256(world.hub_ids[slot].encode()).hexdigest()
    return row


def _card(row: Row) -> Mapping[str, Any]:
    card = card_of(row)
    return {"cardData": card} if card else {}
