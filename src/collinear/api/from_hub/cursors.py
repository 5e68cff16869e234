"""Cursors into what the Hub tells in pages: a commit, a page of it, and how far into that."""

import base64
import binascii
import hashlib
import json
import re
from typing import NamedTuple

from collinear.domain.errors import BadCursor
from collinear.hub.entries import position_of
from collinear.hub.questions import At

_SEAL = 6
_COMMIT = re.compile(r"[0-9a-f]{40}")
_FURTHEST = 100_000


class Place(NamedTuple):
    """Where to go on; with a commit it stays there, whatever is committed meanwhile."""

    commit: str | None
    position: str
    offset: int


def seal(what: str, at: At, place: Place) -> str:
    """A cursor that is good for this dataset and revision, as it is, and nowhere else."""
    inside = json.dumps(place, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_seal(what, at, inside) + inside).rstrip(b"=").decode()


def unseal(what: str, at: At, cursor: str) -> Place:
    """
    The place that a cursor leads to.

    Raises:
        BadCursor: It is broken, or belongs to another dataset or revision.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
        place = Place(*json.loads(sealed[_SEAL:]))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise _bad() from None
    if sealed[:_SEAL] != _seal(what, at, sealed[_SEAL:]) or not _is_one(place):
        raise _bad()
    return place


def _is_one(place: Place) -> bool:
    commit, position, offset = place
    return (
        (commit is None or (isinstance(commit, str) and bool(_COMMIT.fullmatch(commit))))
        and isinstance(position, str)
        and position == position_of(position)
        and type(offset) is int
        and 0 <= offset <= _FURTHEST
    )


def _seal(what: str, at: At, inside: bytes) -> bytes:
    named = repr((what, at.hub_id, at.revision, inside)).encode()
    return hashlib.blake2b(named, digest_size=_SEAL).digest()


def _bad() -> BadCursor:
    return BadCursor(
        "The cursor is broken or belongs to another dataset or revision: follow the Link as it "
        "came, or begin again without it."
    )
