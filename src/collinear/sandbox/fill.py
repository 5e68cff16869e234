"""What a partial row lacks, derived from its id and place: the same row always comes out."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from collinear.domain import moments
from collinear.domain.errors import CatalogError
from collinear.sandbox.rowtext import EXTRAS, FIELDS, Row

LEGACY_FLOOR = 1_646_263_744_000
"""2022-03-02T23:29:04Z: the Hub gives this moment to everything that is older."""
HORIZON = 1_795_132_800_000
"""2026-11-20T00:00:00Z: the newest moment that is invented."""

_MACHINE = "36c0111ea2"
_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")
_COUNTERS = 1 << 24
_LAST_SECOND = (1 << 32) - 1


class BadRow(CatalogError):
    """A row that no Hub could serve."""


def digest(*parts: object) -> bytes:
    """Twenty bytes that depend on nothing but the parts."""
    text = "\0".join(map(str, parts)).encode(errors="surrogatepass")
    return hashlib.sha1(text, usedforsecurity=False).digest()


def fraction(*parts: object) -> float:
    """A number from 0 up to 1 that depends on nothing but the parts."""
    return int.from_bytes(digest(*parts)[:6], "big") / 2**48


def object_id(created: int, position: int) -> str:
    """24 hex digits: the second of the creation, a constant, and a counter."""
    second = min(max(created // 1000, 0), _LAST_SECOND)
    return f"{second:08x}{_MACHINE}{position % _COUNTERS:06x}"


def id_second(hub_id: object) -> int | None:
    """Seconds since 1970 in an ObjectId; None where it is none."""
    if not isinstance(hub_id, str) or not _OBJECT_ID.fullmatch(hub_id):
        return None
    return int(hub_id[:8], 16)


def moment(milliseconds: int) -> str:
    """A whole second as the Hub writes it; four times as fast as a format string."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).isoformat()[:19] + ".000Z"


def fill(row: Mapping[str, Any], *, position: int, created: int, horizon: int = 0) -> Row:
    """
    The whole row, in the Hub's order of fields.

    ``created`` (milliseconds) is the creation where the row names none; ``lastModified`` lies
    between the creation and ``horizon``. Downloads, likes, size, tags and description are never
    invented, and a field that is given as None stays absent. Raises BadRow without a usable id.
    """
    dataset_id = row.get("id")
    if not isinstance(dataset_id, str) or not dataset_id:
        raise BadRow('a row needs an "id" that is a text, such as "org/name"')
    modified = _moment(row.get("lastModified"))
    created = _created(row, created, modified)
    if modified is None:
        drift = max(0, horizon - created) * fraction(dataset_id, "modified") ** 6
        modified = created + int(drift) // 1000 * 1000
    filled: Row = {
        "_id": object_id(created, position),
        "author": dataset_id.rpartition("/")[0] or None,
        "sha": digest(dataset_id, position, modified).hex(),
        "createdAt": moments.to_text(created),
        "lastModified": moments.to_text(modified),
        "private": False,
        "gated": False,
        "disabled": False,
        "downloadsAllTime": _all_time(dataset_id, row.get("downloads")),
    }
    filled.update(row)
    return {key: filled[key] for key in (*FIELDS, *EXTRAS) if filled.get(key) is not None}


def _created(row: Mapping[str, Any], otherwise: int, modified: int | None) -> int:
    given = _moment(row.get("createdAt"))
    if given is not None:
        return given
    second = id_second(row.get("_id"))
    if second is not None:
        return second * 1000
    return otherwise if modified is None else min(otherwise, modified)


def _moment(value: object) -> int | None:
    return moments.parse(value) if isinstance(value, str) else None


def _all_time(dataset_id: str, downloads: object) -> int | None:
    if not isinstance(downloads, int) or isinstance(downloads, bool):
        return None
    return downloads + int(downloads * 20 * fraction(dataset_id, "all time") ** 2)
