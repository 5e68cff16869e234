"""What stands between a worker and its Redis: sees every command, and strikes at one of them."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Side = Literal["before", "after"]


class Step(NamedTuple):
    """A command on the catalog, by its name and what it is about, without its values."""

    command: str
    about: str


@dataclass
class Strike:
    """What is to befall the worker at one step: before Redis hears of it, or right after."""

    step: Step
    side: Side
    act: Callable[[], None]
    struck: threading.Event = field(default_factory=threading.Event)
    """Set once it has happened."""
    go_on: threading.Event = field(default_factory=threading.Event)
    """What was held back goes on its way when the test sets this."""


class Between:
    """
    A server that passes on what a Redis client says, command by command.

    It knows which commands touch the catalog (the queue's own are none of its business), and
    what is queued in a transaction counts as its end, which alone has an effect.
    """

    def __init__(self, upstream: int, prefix: str) -> None:
        self._upstream = upstream
        self._prefix = prefix.encode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept, name="between")]
        self._lock = threading.Lock()
        self.seen: list[Step] = []
        self.strike: Strike | None = None
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def close(self) -> None:
        if self.strike is not None:
            self.strike.go_on.set()
        with self._lock:
            _hang_up(*self._sockets)
        for thread in self._threads:
            thread.join()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._upstream))
                conversation = _Conversation(client, server, self)
                with self._lock:
                    self._sockets += [client, server]
                    for talk in (conversation.requests, conversation.answers):
                        thread = threading.Thread(target=talk, name="between")
                        self._threads.append(thread)
                        thread.start()

    def meets(self, step: Step) -> Strike | None:
        """Note a step; the strike that is due at it, if any."""
        with self._lock:
            self.seen.append(step)
            strike = self.strike
            if strike is None or strike.step != step or strike.struck.is_set():
                return None
            strike.struck.set()
            return strike

    def step_of(self, command: list[bytes]) -> Step | None:
        """The step that a command is; None where it does not touch the catalog."""
        if not any(part.startswith(self._prefix) for part in command[1:]):
            return None
        if any(part.startswith(self._prefix + b":celery:") for part in command[1:]):
            return None
        name = command[0].decode().upper()
        keys = [part[len(self._prefix) :].decode() for part in command if self._is_key(part)]
        about = " ".join(keys[:1])
        if name == "EVALSHA":
            first = command[3 + int(command[2])] if len(command) > 3 + int(command[2]) else b""
            about += f" {first.decode()}" if first.isalpha() else f" {command[1][:6].decode()}"
        return Step(name, about)

    def _is_key(self, part: bytes) -> bool:
        return part.startswith(self._prefix)


class _Conversation:
    """One connection of the client, and its twin to the server."""

    def __init__(self, client: socket.socket, server: socket.socket, between: Between) -> None:
        self._client = client
        self._server = server
        self._between = between
        self._transaction: list[Step] | None = None
        self._withheld: Strike | None = None

    def requests(self) -> None:
        """Client to server, one command at a time."""
        with suppress(OSError), _hanging_up(self._server, self._client):
            for raw, command in _commands(self._client):
                step = self._step(command)
                strike = self._between.meets(step) if step else None
                if strike is not None:
                    if strike.side == "before":
                        strike.act()
                        strike.go_on.wait()
                    else:
                        self._withheld = strike
                self._server.sendall(raw)

    def answers(self) -> None:
        """Server to client, as it comes."""
        with suppress(OSError), _hanging_up(self._server, self._client):
            while data := self._server.recv(65536):
                if self._withheld is not None:
                    self._withheld.act()
                    self._withheld.go_on.wait()
                    self._withheld = None
                self._client.sendall(data)

    def _step(self, command: list[bytes]) -> Step | None:
        name = command[0].upper()
        if name == b"MULTI":
            self._transaction = []
            return None
        if name == b"EXEC":
            queued, self._transaction = self._transaction or [], None
            return Step("EXEC", f"{queued[0].command} {queued[0].about}") if queued else None
        step = self._between.step_of(command)
        if step is not None and self._transaction is not None:
            self._transaction.append(step)
            return None
        return step


@contextmanager
def _hanging_up(*sockets: socket.socket) -> Iterator[None]:
    try:
        yield
    finally:
        _hang_up(*sockets)


def _hang_up(*sockets: socket.socket) -> None:
    """Wake whoever reads from them; they are closed when nobody does any more."""
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _commands(client: socket.socket) -> Iterator[tuple[bytes, list[bytes]]]:
    """Each command as it was sent, and in its parts."""
    with client.makefile("rb") as stream:
        while head := stream.readline():
            raw, parts = head, []
            for _ in range(int(head[1:])):
                size = stream.readline()
                part = stream.read(int(size[1:]) + 2)
                raw += size + part
                parts.append(part[:-2])
            yield raw, parts


@contextmanager
def between(upstream: int, prefix: str) -> Iterator[Between]:
    """A Between before the Redis at a port of this machine, gone with the block."""
    one = Between(upstream, prefix)
    try:
        yield one
    finally:
        one.close()
