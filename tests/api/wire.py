"""Bytes over a socket, for what no client library would send."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx2


class Wired(NamedTuple):
    """One answer as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The answer as a problem, with all that every problem has."""
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.headers["x-content-type-options"] == "nosniff"
        told: dict[str, Any] = json.loads(self.body)
        assert told["status"] == self.status
        return told


class Wire:
    """A connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._file = connection.makefile("rb")

    def send(self, *pieces: bytes) -> "Wire":
        """Send all of it, as far as the other side takes it."""
        try:
            for piece in pieces:
                self.socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has hung up, maybe with a word
        return self

    def read(self) -> Wired:
        """The next answer."""
        line = self._file.readline()
        assert line.startswith(b"HTTP/1.1 "), line
        headers: dict[str, str] = {}
        while (field := self._file.readline().decode("latin-1").strip()) != "":
            name, _, value = field.partition(": ")
            headers[name] = value
        body = self._file.read(int(headers.get("content-length", "0")))
        return Wired(int(line.split()[1]), headers, body)

    def ended(self) -> bool:
        """Whether the other side has hung up, and said nothing more; waits for it."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._file.close()
        self.socket.close()


@contextmanager
def wired(api: httpx2.Client) -> Iterator[Wire]:
    """A new connection to the API."""
    connection = socket.create_connection((api.base_url.host, api.base_url.port or 80), timeout=20)
    wire = Wire(connection)
    try:
        yield wire
    finally:
        wire.close()


def said(api: httpx2.Client, *pieces: bytes) -> Wired:
    """The answer to these bytes on a connection of their own."""
    with wired(api) as wire:
        return wire.send(*pieces).read()


def get(path: str, *fields: str) -> bytes:
    """A GET as bytes."""
    lines = (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *fields)
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"
