"""Commits and files of one dataset, asked from the Hub when somebody wants to know."""

import json
import re
from collections.abc import Iterator
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import httpx2
from huggingface_hub.errors import (
    DisabledRepoError,
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public, but not marked so
    build_hf_headers,
    get_session,
    hf_raise_for_status,
)

from collinear import __version__
from collinear.domain.errors import (
    DatasetGated,
    DatasetNotFound,
    FileNotFound,
    HubContractBroken,
    HubRateLimited,
    HubTimeout,
    HubUnavailable,
    RevisionNotFound,
)
from collinear.hub.ratelimit import read_wait
from collinear.hub.shelf import Shelf

MAIN = "main"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PAGE = 1000
_MOST_BYTES = 64 * 2**20


class Commits(NamedTuple):
    """The question for the newest ``limit`` commits of a revision."""

    dataset_id: str
    revision: str
    limit: int
    head: str | None = None
    """The commit that ``main`` stands at as far as the catalog knows."""


class Files(NamedTuple):
    """The question for all files of a revision: their paths, or also sizes and oids."""

    dataset_id: str
    revision: str
    detail: bool = False
    head: str | None = None


class FileExists(NamedTuple):
    """The question whether a revision has a file."""

    dataset_id: str
    revision: str
    path: str
    head: str | None = None


Question = Commits | Files | FileExists


class HubRepos:
    """
    Answers questions about repositories, from memory where the commit is still the same.

    Every answer is JSON as the API serves it: a list of commits, a list of files, or whether
    the file exists.
    """

    def __init__(
        self, endpoint: str, *, token: str | None, within: float = 15.0, memory: int = 32 * 2**20
    ) -> None:
        """``within`` is the most seconds an answer may take, ``memory`` the bytes to remember."""
        self._endpoint = endpoint
        self.within = within
        self._shelf = Shelf(memory)
        # False, not None: the client would send a login that it finds on this machine
        self._headers = build_hf_headers(
            token=token or False,
            library_name="collinear-data-tool",
            library_version=__version__,
        )

    def remembered(self, question: Question) -> bytes | None:
        """The answer, if it needs no request."""
        return self._shelf.get(question)

    def ask(self, question: Question) -> bytes:
        """
        The answer, from the Hub.

        Raises:
            DatasetNotFound: The Hub does not show the dataset (any more).
            RevisionNotFound: It has no such branch, tag or commit.
            DatasetGated: The Hub shows this only to those whom the owner let in.
            HubUnavailable, HubTimeout, HubRateLimited, HubContractBroken: The Hub is in trouble.
        """
        if ".." in question.revision or question.revision == ".":
            raise _no_revision(question)  # no name in git, and a way out of the address
        conversation = _Conversation(self._endpoint, self._headers, self.within, question)
        match question:
            case Commits(limit=limit):
                return self._keep(question, [_commit(item) for item in conversation.commits(limit)])
            case Files(detail=detail):
                files = [_file(entry) for entry in conversation.tree()]
                paths = self._keep(question._replace(detail=False), [f["path"] for f in files])
                details = self._keep(question._replace(detail=True), files)
                return details if detail else paths
            case FileExists(path=path):
                return self._keep(question, conversation.has_file(path))

    def _keep(self, question: Question, answer: object) -> bytes:
        body = json.dumps(answer, separators=(",", ":")).encode()
        self._shelf.put(question, body, seconds=None if _is_fixed(question) else 60.0)
        return body

    def address(self, question: FileExists) -> str:
        """Where the file can be fetched; the Hub decides there who may."""
        dataset, revision, path = question.dataset_id, question.revision, question.path
        return (
            f"{self._endpoint}/datasets/{quote(dataset)}/resolve/"
            f"{quote(revision, safe='')}/{quote(path)}"
        )


class _Conversation:
    """The requests that one question takes, all within one deadline."""

    def __init__(
        self, endpoint: str, headers: dict[str, str], within: float, question: Question
    ) -> None:
        self._endpoint = endpoint
        self._headers = headers
        self._within = within
        self._deadline = monotonic() + within
        self._question = question

    def commits(self, limit: int) -> list[Any]:
        """The newest commits, no more than ``limit``."""
        found: list[Any] = []
        for page in self._pages("commits", {"limit": min(limit, _PAGE)}):
            found += page
            if len(found) >= limit:
                break
        return found[:limit]

    def tree(self) -> list[Any]:
        """Every file of the revision, in the Hub's order."""
        pages = self._pages("tree", {"recursive": "true", "expand": "false"})
        return [entry for page in pages for entry in page if entry.get("type") == "file"]

    def has_file(self, path: str) -> bool:
        """Whether the revision has this file; a folder is none."""
        data = {"paths": [path], "expand": "false"}
        response = self._request("POST", self._url("paths-info"), data=data)
        return any(e.get("type") == "file" and e.get("path") == path for e in _entries(response))

    def _pages(self, what: str, params: dict[str, Any]) -> Iterator[list[Any]]:
        response = self._request("GET", self._url(what), params=params)
        yield _entries(response)
        while address := response.links.get("next", {}).get("url"):
            if urlsplit(address)[:2] != urlsplit(self._endpoint)[:2]:
                raise HubContractBroken("The Hub's next page is on another server.")
            response = self._request("GET", address)
            yield _entries(response)

    def _url(self, what: str) -> str:
        dataset, revision = (
            quote(self._question.dataset_id),
            quote(self._question.revision, safe=""),
        )
        return f"{self._endpoint}/api/datasets/{dataset}/{what}/{revision}"

    def _request(self, method: str, url: str, **options: Any) -> httpx2.Response:
        try:
            try:
                response = self._send(method, url, **options)
            except (httpx2.NetworkError, httpx2.RemoteProtocolError):
                # A kept connection may have died meanwhile; a Hub that is down says so twice
                response = self._send(method, url, **options)
            hf_raise_for_status(response)
        except httpx2.TimeoutException as error:
            raise self._too_late() from error
        except HfHubHTTPError as error:
            raise _translated(error, self._question) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OfflineModeIsEnabled) as error:
            raise HubUnavailable(f"The Hub cannot be reached: {type(error).__name__}.") from error
        return response

    def _send(self, method: str, url: str, **options: Any) -> httpx2.Response:
        """One request; its answer read whole, as long as the deadline and its size allow."""
        body = bytearray()
        with get_session().stream(
            method, url, headers=self._headers, timeout=self._left(), **options
        ) as response:
            for chunk in response.iter_bytes():
                body += chunk
                self._left()
                if len(body) > _MOST_BYTES:
                    raise HubContractBroken(f"An answer of the Hub is over {_MOST_BYTES} bytes.")
        headers = [
            (name, value)
            for name, value in response.headers.items()
            if name not in {"content-encoding", "content-length", "transfer-encoding"}
        ]
        return httpx2.Response(
            response.status_code, headers=headers, content=bytes(body), request=response.request
        )

    def _left(self) -> float:
        left = self._deadline - monotonic()
        if left <= 0:
            raise self._too_late()
        return left

    def _too_late(self) -> HubTimeout:
        return HubTimeout(f"The Hub did not answer within {self._within:g} seconds.")


def _translated(error: HfHubHTTPError, question: Question) -> Exception:
    response, name = error.response, question.dataset_id
    match error:
        case RevisionNotFoundError():
            return _no_revision(question)
        case EntryNotFoundError():
            return FileNotFound(f"{name!r} has nothing there at {question.revision!r}.")
        case GatedRepoError():
            return DatasetGated(f"{name!r} is gated: ask for access at the Hub.")
        case DisabledRepoError():
            return DatasetGated(f"The Hub has disabled {name!r}.")
        case RepositoryNotFoundError():
            return DatasetNotFound(name)
    status, message = response.status_code, response.headers.get("x-error-message", "")
    if status == 401 and message.startswith("Invalid credentials"):
        return HubContractBroken("The Hub does not accept the token in HF_TOKEN.")
    if status in (401, 404):
        # What the Hub says to strangers about anything that it does not show them
        return DatasetNotFound(name)
    if status == 403:
        return DatasetGated(f"The Hub does not show this of {name!r}.")
    if status == 429:
        wait = read_wait(response.headers)
        return HubRateLimited("The Hub asks for patience: its quota is used up.", retry_after=wait)
    if status >= 500:
        return HubUnavailable(f"The Hub answered with {status}.")
    return HubContractBroken(f"The Hub answered with {status}.")


def _no_revision(question: Question) -> RevisionNotFound:
    return RevisionNotFound(f"{question.dataset_id!r} has no revision {question.revision!r}.")


def _entries(response: httpx2.Response) -> list[Any]:
    try:
        entries = response.json()
    except ValueError as error:
        raise HubUnavailable("The Hub sent half an answer.") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise HubContractBroken("The Hub sent something else than a list.")
    return entries


def _commit(item: dict[str, Any]) -> dict[str, Any]:
    users = [author.get("user") for author in item.get("authors") or [] if author]
    names = [user for user in users if isinstance(user, str)]
    return {
        "id": item.get("id"),
        "title": item.get("title"),
        "message": item.get("message"),
        "author": {"name": names[0] if names else None},
        "authors": names,
        "date": item.get("date"),
    }


def _file(entry: dict[str, Any]) -> dict[str, Any]:
    return {"path": entry.get("path"), "size": entry.get("size"), "oid": entry.get("oid")}


def _is_fixed(question: Question) -> bool:
    """Whether the answer stays the same for ever: a new commit on main is another question."""
    if question.revision == MAIN:
        return question.head is not None
    return bool(_COMMIT.fullmatch(question.revision))
