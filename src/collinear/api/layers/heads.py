"""HEAD on everything that takes GET: the same headers, no body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """
    Lets the application answer GET, and keeps the body back.

    ``scope["head"]`` tells those whose body has no end, or is dear, that nobody will see it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a HEAD on as a GET."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        as_get = {**scope, "method": "GET", "head": True}
        try:
            await self._app(as_get, receive, without_body)
        finally:
            if "route" in as_get:  # those who observe count by it
                scope["route"] = as_get["route"]
