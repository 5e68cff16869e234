"""The API process."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial
from types import FrameType

import uvicorn

from collinear.api.app import create_app
from collinear.api.server.open_files import raise_open_files
from collinear.api.server.protocol import Bounds, ProblemProtocol
from collinear.api.server.workers import Workers
from collinear.settings import Settings
from collinear.telemetry import configure_logging

_OBJECTS = 20_000
"""New objects after which the youngest are looked through; a request makes some hundred."""
_BACKLOG = 2048
"""Connections that wait to be accepted, also while the processes begin."""
_GRACE = 5
"""Seconds that requests get to end when the process is asked to stop."""


def run_api(settings: Settings) -> None:
    """
    Serve until SIGTERM or SIGINT.

    Raises:
        SystemExit: With 1 where the address cannot be listened on, after one line that says so.
    """
    configure_logging(level=settings.log_level, style=settings.log_format)
    with _listen(settings.host, settings.port) as listener:
        if settings.api_workers > 1:
            Workers(serve, _adding_up(settings), listener, count=settings.api_workers).run()
        else:
            serve(settings, listener, until=(signal.SIGTERM, signal.SIGINT))


def serve(
    settings: Settings,
    listener: socket.socket,
    *,
    until: Sequence[signal.Signals] = (signal.SIGTERM,),
) -> None:
    """Answer who comes to this listener, until one of these signals."""
    configure_logging(level=settings.log_level, style=settings.log_format)
    early: list[int] = []

    def heed(number: int, frame: FrameType | None) -> None:
        early.append(number)

    # The server listens to signals itself while it runs, and raises them again when it has ended
    for number in until:
        signal.signal(number, heed)
    raise_open_files()
    _collect_garbage_seldom()
    server = create_server(settings)
    server.early = early
    server.run(sockets=[listener])


def _adding_up(settings: Settings) -> Settings:
    """The settings of processes that count together, so that each can tell the sum."""
    folder = settings.metrics_dir or settings.data_dir / "metrics" / str(settings.port)
    return settings.model_copy(update={"metrics_dir": folder})


def _collect_garbage_seldom() -> None:
    """
    Look for circles among objects once in many requests, and not among those that stay.

    With the defaults of Python a fifth of the time goes into looking where nothing is found.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, 20, 50)


class Server(uvicorn.Server):
    """A server that ends the streams, which would not end by themselves, before it ends."""

    early: Sequence[int] = ()
    """Signals that told it to stop before it listened to them."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin; and stop as ever where that was wished for meanwhile."""
        await super().startup(sockets)
        for number in self.early:
            asyncio.get_running_loop().call_soon(self.handle_exit, number, None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Give those who listen their last word, and go on as ever."""
        self.lifespan.state["system"].streams.stop()
        await super().shutdown(sockets)


def create_server(settings: Settings) -> Server:
    """The server of the application; it is told where to listen when it runs."""
    return Server(
        uvicorn.Config(
            create_app(settings),
            loop="uvloop",
            http=partial(ProblemProtocol, bounds=Bounds.of(settings)),  # type: ignore[arg-type]
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # who asks decides about mutations: nobody may pose as another
            server_header=False,
            timeout_keep_alive=settings.keep_alive_seconds,
            timeout_graceful_shutdown=_GRACE,
            backlog=_BACKLOG,
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Now, so that of two who begin at the same time one is refused, and not mute
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        sys.stderr.write(
            f"collinear api: cannot listen on {host}:{port} ({error.strerror}): "
            "stop what uses it, or choose another with --port.\n"
        )
        raise SystemExit(1) from None
    return listener
