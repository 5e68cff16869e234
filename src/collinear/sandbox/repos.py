"""One dataset: which one a path means, its detail, refs, commits and sizes."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from collinear.sandbox import answers, shapes
from collinear.sandbox.answers import Answer
from collinear.sandbox.contents import File, files
from collinear.sandbox.history import History, Revision
from collinear.sandbox.request import Request
from collinear.sandbox.rowtext import Row
from collinear.sandbox.shapes import BadExpand
from collinear.sandbox.world import World

_COMMITS, _COMMITS_CAP = 50, 1000
_DETAIL = (
    "_id",
    "id",
    "author",
    "sha",
    "lastModified",
    "private",
    "gated",
    "disabled",
    "citation",
    "description",
    "paperswithcode_id",
    "downloads",
    "likes",
    "cardData",
    "siblings",
    "createdAt",
    "tags",
    "usedStorage",
)


@dataclass(frozen=True)
class Repo:
    """A dataset that is there and may be seen."""

    world: World
    slot: int

    @property
    def id(self) -> str:
        """Its id, in the right case."""
        return self.world.ids[self.slot]

    @property
    def hub_id(self) -> str:
        """Its `_id`."""
        return self.world.hub_ids[self.slot]

    @cached_property
    def row(self) -> Row:
        """Its row with everything that a listing can answer."""
        return shapes.with_extras(self.world, self.slot, self.world.row(self.slot))

    @cached_property
    def history(self) -> History:
        """Its commits."""
        return History(self.world, self.slot)

    @property
    def is_gated(self) -> bool:
        """Whether its content is only for those whom the author let in."""
        return self.row.get("gated") in {"auto", "manual"}

    def files(self, revision: Revision) -> list[File]:
        """The files at a revision, by path."""
        return files(
            self.hub_id, self.row, self.row.get("cardData", {}), converted=revision.converted
        )

    def refuses(self, user: str | None, *, plain: bool) -> Answer | None:
        """Why this user does not get the content; None for those who do: the owner always does."""
        if user is not None and user == self.row.get("author"):
            return None
        if self.row.get("disabled") is True:
            return answers.disabled(anonymous=user is None, plain=plain)
        if self.is_gated:
            return answers.gated(self.id, anonymous=user is None, plain=plain)
        return None


def detail(repo: Repo, request: Request, revision: Revision) -> Answer:
    """Everything about one dataset, or `_id`, `id` and the fields asked for."""
    wanted = [part for value in request.all("expand") for part in value.split(",")]
    try:
        shapes.check_expand(wanted, shapes.DETAIL_EXPAND)
    except BadExpand as error:
        return answers.bad_request(str(error))
    row = dict(repo.row)
    if "sha" in row:
        row["sha"] = revision.commit
    if not wanted or not {"siblings", "usedStorage"}.isdisjoint(wanted):
        found = repo.files(revision)
        row["siblings"] = [_sibling(file, blobs=bool(request.flag("blobs"))) for file in found]
        row["usedStorage"] = sum(file.size for file in found) * 21 // 20
    row["xetEnabled"] = False
    fields = ("_id", "id", *sorted(set(wanted))) if wanted else _DETAIL
    return answers.json({key: row[key] for key in fields if row.get(key) is not None})


def _sibling(file: File, *, blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": file.path}
    sibling = {"rfilename": file.path, "blobId": file.oid, "size": file.size}
    if file.sha256 is not None:
        pointer = len(file.pointer)
        return {
            **sibling,
            "lfs": {"sha256": file.sha256, "size": file.size, "pointerSize": pointer},
        }
    return sibling


def refs(repo: Repo, request: Request) -> Answer:
    """Branches, converted branches, tags, and pull requests where they are asked for."""
    history = repo.history
    found: dict[str, Any] = {
        "tags": [
            {"name": name, "ref": f"refs/tags/{name}", "targetCommit": sha}
            for name, sha in history.tags()
        ],
        "branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": history.head}],
        "converts": [
            {"name": "parquet", "ref": "refs/convert/parquet", "targetCommit": history.converted}
        ],
    }
    if request.flag("include_prs"):
        found["pullRequests"] = [
            {"name": "1", "ref": "refs/pr/1", "targetCommit": history.proposed}
        ]
    return answers.json(found)


def commits(repo: Repo, request: Request, revision: Revision) -> Answer:
    """One page of commits, newest first; pages are numbered from 0 by `p`."""
    numbers = {"p": 0, "limit": _COMMITS}
    for name in numbers:
        text = request.last(name)
        if text is not None:
            if not text.isdecimal():
                return answers.bad_request(f'"{name}" must be a number')
            numbers[name] = int(text)
    page, limit = numbers["p"], min(max(numbers["limit"], 1), _COMMITS_CAP)
    total = 1 if revision.converted else len(repo.history) - revision.place
    start = revision.place + page * limit
    shown = repo.history.slice(start, min(start + limit, revision.place + total))
    user = repo.row.get("author") or "system"
    avatar = f"{request.origin}/avatars/{hashlib.sha256(user.encode()).hexdigest()[:32]}.svg"
    body = []
    for entry in shown:
        commit: dict[str, Any] = {
            "id": revision.commit if revision.converted else entry.sha,
            "title": entry.title,
            "message": entry.message,
            "authors": [{"user": user, "avatar": avatar}],
            "date": entry.date,
        }
        if "formatted" in request.all("expand"):
            commit["formatted"] = {"title": entry.title, "message": entry.message}
        body.append(commit)
    answer = answers.json(body, headers=(("X-Total-Count", str(total)),))
    if (page + 1) * limit < total:
        kept = [part for part in request.query.split("&") if part and part[:2] != "p="]
        kept = [part for part in kept if not part.startswith("limit=")]
        query = "&".join([f"p={page + 1}", f"limit={limit}", *kept])
        link = f'<{request.origin}{request.path}?{query}>; rel="next"'
        answer = answer.saying(("Link", link))
    return answer
