"""Ports of this machine: whether one is free, and a free one."""

import errno
import random
import socket

from collinear.local.errors import CannotStart, PortTaken

_OURS = range(20_000, 32_000)
"""Below the range from which systems take the ports of outgoing connections, so that a part
that is started again finds its port still free."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    for port in random.sample(_OURS, 100):
        try:
            check_free("127.0.0.1", port)
        except CannotStart:
            continue
        return port
    raise CannotStart("No free port was found on 127.0.0.1.")


def check_free(host: str, port: int) -> None:
    """
    Make sure that a server could listen there.

    Raises:
        PortTaken: Another program listens there.
        CannotStart: The address is none of this machine, or the port needs more rights.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotStart(f"--host {host} is no address of this machine.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(host, port) from error
            raise CannotStart(
                f"Nothing can listen on port {port} of {host} ({error.strerror}): "
                "choose another with --port or --host."
            ) from error
