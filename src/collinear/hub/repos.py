"""Commits, files and cards of one dataset, asked from the Hub when somebody wants to know."""

import math
from dataclasses import replace
from urllib.parse import quote

import httpx2

from collinear.domain.errors import DatasetNotFound, HubUnavailable, RevisionNotFound
from collinear.hub import entries
from collinear.hub.answers import HubAnswer
from collinear.hub.connection import AnswerTooLarge, Form, HubConnection
from collinear.hub.details import look_up
from collinear.hub.questions import (
    MAIN,
    Answer,
    At,
    Card,
    Commits,
    FileInfo,
    Files,
    Known,
    Paged,
    Question,
)
from collinear.hub.refusals import no_revision, to_error
from collinear.hub.shelf import Shelf

BRANCH_SECONDS = 60.0
"""How long the state of a branch or tag is good: nobody tells when it moves."""
CARD_BYTES = 256 * 2**10
"""The largest card that is handed on."""


class HubRepos:
    """Answers questions about repositories, from memory where the commit is still the same."""

    def __init__(self, hub: HubConnection, *, endpoint: str, memory: int) -> None:
        """``endpoint`` is where people find the Hub, ``memory`` the bytes to remember."""
        self._hub = hub
        self._endpoint = endpoint
        self._shelf = Shelf(memory)

    def remembered(self, question: Question) -> Known | None:
        """The answer, if it needs no request."""
        return self._shelf.get(question)

    def last(self, question: Question) -> Known | None:
        """The last answer there was, perhaps for an older commit."""
        return self._shelf.last(question)

    def ask(self, question: Question) -> Known:
        """
        The answer, from the Hub.

        Raises:
            DatasetNotFound: The Hub does not show the dataset (any more), or another one has its
                name there.
            RevisionNotFound: It has no such branch, tag or commit.
            DatasetGated: The Hub shows this only to those whom the owner let in.
            BadCursor: The Hub does not know the page that was asked for.
            HubUnavailable, HubTimeout, HubRateLimited, HubContractBroken: The Hub is in trouble.
        """
        at = question.at
        if ".." in at.revision or at.revision == ".":
            raise no_revision(at)  # no name in git, and a way out of the address
        try:
            answer, commit = self._answer(question)
        except RevisionNotFound:
            if at.revision != MAIN or at.commit is None:
                raise
            # Its history was rewritten, or somebody else has the name: the catalog will know soon
            self._name_now(at)
            answer, commit = self._answer(replace(question, at=at._replace(commit=None)))
        lasting = commit is not None and commit == at.commit
        seconds = math.inf if lasting else BRANCH_SECONDS
        return self._shelf.put(question, answer, commit=commit, seconds=seconds)

    def address(self, at: At, path: str) -> str:
        """Where a file can be fetched; the Hub decides there who may."""
        return (
            f"{self._endpoint}/datasets/{quote(at.dataset_id)}/resolve/"
            f"{quote(at.revision, safe='')}/{quote(path)}"
        )

    def _answer(self, question: Question) -> tuple[Answer, str | None]:
        """The answer, and the commit that it is true for where that is known."""
        at = question.at
        where = quote(at.commit or at.revision, safe="")
        match question:
            case Commits():
                return self._commits(question)
            case Files(position=position):
                answer = self._ask(question, f"tree/{where}?recursive=true&expand=false&{position}")
                return entries.paged(answer, position, entries.file), at.commit
            case FileInfo(path=path):
                form: Form = {"paths": [path], "expand": "false"}
                answer = self._ask(question, f"paths-info/{where}", form)
                return Answer(entries.to_json(entries.file_info(answer, path))), at.commit
            case Card():
                return self._card(question, where), at.commit
        raise AssertionError(question)

    def _commits(self, question: Commits) -> tuple[Answer, str | None]:
        """By the name of the revision: the newest commit tells itself what that stands for."""
        at, position = question.at, question.position
        query = position or f"limit={question.size}"
        answer = self._ask(question, f"commits/{quote(at.revision, safe='')}?{query}")
        page = entries.paged(answer, position, entries.commit)
        if position or at.is_commit:
            return page, at.commit
        ids = [commit["id"] for commit in page.parsed()]
        if at.commit is not None and at.commit not in ids:
            self._name_now(at)  # another dataset may have the name by now
        return page, ids[0] if ids else None

    def _card(self, question: Card, where: str) -> Answer:
        try:
            answer = self._ask(question, f"revision/{where}?expand[]=cardData")
            body = entries.to_json(entries.card(answer, question.at))
        except (AnswerTooLarge, RecursionError, ValueError):
            return Answer(b"")
        except HubUnavailable as error:
            if isinstance(error.__cause__, RecursionError):  # nested beyond sense, and whole
                return Answer(b"")
            raise
        return Answer(body if len(body) <= CARD_BYTES else b"")

    def _ask(self, question: Question, below: str, form: Form | None = None) -> HubAnswer:
        """The answer to a request below the dataset, under the name that it has at the Hub now."""
        at = question.at
        answer = self._send(f"/api/datasets/{quote(at.dataset_id)}/{below}", form)
        if 300 <= answer.status < 400:
            answer = self._send(f"/api/datasets/{quote(self._name_now(at))}/{below}", form)
        if answer.status != 200:
            further = isinstance(question, Paged) and bool(question.position)
            raise to_error(answer, at, further=further)
        return answer

    def _send(self, address: str, form: Form | None) -> HubAnswer:
        method = "GET" if form is None else "POST"
        try:
            return self._hub.ask(method, address, form)
        except HubUnavailable as error:
            if not isinstance(error.__cause__, httpx2.NetworkError | httpx2.RemoteProtocolError):
                raise
        # A kept connection may have died meanwhile; a Hub that is down says so twice
        return self._hub.ask(method, address, form)

    def _name_now(self, at: At) -> str:
        """
        What the dataset is called at the Hub now.

        Raises:
            DatasetNotFound: The Hub shows none there, or another one.
        """
        row = look_up(self._hub, at.dataset_id, ["sha"])
        if row is None or row["_id"] != at.hub_id:
            raise DatasetNotFound(at.dataset_id)
        return str(row["id"])
