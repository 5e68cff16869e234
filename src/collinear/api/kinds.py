"""Every kind of problem: one table from the errors of the catalog to answers."""

import re
from http import HTTPStatus
from typing import NamedTuple

from collinear.domain import errors
from collinear.domain.errors import CatalogError


class NotAuthenticated(errors.NotAllowed):
    """A mutation needs the admin token, and this request does not carry it."""


class RangeNotSatisfiable(errors.BadRequest):
    """The bytes that are asked for begin behind the end of the file."""

    def __init__(self, size: int, *, as_of: str) -> None:
        """``as_of`` is the serial that the file is true for."""
        super().__init__(f"The file has {size} bytes; the range begins behind them.")
        self.size = size
        self.as_of = as_of


class Kind(NamedTuple):
    """A kind of problem: its status, its name for people, and what to do about it."""

    status: HTTPStatus
    title: str
    advice: str
    retry_after: int | None = None
    """Seconds after which it makes sense to try again."""


KINDS: dict[type[CatalogError], Kind] = {
    CatalogError: Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "Try again; if it stays, report it.",
    ),
    errors.BadRequest: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "Impossible request", "Change the request as it says."
    ),
    errors.BadParameter: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "A parameter does not fit",
        "Each entry of `errors` names a parameter and says what it must be; see /docs.",
    ),
    errors.BadCursor: Kind(
        HTTPStatus.BAD_REQUEST,
        "The cursor does not fit",
        "Send next_cursor as it came, with the same query, or begin again without a cursor.",
    ),
    errors.TooDeep: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Too far down",
        "Sort by a field, such as sort_by=downloads, and follow next_cursor: that has no end.",
    ),
    RangeNotSatisfiable: Kind(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "No such range",
        "Ask for bytes within the size that Content-Range tells, or leave out Range.",
    ),
    errors.NotFound: Kind(HTTPStatus.NOT_FOUND, "Not found", "Check the address."),
    errors.DatasetNotFound: Kind(
        HTTPStatus.NOT_FOUND, "No such dataset", "Search for it at /api/datasets?search=…"
    ),
    errors.RevisionNotFound: Kind(
        HTTPStatus.NOT_FOUND, "No such revision", "Give a branch, tag or commit; default: main."
    ),
    errors.FileNotFound: Kind(
        HTTPStatus.NOT_FOUND, "No such file", "See /api/datasets/{id}/files for what there is."
    ),
    errors.TaskNotFound: Kind(
        HTTPStatus.NOT_FOUND,
        "No such refresh",
        "Use the task_id of a refresh of the last days; see cache-status for the state.",
    ),
    errors.DatasetMoved: Kind(
        HTTPStatus.PERMANENT_REDIRECT, "The dataset has another id now", "Follow Location."
    ),
    errors.SnapshotGone: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "There is no copy of the whole catalog now",
        "Try again shortly; before the first complete run, see cache-status.",
        10,
    ),
    errors.PositionGone: Kind(
        HTTPStatus.GONE,
        "Changes are missing after this position",
        "Take the whole catalog again, as `export` says, and follow from its X-Catalog-Serial.",
    ),
    errors.DatasetGated: Kind(
        HTTPStatus.FORBIDDEN,
        "The dataset is gated",
        "Ask for access at the Hub, and give the service a token that has it.",
    ),
    errors.HubError: Kind(HTTPStatus.BAD_GATEWAY, "The Hub is in trouble", "Try again later.", 10),
    errors.HubUnavailable: Kind(
        HTTPStatus.BAD_GATEWAY, "The Hub is not available", "Try again later.", 10
    ),
    errors.HubTimeout: Kind(
        HTTPStatus.GATEWAY_TIMEOUT, "The Hub did not answer in time", "Try again later.", 10
    ),
    errors.HubRateLimited: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The Hub's quota is used up",
        "Try again after the seconds in Retry-After.",
        30,
    ),
    errors.HubContractBroken: Kind(
        HTTPStatus.BAD_GATEWAY,
        "The Hub answered something unexpected",
        "Report it: trying again will not help.",
    ),
    errors.UpstreamSuspicious: Kind(
        HTTPStatus.BAD_GATEWAY,
        "The Hub's answers look wrong",
        "Look at the Hub; if they are right, refresh with accept_upstream.",
    ),
    errors.StoreUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "The store is not available", "Try again shortly.", 2
    ),
    errors.WrongStore: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The store does not fit",
        "The operator must decide; the detail says what about.",
    ),
    errors.IndexNotReady: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The search index is not ready",
        "Try again shortly; lists without words and filters work meanwhile.",
        5,
    ),
    errors.NotAllowed: Kind(
        HTTPStatus.FORBIDDEN,
        "Not allowed",
        "Ask from the machine itself, or set COLLINEAR_ADMIN_TOKEN and send it as a bearer token.",
    ),
    NotAuthenticated: Kind(
        HTTPStatus.UNAUTHORIZED,
        "Not authenticated",
        "Send the header Authorization: Bearer with the value of COLLINEAR_ADMIN_TOKEN.",
    ),
    errors.HandedBack: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "The worker is stopping", "Try again shortly.", 2
    ),
    errors.RunFenced: Kind(
        HTTPStatus.CONFLICT, "The run is in other hands", "See cache-status for the state."
    ),
}

NO_SUCH_PAGE = Kind(HTTPStatus.NOT_FOUND, "No such page", "See /docs for what there is.")
WRONG_METHOD = Kind(
    HTTPStatus.METHOD_NOT_ALLOWED, "The method does not fit", "Use a method named in Allow."
)
BAD_HTTP = Kind(HTTPStatus.BAD_REQUEST, "The request cannot be read", "Send correct HTTP.")
URL_TOO_LONG = Kind(
    HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long", "Ask for less at a time."
)
HEADERS_TOO_LARGE = Kind(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "The header is too large",
    "Send fewer and shorter header fields; cookies are not needed here.",
)
BODY_TOO_LARGE = Kind(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large", "Send none: nothing needs one."
)
TOO_SLOW = Kind(
    HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time", "Send it in one go."
)
RATE_LIMITED = Kind(
    HTTPStatus.TOO_MANY_REQUESTS,
    "Too many requests",
    "Wait the seconds in Retry-After; the RateLimit header of every answer says what is left.",
)
OVERLOADED = Kind(
    HTTPStatus.SERVICE_UNAVAILABLE, "Too much at a time", "Try again after Retry-After.", 1
)
TOOK_TOO_LONG = Kind(
    HTTPStatus.SERVICE_UNAVAILABLE, "The answer took too long", "Try again later.", 5
)
FOREIGN_ORIGIN = Kind(
    HTTPStatus.FORBIDDEN,
    "The page's origin is not allowed",
    "The operator can add it to COLLINEAR_CORS_ORIGINS.",
)

BROKEN = Kind(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "An error on our side",
    "Try again; if it stays, report it with the request id, which is in the log too.",
)

NAMED: dict[str, Kind] = {
    **{re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower(): kind for cls, kind in KINDS.items()},
    "internal-error": BROKEN,
    "no-such-page": NO_SUCH_PAGE,
    "wrong-method": WRONG_METHOD,
    "bad-http": BAD_HTTP,
    "url-too-long": URL_TOO_LONG,
    "headers-too-large": HEADERS_TOO_LARGE,
    "body-too-large": BODY_TOO_LARGE,
    "too-slow": TOO_SLOW,
    "rate-limited": RATE_LIMITED,
    "overloaded": OVERLOADED,
    "took-too-long": TOOK_TOO_LONG,
    "foreign-origin": FOREIGN_ORIGIN,
}
"""Every kind of problem by the last part of its ``type``."""
