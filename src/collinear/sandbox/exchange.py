"""One request and what becomes of it: who asks, may they, does something go wrong, the answer."""

import uuid
import zlib
from dataclasses import replace
from typing import NamedTuple

from collinear.sandbox import answers, control, listing, routes
from collinear.sandbox.answers import Answer, Headers
from collinear.sandbox.callers import BadToken, Caller, identify
from collinear.sandbox.faults import Fault, FaultKind
from collinear.sandbox.hub import Asked, Hub
from collinear.sandbox.quota import bucket_of
from collinear.sandbox.request import Request
from collinear.sandbox.routes import Routed

EXPOSED = (
    "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,"
    "Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag,X-Xet-Hash"
)
GZIP_FROM, GZIP_TO = 256, 128 * 1024
"""
Bodies of this many bytes are compressed for those who accept it. Larger ones are not: on
loopback, 10 ms of compression for a page of 1,000 rows would cost more than all the rest.
"""


class Exchange(NamedTuple):
    """An answer that is ready to be sent, after so many seconds; or the line goes dead."""

    answer: Answer
    pause: float = 0.0
    hang_up: bool = False


def exchange(hub: Hub, request: Request, body: bytes) -> Exchange:
    """What becomes of a request; it is noted in the journal."""
    if request.path == control.PATH:
        if request.method != "POST":
            return Exchange(answers.bad_request("the control endpoint takes POST"))
        return Exchange(control.answer(hub, body))
    if routes.is_content_network(request):
        return Exchange(routes.content(hub, request))
    try:
        caller, denied = identify(request), None
    except BadToken:
        caller, denied = Caller(None, request.address), answers.bad_token()
    standing = hub.quota.spend(caller.key, bucket_of(request.path))
    limits = standing.headers() if hub.quota.told else ()
    if not standing.allowed:
        answer = answers.rate_limited(request.address)
        if not hub.quota.headers_on_429:
            limits = ()
        return _noted(hub, request, Routed("rate_limited", _dressed(request, answer, limits)))
    fault = hub.faults.take(request.target, listing=routes.is_listing(request))
    if fault is not None:
        return _faulty(hub, request, caller, body, fault, limits)
    routed = Routed("denied", denied) if denied else routes.route(hub, request, caller, body)
    return _noted(hub, request, routed._replace(answer=_dressed(request, routed.answer, limits)))


def _faulty(
    hub: Hub, request: Request, caller: Caller, body: bytes, fault: Fault, limits: Headers
) -> Exchange:
    answer = fault.replacement(request)
    if fault.kind is FaultKind.EMPTY_PAGE:
        answer = listing.answer(
            hub.world, request, anonymous=caller.anonymous, cap=hub.page_cap, emptied=True
        )
    if answer is None:
        answer = fault.spoil(routes.route(hub, request, caller, body).answer)
    if not fault.headers:
        limits = ()
    elif any(name == "RateLimit" for name, _ in answer.headers):
        limits = tuple(pair for pair in limits if pair[0] != "RateLimit")
    noted = _noted(hub, request, Routed("fault", _dressed(request, answer, limits)))
    return noted._replace(pause=fault.pause, hang_up=fault.kind is FaultKind.HANG_UP)


def _noted(hub: Hub, request: Request, routed: Routed) -> Exchange:
    asked = Asked(request.method, request.path, request.query, routed.answer.status)
    hub.journal.note(asked, routed.kind)
    return Exchange(routed.answer)


def _dressed(request: Request, answer: Answer, limits: Headers) -> Answer:
    headers: Headers = (
        *answer.headers,
        *limits,
        ("X-Request-Id", f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}"),
        ("Access-Control-Expose-Headers", EXPOSED),
        ("Vary", "Origin"),
        ("Vary", "Accept-Encoding"),
    )
    if answer.status == 200 and answer.content_type == answers.JSON:
        headers += (("ETag", answers.etag(answer.body)),)
    body = answer.body
    accepts = "gzip" in request.headers.get("accept-encoding", "")
    if accepts and answer.content_type == answers.JSON and GZIP_FROM <= len(body) <= GZIP_TO:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
        headers += (("Content-Encoding", "gzip"),)
    return replace(answer, body=body, headers=headers)
