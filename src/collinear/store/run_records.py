"""What is known of a run and of its pages, and how the books keep it."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What a run walks; the order is the order of taking turns."""

    REGRADE = "regrade"
    FULL = "full"
    PAGES = "pages"
    DELTA = "delta"

    @property
    def complete(self) -> bool:
        """Whether the run sees every dataset, so that it may tell who has left."""
        return self in {Kind.FULL, Kind.PAGES}


class State(StrEnum):
    """Where a run is."""

    RUNNING = "running"
    FINISHING = "finishing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"

    @property
    def going_on(self) -> bool:
        """Whether there is work left."""
        return self in {State.RUNNING, State.FINISHING}


class Request(NamedTuple):
    """A run that somebody wants."""

    kind: Kind
    run_id: str
    task_id: str
    accept_removals: bool = False
    accept_upstream: bool = False
    """Whether the Hub's answers are taken as they are, however strange they look."""
    origin: Mapping[str, str] | None = None
    """On whose behalf, as log lines and traces tell it."""

    @classmethod
    def new(
        cls,
        kind: Kind,
        *,
        task_id: str | None = None,
        accept_removals: bool = False,
        accept_upstream: bool = False,
        origin: Mapping[str, str] | None = None,
    ) -> "Request":
        """A request with ids of its own."""
        task_id = task_id or str(uuid.uuid4())
        return cls(kind, uuid.uuid4().hex, task_id, accept_removals, accept_upstream, origin)


class Segment(NamedTuple):
    """One answer of the listing as the page map keeps it: where it starts, and its last row."""

    cursor: str | None
    last: str | None
    """Its hub_id, which the order of creation goes by; None where it could not be read."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a run: where it starts, and the row that it must reach (None: the end)."""

    cursor: str | None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the store knows it."""

    run_id: str
    task_id: str
    kind: Kind
    number: int
    state: State
    began: int
    started_at: str
    accept_removals: bool
    accept_upstream: bool
    watermark: int
    fields: Mapping[str, str]
    """Everything, as stored."""

    @property
    def quarantined(self) -> bool:
        """Whether the run was stopped because the Hub's answers looked wrong."""
        return "quarantined" in self.fields

    @property
    def told(self) -> bool:
        """Whether the task that asked for the run was told its end."""
        return "told" in self.fields

    def count(self, name: str) -> int:
        """A counter of the run: pages_done, rows, created, updated, moved, deleted, rejected."""
        return int(self.fields.get(name) or 0)


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """What became of one page."""

    rows: int
    segments: tuple[Segment, ...]
    end: bool
    """Whether the listing ended here."""
    counts: Mapping[str, int]
    next: Page | None = None
    """The page after this one, where this one found it."""


def print_request(request: Request) -> str:
    """A request as the books keep it."""
    return json.dumps({**request._asdict(), "kind": request.kind.value})


def parse_request(kind: Kind, text: bytes) -> Request:
    """A request as the books kept it."""
    fields = json.loads(text)
    return Request(
        kind,
        fields["run_id"],
        fields["task_id"],
        accept_removals=bool(fields.get("accept_removals")),
        accept_upstream=bool(fields.get("accept_upstream")),
        origin=fields.get("origin") or None,
    )


def print_page(page: Page) -> str:
    """A page as the books keep it."""
    return json.dumps({"cursor": page.cursor, "until": page.until})


def parse_page(text: bytes) -> Page:
    """A page as the books kept it."""
    return Page(**json.loads(text))


def print_segment(segment: Segment) -> list[Any]:
    """A segment as the page map keeps it."""
    return list(segment)


def parse_segment(fields: list[Any]) -> Segment:
    """A segment as the page map kept it."""
    return Segment(*fields)
