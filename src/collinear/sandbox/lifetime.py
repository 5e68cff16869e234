"""From the first answer of a sandbox to its last."""

import asyncio
import sys
from socket import socket

from collinear.sandbox.hub import Hub
from collinear.sandbox.life import Life
from collinear.sandbox.serving import create_server

_LOOK = 0.02
"""Seconds between two looks whether the server answers yet."""


async def serve(hub: Hub, bound: socket, greeting: str, *, life: Life, every: float | None) -> None:
    """Serve until a signal; print the greeting once it answers; let it live every so often."""
    server = create_server(hub)
    serving = asyncio.ensure_future(server.serve([bound]))
    living = asyncio.ensure_future(_live(life, every)) if every else None
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(_LOOK)
        if server.started:
            sys.stdout.write(f"{greeting}\n")
            sys.stdout.flush()
        await serving
    finally:
        if living is not None:
            living.cancel()


async def _live(life: Life, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        life.step()
