"""Cursors as the Hub makes them: the condition that the next page's rows meet, in base64."""

import base64
import binascii
from typing import Any, NamedTuple

from collinear.domain.errors import BadCursor
from collinear.sandbox import rowtext
from collinear.sandbox.fill import id_second
from collinear.sandbox.orders import UNKNOWN, Rank, Sort
from collinear.sandbox.world import measure

SEARCH_TOKEN = "CJeMxwE="  # noqa: S105 - where a search engine would say how far it came


class Place(NamedTuple):
    """Behind which row a page begins: the row's value (None: unknown) and its `_id`."""

    value: Any
    hub_id: str


def encode(sort: Sort, place: Place, *, ascending: bool, searching: bool) -> str:
    """The cursor of the page behind a place."""
    value, hub_id = place
    after = {"$gt": hub_id}
    predicate: dict[str, Any]
    if sort is Sort.CREATED_AT:
        predicate = {"_id": after if ascending else {"$lt": hub_id}}
    elif sort is Sort.ID:
        predicate = {"id": {"$lt": value}}
    elif value is None:
        predicate = {sort.value: None, "_id": after}
    else:
        predicate = {
            "$or": [
                {sort.value: value, "_id": after},
                {sort.value: {"$lt": value}},
                {sort.value: None},
            ]
        }
    if searching:
        predicate["searchSequenceToken"] = SEARCH_TOKEN
    return base64.b64encode(rowtext.dump(predicate)).decode()


def decode(text: str, sort: Sort, *, ascending: bool) -> Rank:
    """The rank behind which the page begins; raises BadCursor, also for another order's cursor."""
    try:
        predicate = rowtext.load(base64.b64decode(text, validate=True))
        if sort is Sort.CREATED_AT:
            return (0.0, _hub_id(predicate["_id"]["$gt" if ascending else "$lt"]))
        if sort is Sort.ID:
            return (0.0, _text(predicate["id"]["$lt"]))
        if "$or" not in predicate:
            if predicate[sort.value] is not None:
                raise BadCursor("The cursor names a value without what comes behind it.")
            return (-UNKNOWN, _hub_id(predicate["_id"]["$gt"]))
        first = predicate["$or"][0]
        value = measure(sort, first[sort.value])
        if value == UNKNOWN:
            raise BadCursor("The cursor's value is none of this order.")
        return (-value, _hub_id(first["_id"]["$gt"]))
    except (binascii.Error, ValueError, KeyError, TypeError, IndexError) as error:
        raise BadCursor("The cursor is broken, or belongs to another order.") from error


def _hub_id(value: object) -> str:
    if id_second(value) is None:
        raise ValueError("not an ObjectId")
    return _text(value).lower()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
