"""Who asks: the address that a request is counted under."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from starlette.types import Scope

Network = IPv4Network | IPv6Network


class Client(NamedTuple):
    """A caller, as far as the network tells."""

    name: str
    """An IPv4 address, or the first 64 bits of an IPv6 one: who has one such address has all."""
    local: bool
    """On this machine, without a proxy in between that tells of itself."""


def find_client(scope: Scope, trusted: Sequence[Network]) -> Client:
    """
    The peer of the connection, or whom trusted proxies speak for.

    Of ``X-Forwarded-For`` the right-most address counts that is not a trusted proxy's own: what
    stands left of it, anybody may have written.
    """
    peer = _parse(scope["client"][0]) if scope.get("client") else None
    if peer is None:  # a socket of the file system
        return Client("local", True)
    forwarded = [
        value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"
    ]
    if not _is_within(peer, trusted):
        return Client(_name(peer), peer.is_loopback and not forwarded)
    client = peer
    for hop in reversed(",".join(forwarded).split(",") if forwarded else ()):
        before = _parse(_without_port(hop.strip()))
        if before is None:
            break  # the last that is known to be true
        client = before
        if not _is_within(client, trusted):
            break
    return Client(_name(client), client.is_loopback and not forwarded)


def _is_within(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _name(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((int(address) >> 64 << 64, 64)))


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
