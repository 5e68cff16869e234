"""The headers of requests and answers that mean something, each described once."""

from collections.abc import Iterable
from typing import Any, NamedTuple


class Header(NamedTuple):
    """What a header holds."""

    description: str
    example: str | int
    pattern: str | None = None
    required: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The schema of its value."""
        if isinstance(self.example, int):
            return {"type": "integer", "format": "int64", "minimum": 0}
        return {"type": "string", **({"pattern": self.pattern} if self.pattern else {})}


_SERIAL = "d41d8cd98f00:1763791200000-0"
SERIAL_PATTERN = "^[0-9A-Za-z]{1,64}:[0-9]{1,19}-[0-9]{1,19}$"

ANSWERED = {
    "X-Request-Id": Header(
        "Names this request in the log: the caller's own id where one was sent that fits, "
        "else a new one. Absent where the request could not be read as HTTP.",
        "5f2b6d0c1d9e4b6f8a7c3e2d1b0a9f8e",
        pattern="^[A-Za-z0-9._:/+=-]{1,100}$",
    ),
    "ETag": Header(
        "Names this answer. Sent back as `If-None-Match` it costs a 304 while nothing has changed.",
        'W/"0c1d9e4b6f8a7c3e2d1b0a9f"',
        pattern='^(W/)?"[^"]*"$',
    ),
    "X-Catalog-Serial": Header(
        "The newest change that the answer knows: of the catalog, or with words, filters and "
        "facets of the index. Absent before there is any.",
        _SERIAL,
        pattern=SERIAL_PATTERN,
    ),
    "Cache-Control": Header(
        "Whether the answer may be kept, and when to ask again.", "no-cache", required=True
    ),
    "Vary": Header("The headers of requests that answers depend on.", "Accept-Encoding"),
    "Location": Header(
        "The same question about the dataset under its new id.",
        "/api/datasets/openai/gsm8k",
        required=True,
    ),
    "Accept-Ranges": Header(
        "Whether parts of the file can be asked for: `bytes`, or `none` where this machine has no "
        "room for a copy.",
        "bytes",
        pattern="^(bytes|none)$",
        required=True,
    ),
    "Content-Range": Header(
        "Which bytes these are, and how many there are in all; only the latter where the range is "
        "refused.",
        "bytes 1000-1999/128000000",
        pattern="^bytes ([0-9]+-[0-9]+|[*])/[0-9]+$",
        required=True,
    ),
    "Content-Disposition": Header(
        "A name for the file.", 'attachment; filename="datasets.jsonl.gz"'
    ),
    "Age": Header(
        "Seconds since the answer was true; only where it cannot be asked for again now.", 42
    ),
    "Cache-Status": Header(
        "That an answer is stale, for how long, and why (RFC 9211); only where it is.",
        'collinear; hit; ttl=-42; detail="the Hub does not answer"',
        pattern='^collinear; hit; ttl=-[0-9]+; detail="[^"]*"$',
    ),
    "Link": Header(
        "The address of the next page (RFC 8288); absent on the last.",
        '</api/datasets/openai/gsm8k/commits?cursor=eyJxIjoiMGMx>; rel="next"',
        pattern='^<[^>]+>; rel="next"$',
    ),
    "X-Total-Count": Header("Commits of the revision, where the Hub tells.", 40),
    "Retry-After": Header("Seconds after which it makes sense to try again.", 10),
    "RateLimit": Header(
        "What is left of the client's requests, and the seconds until the window ends; only "
        "where the operator has set a limit.",
        '"default";r=97;t=41',
        pattern='^"default";r=[0-9]+;t=[0-9]+$',
    ),
    "RateLimit-Policy": Header(
        "The client's requests in a window, and its seconds; only where the operator has set a "
        "limit.",
        '"default";q=100;w=60',
        pattern='^"default";q=[0-9]+;w=[0-9]+$',
    ),
    "WWW-Authenticate": Header("How to authenticate.", 'Bearer realm="collinear"', required=True),
}
"""Headers of answers by name."""

SENT = {
    "If-None-Match": Header(
        "The `ETag` of an answer that the caller has: 304 while it is still true.",
        'W/"0c1d9e4b6f8a7c3e2d1b0a9f"',
    ),
    "Range": Header(
        "The bytes to send: `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-LAST_SO_MANY`. Of "
        "several ranges, and in another unit, the whole file comes.",
        "bytes=1000-1999",
    ),
    "If-Range": Header(
        "The `ETag` of the file that the caller has a part of: if there is another file by now, "
        "all of that comes.",
        '"d41d8cd98f00:1763791200000-0.128000000"',
    ),
    "Last-Event-ID": Header(
        "The `id` of the last event that the caller has: what came after it follows. Browsers "
        "send it by themselves when they connect again.",
        _SERIAL,
        pattern=SERIAL_PATTERN,
    ),
}
"""Headers of requests by name."""

MORE = {"listCommits": ("Link", "X-Total-Count"), "listFiles": ("Link",)}
"""Headers that successes of some operations have beside those of every success."""


def answered(*names: str) -> dict[str, Any]:
    """References to headers of answers, for an answer of OpenAPI."""
    return {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names}}


def sent(*names: str) -> dict[str, Any]:
    """References to headers of requests, for an operation of OpenAPI."""
    return {"parameters": [{"$ref": f"#/components/parameters/{name}"} for name in names]}


def components() -> dict[str, Any]:
    """What the references lead to."""
    return {
        "headers": dict(_shown(ANSWERED.items())),
        "parameters": {
            name: {"name": name, "in": "header", **shown} for name, shown in _shown(SENT.items())
        },
    }


def _shown(headers: Iterable[tuple[str, Header]]) -> Iterable[tuple[str, dict[str, Any]]]:
    for name, header in headers:
        yield (
            name,
            {
                "description": header.description,
                "required": header.required,
                "schema": header.schema,
                "example": header.example,
            },
        )
