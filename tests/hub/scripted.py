"""A Hub that answers what a test has written down, one answer after the other."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import orjson


class Said(NamedTuple):
    """One answer: what is not bytes is sent as JSON."""

    status: int
    body: object = b""
    headers: Mapping[str, str] = {}


class Heard(NamedTuple):
    """One request: its path and query as they came, and its token."""

    target: str
    authorization: str | None


class ScriptedHub:
    """Answers from its script; the last answer again and again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.script: list[Said] = []
        self.heard: list[Heard] = []
        self.refused: str | None = None
        """A token that is refused from now on."""
        self._lock = threading.Lock()

    def says(self, *answers: Said) -> None:
        """What is answered from now on."""
        self.script[:] = answers
        self.heard.clear()

    def answer(self, heard: Heard) -> Said:
        with self._lock:
            self.heard.append(heard)
            if self.refused is not None and heard.authorization == f"Bearer {self.refused}":
                return Said(401, {"error": "Invalid credentials in Authorization header"})
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    @property
    def targets(self) -> list[str]:
        return [heard.target for heard in self.heard]


@contextmanager
def scripted_hub() -> Iterator[ScriptedHub]:
    """A scripted Hub on a free port, gone with the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = hub.answer(Heard(self.path, self.headers["authorization"]))
            body = said.body if isinstance(said.body, bytes) else orjson.dumps(said.body)
            self.send_response_only(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        hub = ScriptedHub(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
