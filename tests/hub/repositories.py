"""A Hub of one repository whose every answer a test decides: large trees, held answers, detours."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

HUB_ID = f"{1:024x}"
HEAD = "a" * 40


class Reply(NamedTuple):
    """
    One answer: bytes, pieces of bytes that are sent as they come, or what is sent as JSON.

    ``size`` says more bytes than are sent where the answer shall break off.
    """

    status: int = 200
    body: object = b""
    headers: Mapping[str, str] = {}
    size: int | None = None


class Call(NamedTuple):
    """One request as it came."""

    method: str
    target: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def asked(self, name: str) -> str | None:
        return parse_qs(urlsplit(self.target).query).get(name, [None])[-1]


Answering = Callable[[Call], Reply]


class RepositoryHub:
    """Answers as ``answer`` says, and notes who asked what, and how many did so at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answer: Answering = lambda call: Reply(404, {"error": "nothing here"})
        self.calls: list[Call] = []
        self.most_at_a_time = 0
        self._now = 0
        self._lock = threading.Lock()

    def reply(self, call: Call) -> Reply:
        with self._lock:
            self.calls.append(call)
            self._now += 1
            self.most_at_a_time = max(self.most_at_a_time, self._now)
        try:
            return self.answer(call)
        finally:
            with self._lock:
                self._now -= 1

    @property
    def targets(self) -> list[str]:
        return [call.target for call in self.calls]


@contextmanager
def repository_hub() -> Iterator[RepositoryHub]:
    """Such a Hub on a free port, gone with the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            call = Call(self.command, self.path, self.rfile.read(length), dict(self.headers))
            reply = hub.reply(call)
            body = reply.body
            if isinstance(body, Iterator):
                pieces, size = body, reply.size
            else:
                whole = body if isinstance(body, bytes) else json.dumps(body).encode()
                pieces, size = iter([whole]), reply.size or len(whole)
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(size))
            self.end_headers()
            try:
                for piece in pieces:
                    self.wfile.write(piece)
            except OSError:
                self.close_connection = True
            if reply.size:
                self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        hub = RepositoryHub(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


def file(number: int) -> dict[str, Any]:
    """The entry of the so-manieth file."""
    path = f"data/part-{number:06}.parquet"
    return {"type": "file", "path": path, "size": number, "oid": f"{number:040x}"}


def tree(files: int, *, page: int = 1000, fails_at: int | None = None) -> Answering:
    """A tree of so many files, in pages; from one of them on the Hub fails."""

    def answer(call: Call) -> Reply:
        start = int(call.asked("cursor") or 0)
        if fails_at is not None and start >= fails_at:
            return Reply(500, {"error": "Internal Error"})
        entries = [file(number) for number in range(start, min(start + page, files))]
        headers = {}
        if start + page < files:
            # of another host, as a mirror may say: only the place in it is used
            address = f"http://elsewhere.test{call.path}?recursive=true&cursor={start + page}"
            headers["Link"] = f'<{address}>; rel="next"'
        return Reply(200, [{"type": "directory", "path": "data", "oid": "0"}, *entries], headers)

    return answer


def history(commits: int) -> Answering:
    """A history of so many commits, the newest of which is ``HEAD``."""

    def commit(number: int) -> dict[str, Any]:
        id_ = HEAD if number == 0 else f"{number:040x}"
        return {
            "id": id_,
            "title": f"Commit {number}",
            "message": "",
            "authors": [{"user": "ada", "avatar": "x"}],
            "date": "2026-01-01T00:00:00.000Z",
        }

    def answer(call: Call) -> Reply:
        page, limit = int(call.asked("p") or 0), int(call.asked("limit") or 50)
        start = page * limit
        shown = [commit(number) for number in range(start, min(start + limit, commits))]
        headers = {"X-Total-Count": str(commits)}
        if start + limit < commits:
            headers["Link"] = f'<{call.path}?p={page + 1}&limit={limit}>; rel="next"'
        return Reply(200, shown, headers)

    return answer
