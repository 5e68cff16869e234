"""A request as the Hub's routes look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True)
class Request:
    """Method, path and query as they came, and the headers by lower-case name."""

    method: str
    path: str
    """Percent-encoded, as on the wire."""
    query: str
    headers: Mapping[str, str]
    address: str
    server: str
    """Where the server listens, for a request without a Host."""

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path between slashes, each decoded by itself; empty ones left out."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    @cached_property
    def params(self) -> list[tuple[str, str]]:
        """The query's pairs in order; `+` and `%20` are both a space, `a[]` is `a`."""
        pairs = parse_qsl(self.query, keep_blank_values=True, errors="replace")
        return [(name.removesuffix("[]"), value) for name, value in pairs]

    def all(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return [value for key, value in self.params if key == name]

    def last(self, name: str) -> str | None:
        """The value of a parameter; the last one where it is repeated."""
        values = self.all(name)
        return values[-1] if values else None

    def flag(self, name: str) -> bool | None:
        """A yes or no as the clients spell it; None where it is not asked."""
        value = self.last(name)
        return None if value is None else value.lower() in {"true", "1"}

    @property
    def origin(self) -> str:
        """Scheme, host and port as the client sees them."""
        return f"http://{self.headers.get('host') or self.server}"

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


def read(scope: Mapping[str, Any]) -> Request:
    """The request of an ASGI scope."""
    client, server = scope.get("client"), scope.get("server") or ("127.0.0.1", 80)
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={key.decode("latin-1"): text.decode("latin-1") for key, text in scope["headers"]},
        address=client[0] if client else "0.0.0.0",  # noqa: S104 - a name in a message
        server=f"{server[0]}:{server[1]}",
    )
