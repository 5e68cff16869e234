"""What people ask about one dataset, and what is known of it."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import orjson

MAIN = "main"
_COMMIT = re.compile(r"[0-9a-f]{40}")


class At(NamedTuple):
    """A dataset at one of its revisions."""

    hub_id: str
    dataset_id: str
    revision: str
    """As it was asked for."""
    commit: str | None
    """The commit that it stands for, where that is known: what is true of it stays true."""

    @classmethod
    def of(cls, hub_id: str, dataset_id: str, revision: str, *, head: str | None) -> Self:
        """``head`` is the commit at which the catalog knows ``main``."""
        named = head if revision == MAIN else revision
        known = named if named is not None and _COMMIT.fullmatch(named) else None
        return cls(hub_id, dataset_id, revision, known)

    @property
    def is_commit(self) -> bool:
        """Whether a commit was asked for by its own name."""
        return self.commit == self.revision

    def pinned(self, commit: str | None) -> "At":
        """The same at a commit; as it was, where none is known."""
        return self if commit is None else self._replace(revision=commit, commit=commit)


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the root of them all."""

    at: At

    def anywhere(self) -> "Question":
        """The same question without the commit: an older answer to it is better than none."""
        return replace(self, at=self.at._replace(dataset_id="", commit=None))


@dataclass(frozen=True, slots=True)
class Paged(Question):
    """A question whose answer comes in pages."""

    position: str = ""
    """The page, as the Hub names it; empty for the first."""


@dataclass(frozen=True, slots=True)
class Commits(Paged):
    """The commits of a revision, newest first."""

    size: int = 100
    """Commits on the first page; later ones are as large as that was."""


@dataclass(frozen=True, slots=True)
class Files(Paged):
    """The files of a revision in all folders: path, size and oid."""


@dataclass(frozen=True, slots=True)
class FileInfo(Question):
    """Whether a revision has a file, and its size."""

    path: str


@dataclass(frozen=True, slots=True)
class Card(Question):
    """The metadata of the dataset's card."""


class Answer(NamedTuple):
    """
    What the Hub said, in our words.

    ``body`` is JSON: a list of commits or files, ``{"size": ...}`` or null for a file, the card
    or null; empty where a card is larger than anybody wants to hold.
    """

    body: bytes
    next: str | None = None
    """The position of the next page; None on the last one."""
    total: int | None = None
    """How many there are on all pages, where the Hub says so."""

    def parsed(self) -> Any:
        """``body`` as it is read; what is no UTF-8 comes as it was escaped."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return json.loads(self.body)


class Known(NamedTuple):
    """An answer and how far it can be trusted."""

    answer: Answer
    commit: str | None
    """The commit that it is true for, for ever; None where it was true at the moment only."""
    age: float
    """Seconds since the Hub was asked."""
    stale: bool = False
    """Whether it is an older one, because the Hub cannot be asked."""
