"""A socket and a server for one sandbox, and how signals end them."""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collinear.domain.errors import CatalogError
from collinear.sandbox.hub import Hub
from collinear.sandbox.server import HANG_UP, Application

_BACKLOG = 2048


class HubProtocol(HttpToolsProtocol):
    """Hands each request a way to drop its connection without an answer."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {HANG_UP: {"drop": self.transport.abort}}


class AddressTaken(CatalogError):
    """Nobody can listen there; the message says why."""


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet; port 0 is any free one. Raises AddressTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        reason = error.strerror or str(error)
        raise AddressTaken(
            f"The sandbox Hub cannot listen on {host}:{port}: {reason}. Choose another port."
        ) from error
    return bound


def create_server(hub: Hub) -> uvicorn.Server:
    """A server for the sandbox, which says nothing by itself; serve it on a bound socket."""
    config = uvicorn.Config(
        Application(hub),
        http=HubProtocol,
        ws="none",
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        log_level=logging.ERROR,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=1,
    )
    return _Server(config)


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt as Ctrl-C does, so that both end the work in hand."""
    with _handling(signal.SIGTERM, handler=signal.default_int_handler):
        yield


class _Server(uvicorn.Server):
    """Stops on a signal as the original does, and then does not die of it: exit code 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT while serving in the main thread."""
        with _handling(signal.SIGTERM, signal.SIGINT, handler=self.handle_exit):
            yield


@contextmanager
def _handling(*numbers: signal.Signals, handler: Callable[..., Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may; whoever serves in another stops it otherwise
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, original in before.items():
            signal.signal(number, original)
