"""The files of a dataset as a tree: listed by folder or all at once, in pages."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qs, quote

from collinear.sandbox import answers, rowtext
from collinear.sandbox.answers import Answer
from collinear.sandbox.contents import File
from collinear.sandbox.fill import digest
from collinear.sandbox.history import Revision
from collinear.sandbox.repos import Repo
from collinear.sandbox.request import Request

_PAGE, _EXPANDED_PAGE = 1000, 100
_MOST_PATHS = 2000

Entries = dict[str, dict[str, Any]]


def tree(repo: Repo, request: Request, revision: Revision, path: str) -> Answer:
    """One page of what lies in a folder, or under it with `recursive`."""
    expand = bool(request.flag("expand"))
    cap = _EXPANDED_PAGE if expand else _PAGE
    text = request.last("limit")
    if text is not None and not (text.isdecimal() and int(text) > 0):
        return answers.bad_request('"limit" must be a number greater than or equal to 1')
    limit = cap if text is None else min(int(text), cap)
    found = _under(_entries(repo, revision, expand=expand), path)
    if found is None:
        return answers.entry_not_found(revision.commit, plain=False)
    if not request.flag("recursive"):
        found = {key: entry for key, entry in found.items() if "/" not in key[_start(path) :]}
    names = sorted(found)
    cursor = request.last("cursor")
    if cursor is not None:
        last = _decode(cursor)
        if last is None:
            return answers.bad_request('Invalid value for "cursor"')
        names = [name for name in names if name > last]
    answer = answers.json([found[name] for name in names[:limit]])
    if len(names) > limit:
        kept = [part for part in request.query.split("&") if part and part[:7] != "cursor="]
        cursor = quote(_encode(names[limit - 1], revision.commit, limit), safe="")
        query = "&".join([*kept, f"cursor={cursor}"])
        answer = answer.saying(("Link", f'<{request.origin}{request.path}?{query}>; rel="next"'))
    return answer


def treesize(repo: Repo, revision: Revision, path: str) -> Answer:
    """The bytes of all files in and under a folder."""
    found = _under(_entries(repo, revision, expand=False), path)
    if found is None:
        return answers.entry_not_found(revision.commit, plain=False)
    return answers.json({"path": path or "/", "size": sum(e["size"] for e in found.values())})


def paths_info(repo: Repo, request: Request, revision: Revision, body: bytes) -> Answer:
    """The entries of the paths in the body (a form, or JSON), without those that are not there."""
    try:
        if "json" in request.headers.get("content-type", ""):
            asked = rowtext.load(body)
            paths, expand = asked["paths"], asked.get("expand") is True
        else:
            form = parse_qs(body.decode(), keep_blank_values=True)
            paths, expand = form.get("paths", []), form.get("expand", ["false"])[-1] == "true"
    except (ValueError, KeyError, TypeError, AttributeError):
        return answers.bad_request('"paths" must be a list of paths')
    if isinstance(paths, str):
        paths = [paths]
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        return answers.bad_request('"paths" must be a list of paths')
    if len(paths) > _MOST_PATHS:
        return answers.bad_request(f'"paths" must contain at most {_MOST_PATHS} items')
    entries = _entries(repo, revision, expand=expand)
    wanted = dict.fromkeys(path.strip("/") for path in paths)
    return answers.json([entries[path] for path in wanted if path in entries])


def _entries(repo: Repo, revision: Revision, *, expand: bool) -> Entries:
    """Every file and folder of the revision, by its path from the root."""
    found: Entries = {}
    for file in repo.files(revision):
        parts = file.path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            if folder not in found:
                oid = digest(repo.hub_id, revision.commit, folder).hex()
                found[folder] = {"type": "directory", "oid": oid, "size": 0, "path": folder}
        found[file.path] = _entry(file)
    if expand:
        newest = repo.history[revision.place]
        last = {"id": revision.commit, "title": newest.title, "date": newest.date}
        for entry in found.values():
            entry["lastCommit"] = last
            if entry["type"] == "file":
                entry["securityFileStatus"] = {"status": "safe", "avScan": {"status": "safe"}}
    return found


def _entry(file: File) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "oid": file.oid, "size": file.size, "path": file.path}
    if file.sha256 is not None:
        entry["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return entry


def _under(entries: Entries, path: str) -> Entries | None:
    """What lies in and under a folder; None where there is no such folder."""
    if not path:
        return entries
    found = {key: entry for key, entry in entries.items() if key.startswith(f"{path}/")}
    return found or None


def _start(path: str) -> int:
    return len(path) + 1 if path else 0


def _encode(name: str, commit: str, limit: int) -> str:
    inner = base64.b64encode(rowtext.dump({"file_name": name, "tree_oid": commit}))
    return base64.b64encode(inner + f":{limit}".encode()).decode()


def _decode(cursor: str) -> str | None:
    try:
        inner = base64.b64decode(cursor, validate=True).partition(b":")[0]
        name = rowtext.load(base64.b64decode(inner, validate=True))["file_name"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) else None
