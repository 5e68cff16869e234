"""Cursors: a place in one list, opaque to those who carry it, useless in any other list."""

import base64
import binascii
import hashlib
import re

import orjson

from collinear.domain.errors import BadCursor
from collinear.domain.query import DatasetQuery
from collinear.store.reader import Place

_SEAL = 8
_SCORE = re.compile(r"-?(inf|\d+(\.\d+)?(e[+-]?\d+)?)")


def seal(query: DatasetQuery, place: bytes) -> str:
    """A cursor to ``place``, good for every page of this query's list."""
    return base64.urlsafe_b64encode(_sealed(query, place)).rstrip(b"=").decode()


def unseal(query: DatasetQuery, cursor: str) -> bytes:
    """
    The place that a cursor of this query's list leads to.

    Raises:
        BadCursor: It is broken, or belongs to a list of another query.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        sealed = b""
    place = sealed[_SEAL:]
    if sealed != _sealed(query, place) or cursor != seal(query, place):
        raise BadCursor(
            "The cursor is broken or belongs to another query: take next_cursor as it came, "
            "with the same filters, words and order, or begin again without it."
        )
    return place


def to_bytes(place: Place) -> bytes:
    """A place of a stored order as the inside of a cursor."""
    return place.score.encode() + b" " + place.member


def to_place(inside: bytes) -> Place:
    """
    What ``to_bytes`` was given.

    Raises:
        BadCursor: It was never given any such thing.
    """
    score, blank, member = inside.partition(b" ")
    text = score.decode("latin-1")
    if not blank or not _SCORE.fullmatch(text):
        raise BadCursor("The cursor leads nowhere: begin again without it.")
    return Place(text, member)


def to_text(inside: bytes) -> str:
    """
    The inside of a cursor that another keeper of lists gave as text.

    Raises:
        BadCursor: It is no text.
    """
    try:
        return inside.decode()
    except UnicodeDecodeError:
        raise BadCursor("The cursor leads nowhere: begin again without it.") from None


def _sealed(query: DatasetQuery, place: bytes) -> bytes:
    identity = orjson.dumps(query.identity, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(identity + b"\n" + place, digest_size=_SEAL).digest() + place
