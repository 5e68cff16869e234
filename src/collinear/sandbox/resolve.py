"""The content of files: a redirect to where they lie, with all that a client wants to know."""

import re
from urllib.parse import quote

from collinear.sandbox import answers
from collinear.sandbox.answers import Answer, Headers
from collinear.sandbox.contents import File, disposition
from collinear.sandbox.history import Revision
from collinear.sandbox.repos import Repo
from collinear.sandbox.request import Request

CONTENT = "_cdn"
"""The first part of the path of large files on the other origin."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_BINARY = "application/octet-stream"


def resolve(repo: Repo, request: Request, revision: Revision, path: str) -> Answer:
    """Where the file is: for small ones on this origin, for LFS ones elsewhere."""
    file = _find(repo, revision, path)
    if file is None:
        return answers.entry_not_found(revision.commit)
    name, commit = quote(repo.id), revision.commit
    headers: Headers = (
        ("X-Repo-Commit", commit),
        ("Accept-Ranges", "bytes"),
        ("ETag", f'"{file.etag}"'),
        ("X-Linked-ETag", f'"{file.etag}"'),
        ("Content-Disposition", disposition(path)),
    )
    if file.sha256 is None:
        asked = quote(f"/datasets/{repo.id}/resolve/{commit}/{path}", safe="")
        cache = f"/api/resolve-cache/datasets/{name}/{commit}/{quote(path)}"
        return answers.redirect(f"{cache}?{asked}=&etag=%22{file.etag}%22", headers=headers)
    headers += (("X-Linked-Size", str(file.size)),)
    place = f"{CONTENT}/{name}/{commit}/{file.sha256}/{quote(path)}"
    address = f"{_other_origin(request)}/{place}?Expires=3600&Signature={file.sha256[:16]}"
    return answers.redirect(address, status=302, headers=headers)


def raw(repo: Repo, revision: Revision, path: str) -> Answer:
    """The file as it lies in git: of an LFS file the pointer."""
    file = _find(repo, revision, path)
    if file is None:
        return answers.entry_not_found(revision.commit)
    body = file.pointer if file.text is None else file.text
    return Answer(200, body, answers.TEXT, (("X-Repo-Commit", revision.commit),))


def cached(repo: Repo, request: Request, revision: Revision, path: str) -> Answer:
    """A small file itself, or 304 to those who have it."""
    file = _find(repo, revision, path)
    if file is None:
        return answers.entry_not_found(revision.commit)
    headers: Headers = (
        ("X-Repo-Commit", revision.commit),
        ("ETag", f'"{file.etag}"'),
        ("Content-Disposition", disposition(path)),
    )
    if request.headers.get("if-none-match", "").removeprefix("W/") == f'"{file.etag}"':
        return Answer(304, content_type=answers.TEXT, headers=headers)
    kind = answers.TEXT if file.text is not None else _BINARY
    return _content(file, request, kind, headers)


def large(repo: Repo, request: Request, revision: Revision, sha256: str, path: str) -> Answer:
    """A large file, from the other origin; 403 where the signed address is not of this file."""
    file = _find(repo, revision, path)
    if file is None or file.sha256 != sha256:
        return Answer(403, b"AccessDenied", answers.TEXT)
    headers: Headers = (
        ("ETag", f'"{sha256}"'),
        ("Content-Disposition", disposition(path)),
    )
    return _content(file, request, _BINARY, headers)


def _content(file: File, request: Request, kind: str, headers: Headers) -> Answer:
    start, end, status = 0, file.size, 200
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked and (asked[1] or asked[2]):
        start = int(asked[1]) if asked[1] else max(0, file.size - int(asked[2]))
        if asked[1] and asked[2]:
            end = min(end, int(asked[2]) + 1)
        if start >= end:
            spoken = (("Content-Range", f"bytes */{file.size}"),)
            return Answer(416, content_type=answers.TEXT, headers=spoken)
        status = 206
        headers += (("Content-Range", f"bytes {start}-{end - 1}/{file.size}"),)
    headers += (("Accept-Ranges", "bytes"), ("Content-Length", str(end - start)))
    return Answer(status, b"", kind, headers, pieces=lambda: file.content(start, end))


def _find(repo: Repo, revision: Revision, path: str) -> File | None:
    return next((file for file in repo.files(revision) if file.path == path), None)


def _other_origin(request: Request) -> str:
    """The same port under the other name of this machine: another origin to every client."""
    host, _, port = request.origin.removeprefix("http://").rpartition(":")
    if not host:
        host, port = port, "80"
    return f"http://{'localhost' if host == '127.0.0.1' else '127.0.0.1'}:{port}"
