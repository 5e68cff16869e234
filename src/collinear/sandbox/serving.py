"""A socket and a server for one sandbox."""

import logging
import socket

import uvicorn

from collinear.domain.errors import CatalogError
from collinear.sandbox.hub import Hub
from collinear.sandbox.server import Application, HubProtocol

_BACKLOG = 2048


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
        log_level=logging.CRITICAL,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
