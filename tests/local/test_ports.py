"""A busy port is noticed before anything is started."""

import socket

import pytest

from collinear.local.errors import CannotStart, PortTaken
from collinear.local.ports import check_free, free_port


def test_a_taken_port_is_named() -> None:
    """The refusal says which, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} on 127.0.0.1 is taken"):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)


def test_an_address_of_elsewhere() -> None:
    """Neither a foreign address nor nonsense is a place to listen."""
    for host in ("192.0.2.1", "no such host"):
        with pytest.raises(CannotStart, match="--host"):
            check_free(host, 0)


def test_free_ports_are_free() -> None:
    """And not from where outgoing connections take theirs."""
    port = free_port()
    check_free("127.0.0.1", port)
    assert 20_000 <= port < 32_000
