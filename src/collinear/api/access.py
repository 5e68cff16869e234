"""Who may change something."""

import hmac
import ipaddress
from urllib.parse import urlsplit

from fastapi import Request
from pydantic import SecretStr

from collinear.api.kinds import NotAuthenticated
from collinear.domain.errors import NotAllowed

_FORWARDED = frozenset(
    {
        "cf-connecting-ip",
        "client-ip",
        "fastly-client-ip",
        "forwarded",
        "true-client-ip",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "x-original-host",
        "x-real-ip",
    }
)
"""What proxies add, besides everything that begins with ``x-forwarded``."""


def check(request: Request, token: SecretStr | None) -> None:
    """
    Let a mutation through: with the admin token, or where there is none, from this machine.

    Raises:
        NotAuthenticated: There is a token, and the request does not carry it.
        NotAllowed: There is none, and the request may come from somewhere else: from another
            address, through a proxy, or from a page of another site in somebody's browser.
    """
    if token is not None and token.get_secret_value():
        _check_token(request, token.get_secret_value())
        return
    client = request.client.host if request.client else ""
    if not _is_loopback(client):
        raise NotAllowed("Without an admin token this is for callers on this machine only.")
    for name in request.headers:
        if name in _FORWARDED or name.startswith("x-forwarded"):
            raise NotAllowed(f"The request came through a proxy (it carries {name}).")
    if not _is_own_page(request):
        raise NotAllowed(
            "The request came from a page of another site, or to another name than localhost."
        )


def _check_token(request: Request, token: str) -> None:
    given = request.headers.getlist("authorization")
    scheme, _, sent = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    # header values are latin-1, the setting is text: compare bytes, whatever they hold
    good = hmac.compare_digest(sent.strip().encode("latin-1"), token.encode())
    if scheme.lower() != "bearer" or not good:
        raise NotAuthenticated("The admin token is missing or wrong.")


def _is_own_page(request: Request) -> bool:
    """Whether no browser is involved, or one that shows a page of ours on this machine."""
    if not {"none", "same-origin"}.issuperset(request.headers.getlist("sec-fetch-site")):
        return False
    host = request.headers.get("host", "")
    # A name that was made to point at this machine is not this machine's name
    named = _names_this_machine(f"//{host}")
    return named and all(
        _names_this_machine(origin) and origin.partition("://")[2] == host
        for origin in request.headers.getlist("origin")
    )


def _names_this_machine(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
