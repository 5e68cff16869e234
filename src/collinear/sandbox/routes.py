"""Which path leads where."""

from typing import NamedTuple
from urllib.parse import quote

from collinear.sandbox import answers, listing, repos, resolve, shapes, trees
from collinear.sandbox.answers import Answer
from collinear.sandbox.callers import Caller
from collinear.sandbox.hub import Hub
from collinear.sandbox.people import whoami
from collinear.sandbox.repos import Repo
from collinear.sandbox.request import Request
from collinear.sandbox.taglists import tags_by_type

_SUBS = {"revision", "refs", "commits", "tree", "paths-info", "treesize", "auth-check"}
_CONTENT = {"resolve", "raw"}


class Routed(NamedTuple):
    """An answer and the kind of request that it answers."""

    kind: str
    answer: Answer


class Named(NamedTuple):
    """The dataset that a path names, and the parts of the path behind its name."""

    repo: Repo | None
    rest: tuple[str, ...]
    moved: str | None = None
    """Where the same request should go instead."""


def route(hub: Hub, request: Request, caller: Caller, body: bytes) -> Routed:
    """The answer of the Hub proper: no quota, no faults."""
    if refused := _lacks(hub, request):
        return Routed("refused", refused)
    if is_listing(request):
        answer = listing.answer(hub.world, request, anonymous=caller.anonymous, cap=hub.page_cap)
        return Routed("listing", answer)
    if request.method not in {"GET", "HEAD"} and "paths-info" not in request.segments:
        return Routed("other", answers.no_such_page())
    match request.segments:
        case ("api", "whoami-v2"):
            return Routed("whoami", whoami(caller))
        case ("api", "datasets-tags-by-type"):
            return Routed("tags", tags_by_type(request.last("type")))
        case ("api", "datasets", *_):
            return _dataset(hub, request, caller, body)
        case ("datasets", *_):
            return _file(hub, request, caller)
        case ("api", "resolve-cache", "datasets", *_):
            return Routed("resolve-cache", _cached(hub, request))
        case _:
            return Routed("other", answers.no_such_page())


def is_listing(request: Request) -> bool:
    """Whether the request asks for a page of the listing."""
    return request.segments == ("api", "datasets") and request.method in {"GET", "HEAD"}


def _lacks(hub: Hub, request: Request) -> Answer | None:
    """The refusal of a field that this Hub does not know, in a list or of one dataset."""
    wanted = {part for value in request.all("expand") for part in value.split(",")}
    if not (hub.lacking and wanted and request.segments[:2] == ("api", "datasets")):
        return None
    if len(request.segments) > 4:
        return None  # what lies below a dataset has an `expand` of its own
    known = shapes.LIST_EXPAND if is_listing(request) else shapes.DETAIL_EXPAND
    try:
        shapes.check_expand(wanted, tuple(name for name in known if name not in hub.lacking))
    except shapes.BadExpand as error:
        return answers.bad_request(str(error))
    return None


def is_content_network(request: Request) -> bool:
    """Whether the request goes to the other origin, where large files lie."""
    return request.segments[:1] == (resolve.CONTENT,)


def content(hub: Hub, request: Request) -> Answer:
    """A large file."""
    named = _name(hub, request, skip=1, anonymous=False, subs=None)
    if named.repo is None or len(named.rest) < 3:
        return Answer(403, b"AccessDenied", answers.TEXT)
    commit, sha256, *path = named.rest
    revision = named.repo.history.find(commit)
    if revision is None:
        return Answer(403, b"AccessDenied", answers.TEXT)
    return resolve.large(named.repo, request, revision, sha256, "/".join(path))


def _dataset(hub: Hub, request: Request, caller: Caller, body: bytes) -> Routed:
    named = _name(hub, request, skip=2, anonymous=caller.anonymous, subs=_SUBS)
    if named.moved is not None:
        return Routed("redirect", answers.redirect(named.moved))
    if named.repo is None:
        return Routed("missing", _missing(hub, caller, plain=False))
    repo = named.repo
    sub, *rest = named.rest or ("detail",)
    match sub, rest:
        case "refs", []:
            return Routed("refs", repos.refs(repo, request))
        case "auth-check", []:
            refusal = repo.refuses(caller.user, plain=False)
            return Routed("auth-check", refusal or answers.json({}))
        case "detail", []:
            rest = ["main"]
        case (("revision" | "commits" | "tree" | "treesize" | "paths-info"), [_, *_]):
            pass
        case _:
            return Routed("other", answers.no_such_page())
    name, *path = rest
    revision = repo.history.find(name)
    if revision is None:
        return Routed(sub, answers.revision_not_found(name, plain=False))
    where = "/".join(path).strip("/")
    match sub:
        case "commits":
            refusal = repo.refuses(caller.user, plain=False)
            return Routed(sub, refusal or repos.commits(repo, request, revision))
        case "tree":
            return Routed(sub, trees.tree(repo, request, revision, where))
        case "treesize":
            return Routed(sub, trees.treesize(repo, revision, where))
        case "paths-info" if request.method == "POST":
            return Routed(sub, trees.paths_info(repo, request, revision, body))
        case "detail" | "revision" if request.method != "POST" and not path:
            return Routed("detail", repos.detail(repo, request, revision))
        case _:
            return Routed("other", answers.no_such_page())


def _file(hub: Hub, request: Request, caller: Caller) -> Routed:
    named = _name(hub, request, skip=1, anonymous=caller.anonymous, subs=_CONTENT)
    if named.moved is not None:
        return Routed("redirect", answers.redirect(named.moved))
    if named.repo is None:
        return Routed("missing", _missing(hub, caller, plain=True))
    if len(named.rest) < 3 or named.rest[0] not in _CONTENT:
        return Routed("other", answers.no_such_page())
    sub, name, *path = named.rest
    repo, where = named.repo, "/".join(path)
    refusal = repo.refuses(caller.user, plain=True)
    if refusal is not None:
        return Routed(sub, refusal)
    revision = repo.history.find(name)
    if revision is None:
        return Routed(sub, answers.revision_not_found(name, plain=True))
    if sub == "raw":
        return Routed(sub, resolve.raw(repo, revision, where))
    return Routed(sub, resolve.resolve(repo, request, revision, where))


def _cached(hub: Hub, request: Request) -> Answer:
    named = _name(hub, request, skip=3, anonymous=False, subs=None)
    if named.repo is None or len(named.rest) < 2:
        return answers.no_such_page()
    revision = named.repo.history.find(named.rest[0])
    if revision is None:
        return answers.revision_not_found(named.rest[0], plain=True)
    return resolve.cached(named.repo, request, revision, "/".join(named.rest[1:]))


def _name(
    hub: Hub, request: Request, *, skip: int, anonymous: bool, subs: set[str] | None
) -> Named:
    """
    Find the dataset behind the first ``skip`` parts of the path.

    An id is two parts or, for old datasets, one; ``subs`` are the words that may follow one part,
    None for any.
    """
    world, segments = hub.world, request.segments[skip:]
    for length in (2, 1):
        if len(segments) < length:
            continue
        if length == 1 and len(segments) > 1 and subs is not None and segments[1] not in subs:
            continue
        dataset_id, rest = "/".join(segments[:length]), segments[length:]
        slot = world.slot(dataset_id)
        if slot is not None:
            if anonymous and slot in world.hidden:
                return Named(None, rest)
            return Named(Repo(world, slot), rest)
        moved = world.moved(dataset_id)
        if moved is not None and not (anonymous and world.slot(moved.to) in world.hidden):
            raw = [part for part in request.path.split("/") if part]
            path = [*raw[:skip], quote(moved.to), *raw[skip + length :]]
            query = f"?{request.query}" if request.query else ""
            return Named(None, rest, f"/{'/'.join(path)}{query}")
    return Named(None, ())


def _missing(hub: Hub, caller: Caller, *, plain: bool) -> Answer:
    return answers.repo_not_found(
        anonymous=caller.anonymous, plain=plain, name_the_code=hub.repo_not_found_code
    )
