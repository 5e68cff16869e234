"""The ASGI application: reads a request, waits where it must, sends the answer."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from collinear.sandbox import request as requests
from collinear.sandbox.answers import Answer
from collinear.sandbox.exchange import exchange
from collinear.sandbox.hub import Hub

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
HANG_UP = "collinear.hang_up"
"""The extension of the scope by which the server can drop the line."""


class Application:
    """The sandbox Hub as an ASGI application."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = requests.read(scope)
        body = await _body(receive) if request.method == "POST" else b""
        answer, pause, hang_up = exchange(self._hub, request, body)
        if pause:
            await asyncio.sleep(pause)
        if hang_up:
            scope["extensions"][HANG_UP]["drop"]()
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await _send(answer, send, head=request.method == "HEAD")


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(answer: Answer, send: Send, *, head: bool) -> None:
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": answer.on_the_wire()}
    )
    if answer.pieces is not None and not head:
        for piece in answer.pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
