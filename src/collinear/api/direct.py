"""A route that is asked so often that the framework's way to its parameters is too long."""

from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send


class Direct(APIRoute):
    """Its endpoint takes the request, and reads from it what it needs by itself."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """No dependency is solved, so none has to be closed again."""
        response = await self.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)
