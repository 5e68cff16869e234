"""Which path leads where."""

from typing import NamedTuple

from collinear.sandbox import answers, listing
from collinear.sandbox.answers import Answer
from collinear.sandbox.callers import Caller
from collinear.sandbox.hub import Hub
from collinear.sandbox.request import Request


class Routed(NamedTuple):
    """An answer and the kind of request that it answers."""

    kind: str
    answer: Answer


def route(hub: Hub, request: Request, caller: Caller, body: bytes) -> Routed:
    """The answer of the Hub proper: no quota, no faults."""
    if is_listing(request):
        return Routed(
            "listing",
            listing.answer(hub.world, request, anonymous=caller.anonymous, cap=hub.page_cap),
        )
    return Routed("other", answers.no_such_page())


def is_listing(request: Request) -> bool:
    """Whether the request asks for a page of the listing."""
    return request.segments == ("api", "datasets") and request.method in {"GET", "HEAD"}


def is_content_network(request: Request) -> bool:
    """Whether the request goes to the other origin, where large files lie."""
    return request.segments[:1] == ("_cdn",)


def content(hub: Hub, request: Request) -> Answer:
    """A large file."""
    return answers.no_such_page()
