"""What every answer says to browsers."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collinear.api.guard.origins import Origins

_POLICY = b"content-security-policy"

SECURITY: tuple[tuple[bytes, bytes], ...] = (
    # Nobody may take an answer for something else than it says
    (b"x-content-type-options", b"nosniff"),
    # Addresses of ours hold what people search for: other sites do not learn it
    (b"referrer-policy", b"no-referrer"),
    # Pages of other sites cannot embed answers; fetching them is a matter of CORS
    (b"cross-origin-resource-policy", b"same-origin"),
)
NOTHING = (_POLICY, b"default-src 'none'; frame-ancestors 'none'")
"""An answer is no page: should it ever be shown as one, it loads and runs nothing."""


class Headed:
    """
    Adds the headers that every answer has, whoever made it.

    A page of ours that needs more than nothing brings a ``Content-Security-Policy`` of its own.
    """

    def __init__(self, app: ASGIApp, *, origins: Origins, hsts_seconds: int) -> None:
        self._app = app
        self._origins = origins
        hsts = (b"strict-transport-security", b"max-age=%d" % hsts_seconds)
        self._always = (*SECURITY, hsts) if hsts_seconds else SECURITY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: Sequence[tuple[bytes, bytes]] = message.get("headers", ())
                own = any(name == _POLICY for name, _ in headers)
                message["headers"] = [
                    *headers,
                    *self._always,
                    *(() if own else (NOTHING,)),
                    *self._origins.headers(scope),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)
