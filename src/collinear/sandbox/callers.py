"""Who asks: nobody in particular, someone with a token, or someone with a bad one."""

from typing import NamedTuple

from collinear.sandbox.request import Request

_PREFIX = "hf_"
_REVOKED = "hf_revoked"


class Caller(NamedTuple):
    """The user's name, None where nobody logged in; and what a quota is counted by."""

    user: str | None
    key: str

    @property
    def anonymous(self) -> bool:
        """Whether nobody logged in."""
        return self.user is None


class BadToken(Exception):
    """The token is none that this Hub gave out."""


def identify(request: Request) -> Caller:
    """
    The caller behind the Authorization header; raises BadToken.

    Every token ``hf_NAME`` is good and belongs to the user NAME, except ``hf_revoked...``.
    """
    header = request.headers.get("authorization")
    if header is None:
        return Caller(None, request.address)
    scheme, _, token = header.partition(" ")
    token = token.strip()
    good = token.startswith(_PREFIX) and len(token) > len(_PREFIX)
    if scheme.lower() != "bearer" or not good or token.startswith(_REVOKED):
        raise BadToken
    return Caller(token.removeprefix(_PREFIX), token)
