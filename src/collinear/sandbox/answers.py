"""What the Hub says: answers, and the ways in which it says no."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from collinear.sandbox import rowtext

Headers = tuple[tuple[str, str], ...]
JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
_UNSPEAKABLE = re.compile(r"[^ -~]")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, before the headers that every answer carries."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Headers = ()
    pieces: Callable[[], Iterator[bytes]] | None = None
    """Makes a body too large to hold; its length then stands in ``headers``."""

    def saying(self, *headers: tuple[str, str]) -> "Answer":
        """The same answer with more headers."""
        return replace(self, headers=(*self.headers, *headers))

    def on_the_wire(self) -> list[tuple[bytes, bytes]]:
        """All headers as bytes; what cannot stand in one becomes a question mark."""
        headers = [("Content-Type", self.content_type), *self.headers]
        if self.pieces is None:
            headers.append(("Content-Length", str(len(self.body))))
        return [
            (name.lower().encode(), _UNSPEAKABLE.sub("?", text).encode()) for name, text in headers
        ]


def json(value: Any, *, status: int = 200, headers: Headers = ()) -> Answer:
    """A value as JSON."""
    return Answer(status, rowtext.dump(value), headers=headers)


def redirect(location: str, *, status: int = 307, headers: Headers = ()) -> Answer:
    """Somewhere else; the Hub's own redirects are relative."""
    body = f"Temporary Redirect. Redirecting to {location}".encode()
    return Answer(status, body, TEXT, (("Location", location), *headers))


def etag(body: bytes) -> str:
    """A weak ETag: the length and a digest."""
    digest = hashlib.sha1(body, usedforsecurity=False).digest()
    return f'W/"{len(body):x}-{base64.b64encode(digest)[:27].decode()}"'


def refusal(
    status: int, message: str, *, code: str | None = None, plain: bool = False, body: str = ""
) -> Answer:
    """An error: the message in a header and in the body, the code where the Hub gives one."""
    headers: Headers = (("X-Error-Message", message),)
    if code is not None:
        headers = (("X-Error-Code", code), *headers)
    if plain:
        return Answer(status, (body or message).encode(), TEXT, headers)
    return json({"error": body or message}, status=status, headers=headers)


def bad_request(message: str) -> Answer:
    """400: a parameter that makes no sense."""
    return json({"error": message}, status=400)


def repo_not_found(*, anonymous: bool, plain: bool, name_the_code: bool) -> Answer:
    """A missing or hidden dataset: the Hub tells only those who have logged in."""
    if not anonymous:
        return refusal(404, "Repository not found", code="RepoNotFound", plain=plain)
    code = "RepoNotFound" if name_the_code else None
    return refusal(401, "Invalid username or password.", code=code, plain=plain).saying(
        ("WWW-Authenticate", 'Bearer realm="Authentication required", charset="UTF-8"')
    )


def gated(dataset_id: str, *, anonymous: bool, plain: bool) -> Answer:
    """The content of a gated dataset, for someone who was not let in."""
    message = f"Access to dataset {dataset_id} is restricted. "
    if anonymous:
        message += "You must have access to it and be authenticated to access it. Please log in."
    else:
        message += "You are not in the authorized list. Ask for access on the dataset's page."
    return refusal(401 if anonymous else 403, message, code="GatedRepo", plain=plain)


def disabled(*, anonymous: bool, plain: bool) -> Answer:
    """The content of a disabled dataset."""
    message = "Access to this resource is disabled."
    return refusal(401 if anonymous else 403, message, plain=plain)


def revision_not_found(revision: str, *, plain: bool) -> Answer:
    """No such branch, tag or commit."""
    return refusal(404, f"Invalid rev id: {revision}", code="RevisionNotFound", plain=plain)


def entry_not_found(commit: str, *, plain: bool = True) -> Answer:
    """The revision is there, the file is not."""
    answer = refusal(404, "Entry not found", code="EntryNotFound", plain=plain)
    return answer.saying(("X-Repo-Commit", commit))


def bad_token() -> Answer:
    """A token that the Hub never gave out."""
    return refusal(401, "Invalid credentials in Authorization header")


def no_such_page() -> Answer:
    """A path that the Hub does not know."""
    return json({"error": "Sorry, we can't find the page you are looking for."}, status=404)


def rate_limited(address: str) -> Answer:
    """The quota is used up: plain text, also from the JSON routes."""
    text = (
        f"We had to rate limit your IP ({address}). To continue using our service, create a HF "
        "account or login to your existing account, and make sure you pass a HF_TOKEN if you're "
        "using the API."
    )
    return Answer(429, text.encode(), TEXT)


def server_error() -> Answer:
    """Trouble inside."""
    message = "Internal Error - We're working hard to fix this as soon as possible!"
    return json({"error": message}, status=500)


def unavailable() -> Answer:
    """Closed for a while: plain text."""
    return Answer(503, b"Service Unavailable", TEXT)


def gateway_timeout() -> Answer:
    """The edge gave up waiting for the application behind it."""
    return Answer(504, b"<html><h1>504 Gateway Time-out</h1></html>", HTML)


def html_page() -> Answer:
    """A page for people where JSON was promised."""
    return Answer(200, b"<!doctype html><title>Hub</title><p>One moment, please.</p>", HTML)
