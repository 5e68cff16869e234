"""Commits, files and cards: the Hub's words for them, and ours."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson

from collinear.domain.errors import DatasetNotFound, HubContractBroken
from collinear.hub.answers import HubAnswer
from collinear.hub.questions import Answer, At

_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')
_PLACE = re.compile(r"(?:cursor|p|limit)=[\w%.~+/=:,-]*", re.ASCII)
"""What tells one page of an answer from another in the query of an address."""


def paged(answer: HubAnswer, position: str, read: Callable[[dict[str, Any]], Any]) -> Answer:
    """
    A page of an answer, each entry read by ``read`` (None: it is left out).

    Raises:
        HubContractBroken: It is no list, or names itself as the next page.
        HubUnavailable: It is half a list.
    """
    found = [entry for item in entries(answer) if (entry := read(item)) is not None]
    link = _NEXT.search(answer.headers.get("link", ""))
    following = position_of(urlsplit(link[1]).query) if link else None
    if following is not None and following in ("", position):
        raise HubContractBroken(f"{answer.hub} names a page as the next of itself.")
    total = answer.headers.get("x-total-count", "")
    known = int(total) if total.isascii() and total.isdecimal() and len(total) < 16 else None
    return Answer(to_json(found), following, known)


def position_of(query: str) -> str:
    """The part of a query that tells one page from another, as it is written there."""
    return "&".join(part for part in query.split("&") if _PLACE.fullmatch(part))


def entries(answer: HubAnswer) -> list[dict[str, Any]]:
    """The answer as a list of objects; raises as ``paged``."""
    found = answer.parsed("a list")
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise HubContractBroken(f"{answer.hub} sent something else than a list.")
    return found


def commit(item: dict[str, Any]) -> dict[str, Any]:
    """A commit."""
    id_, date = item.get("id"), item.get("date")
    if not (isinstance(id_, str) and isinstance(date, str)):
        raise HubContractBroken("The Hub sent a commit without an id or a date.")
    authors = item.get("authors")
    users = [
        author.get("user")
        for author in (authors if isinstance(authors, list) else [])
        if isinstance(author, dict)
    ]
    names = [user for user in users if isinstance(user, str)]
    return {
        "id": id_,
        "title": _text(item.get("title")),
        "message": _text(item.get("message")),
        "author": {"name": names[0] if names else None},
        "authors": names,
        "date": date,
    }


def file(entry: dict[str, Any]) -> dict[str, Any] | None:
    """A file; a folder is none."""
    if entry.get("type") != "file":
        return None
    path, oid = entry.get("path"), entry.get("oid")
    if not (isinstance(path, str) and isinstance(oid, str)):
        raise HubContractBroken("The Hub sent a file without a path or an oid.")
    return {"path": path, "size": _size(entry), "oid": oid}


def file_info(answer: HubAnswer, path: str) -> dict[str, Any] | None:
    """The file with exactly this path among the entries; None where it is not there."""
    for entry in entries(answer):
        if entry.get("type") == "file" and entry.get("path") == path:
            return {"size": _size(entry)}
    return None


def card(answer: HubAnswer, at: At) -> dict[str, Any] | None:
    """
    The metadata of a card; None where the dataset has none.

    Raises:
        DatasetNotFound: It is another dataset's.
    """
    row = answer.parsed("a dataset")
    if not isinstance(row, dict) or not isinstance(row.get("_id"), str):
        raise HubContractBroken(f"{answer.hub} sent no dataset: check HF_ENDPOINT.")
    if row["_id"] != at.hub_id:
        raise DatasetNotFound(at.dataset_id)
    found = row.get("cardData")
    return found if isinstance(found, dict) else None


def to_json(value: object) -> bytes:
    """Compact JSON; half a surrogate pair stays what it is, as an escape."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # no UTF-8, a number beyond 64 bits, or nested too deep for the strict one
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _size(entry: dict[str, Any]) -> int | None:
    """Bytes of the content, also where git holds a pointer to it."""
    lfs = entry.get("lfs")
    size = lfs.get("size") if isinstance(lfs, dict) else entry.get("size")
    return size if type(size) is int and size >= 0 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
