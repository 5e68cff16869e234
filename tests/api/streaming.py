"""A caller who listens: over a plain socket, so that it sees what comes when it comes."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx2

STREAM = "/api/datasets/changes/stream"


class Event(NamedTuple):
    """One event; a comment is one that is named ``:``."""

    name: str
    id: str | None
    data: Any


class Listener:
    """The answer to one request, as it arrives."""

    def __init__(self, answers: socket.socket) -> None:
        self._socket = answers
        self.port: int = answers.getsockname()[1]
        self._file = answers.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers: dict[str, str] = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(":")
            self.headers[name.lower()] = value.strip()
        self._text = b""

    def more(self) -> bytes:
        """The next chunk; empty at the end, which is a proper one."""
        size = int(self._file.readline(), 16)
        chunk = self._file.read(size)
        self._file.readline()
        return chunk

    def body(self) -> bytes:
        """All that is left of an answer that ends."""
        if "content-length" in self.headers:
            return self._file.read(int(self.headers["content-length"]))
        return b"".join(iter(self.more, b""))

    def event(self) -> Event | None:
        """The next event or comment; None at the end."""
        while b"\n\n" not in self._text:
            chunk = self.more()
            if not chunk:
                assert not self._text
                return None
            self._text += chunk
        text, _, self._text = self._text.partition(b"\n\n")
        fields = dict(line.split(": ", 1) for line in text.decode().split("\n"))
        if "" in fields:
            return Event(":", None, fields[""])
        return Event(fields.get("event", "message"), fields.get("id"), json.loads(fields["data"]))

    def events(self, count: int) -> list[Event]:
        """So many of them."""
        found = []
        while len(found) < count:
            event = self.event()
            assert event is not None, found
            found.append(event)
        return found

    def until(self, name: str) -> list[Event]:
        """All up to the first of this name."""
        found: list[Event] = []
        while not found or found[-1].name != name:
            found += self.events(1)
        return found

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@contextmanager
def asking(
    api: httpx2.Client, path: str, *, method: str = "GET", room: int = 0, **headers: str
) -> Iterator[Listener]:
    """An answer to this request; ``room`` is what fits on its way, in bytes, before it stalls."""
    listener = ask(api, path, method=method, room=room, **headers)
    try:
        yield listener
    finally:
        listener.close()


def ask(
    api: httpx2.Client, path: str, *, method: str = "GET", room: int = 0, **headers: str
) -> Listener:
    """The same, to be closed by whoever asks."""
    return Listener(send(api, path, method=method, room=room, **headers))


def send(
    api: httpx2.Client, path: str, *, method: str = "GET", room: int = 0, **headers: str
) -> socket.socket:
    """A request whose answer nobody has looked at yet."""
    connection = socket.socket()
    if room:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", api.base_url.port))
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode())
    return connection


@contextmanager
def listening(
    api: httpx2.Client, since: object = None, *, more: str = "", **headers: str
) -> Iterator[Listener]:
    """A stream that has begun."""
    query = "&".join(filter(None, [f"since={since}" if since else "", more]))
    with asking(api, f"{STREAM}?{query}" if query else STREAM, **headers) as listener:
        assert listener.status == 200, listener.body()
        yield listener
