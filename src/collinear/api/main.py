"""The API process."""

import signal
import socket
import sys
from functools import partial
from types import FrameType

import uvicorn

from collinear.api.app import create_app
from collinear.api.open_files import raise_open_files
from collinear.api.protocol import Bounds, ProblemProtocol
from collinear.settings import Settings
from collinear.telemetry import configure_logging

_GRACE = 5
"""Seconds that requests get to end when the process is asked to stop."""


def run_api(settings: Settings) -> None:
    """
    Serve until SIGTERM or SIGINT.

    Raises:
        SystemExit: With 1 where the address cannot be listened on, after one line that says so.
    """
    configure_logging(level=settings.log_level, style=settings.log_format)
    listener = _listen(settings.host, settings.port)
    # The server raises the signal again when it has ended; by then it has been heeded
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _heeded)
    raise_open_files()
    with listener:
        create_server(settings).run(sockets=[listener])


class Server(uvicorn.Server):
    """A server that ends the streams, which would not end by themselves, before it ends."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Give those who listen their last word, and go on as ever."""
        self.lifespan.state["system"].streams.stop()
        await super().shutdown(sockets)


def create_server(settings: Settings) -> uvicorn.Server:
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
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        sys.stderr.write(
            f"collinear api: cannot listen on {host}:{port} ({error.strerror}): "
            "stop what uses it, or choose another with --port.\n"
        )
        raise SystemExit(1) from None
    return listener


def _heeded(signum: int, frame: FrameType | None) -> None:
    """Nothing is left to do."""
