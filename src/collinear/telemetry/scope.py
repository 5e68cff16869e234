"""
On whose behalf something is done: what log lines say of it, who counts it, and its trace.

A door opens a scope around a request or a task; whatever is done inside, on any floor, is
seen through it.  Threads that anyio starts are inside too.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from time import perf_counter
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from collinear.telemetry.tally import Family, Tally

Origin = Mapping[str, str]
"""What travels with a message: the facts that log lines show, and the trace, as W3C has it."""

Attributes = Mapping[str, str | int | float]
"""What a trace shows of a piece of it."""

HEADER = "collinear"
"""The header of a message that holds an ``Origin``."""
TRACEPARENT = "traceparent"
_TRAVELS = ("request_id", "run")
OK = "ok"


class Span(Protocol):
    """A piece of a trace."""

    @property
    def traceparent(self) -> str:
        """What makes a span of another process a child of this one."""

    def child(self, name: str) -> "Span":
        """A piece of this piece; it has begun."""

    def note(self, attributes: Attributes) -> None:
        """Add what is known of it."""

    def fail(self, reason: str) -> None:
        """Say that it did not come to what it should."""

    def end(self) -> None:
        """It is over."""


class Scope(NamedTuple):
    """What holds for everything that is done now."""

    tally: Tally | None = None
    facts: Mapping[str, str] = {}
    span: Span | None = None
    origin: str = ""
    """The traceparent that messages carry."""


_NOWHERE = Scope()
_scope: ContextVar[Scope] = ContextVar("scope", default=_NOWHERE)


def enter(scope: Scope) -> Token[Scope]:
    """From here on the scope holds; the cheapest way, for the door that every request takes."""
    return _scope.set(scope)


def leave(token: Token[Scope]) -> None:
    """The scope before holds again."""
    _scope.reset(token)


@contextmanager
def inside(scope: Scope) -> Iterator[None]:
    """The scope holds while the block runs."""
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def about(**facts: str) -> Iterator[None]:
    """Log lines of the block, and what its messages lead to, say these facts too."""
    now = _scope.get()
    with inside(now._replace(facts={**now.facts, **facts})):
        yield


@contextmanager
def on_behalf_of(origin: Origin | None, **facts: str) -> Iterator[None]:
    """The block is done for whoever is named there, not for whom this process is at work now."""
    now, origin = _scope.get(), origin or {}
    own = {name: fact for name, fact in now.facts.items() if name not in _TRAVELS}
    all_facts = {**own, **origin_facts(origin), **facts}
    with inside(now._replace(facts=all_facts, origin=origin.get(TRACEPARENT, ""))):
        yield


def carried() -> dict[str, str]:
    """What a message carries, so that whoever does it can say on whose behalf."""
    now = _scope.get()
    origin = {name: now.facts[name] for name in _TRAVELS if name in now.facts}
    traceparent = now.origin or (now.span.traceparent if now.span else "")
    return origin | ({TRACEPARENT: traceparent} if traceparent else {})


def origin_facts(origin: Origin) -> dict[str, str]:
    """The facts of an origin that log lines say."""
    return {name: str(origin[name]) for name in _TRAVELS if name in origin}


def known_facts() -> Mapping[str, str]:
    """What every log line says."""
    return _scope.get().facts


def failed(reason: str) -> None:
    """The trace shows that what is done now went wrong, though nothing is raised."""
    span = _scope.get().span
    if span is not None:
        span.fail(reason)


def count(family: Family, *labels: str) -> None:
    """Whoever counts what is done now counts this."""
    tally = _scope.get().tally
    if tally is not None:
        tally.add(family, *labels)


def timed(family: Family, seconds: float, *labels: str) -> None:
    """Whoever counts what is done now counts something that took so long."""
    tally = _scope.get().tally
    if tally is not None:
        tally.time(family, seconds, *labels)


class step:  # noqa: N801  # reads as a statement
    """
    ``with step(SEARCH_SECONDS, "matching"):`` is timed, and a span where there are traces.

    The family's last label is the outcome: ``ok``, the name of the error that left the block, or
    what the block says.  Where nobody looks it costs a quarter of a microsecond.
    """

    __slots__ = ("_began", "_family", "_labels", "_scope", "_span", "_token", "outcome")

    def __init__(self, family: Family, *labels: str) -> None:
        self._family = family
        self._labels = labels
        self._token: Token[Scope] | None = None
        self.outcome = OK

    def __enter__(self) -> Self:
        scope = self._scope = _scope.get()
        if scope.span is not None and self._family.span:
            self._span = scope.span.child(" ".join((self._family.span, *self._labels)))
            self._token = _scope.set(scope._replace(span=self._span))
        self._began = perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.outcome = kind.__name__
        if self._scope.tally is not None:
            seconds = perf_counter() - self._began
            self._scope.tally.time(self._family, seconds, *self._labels, self.outcome)
        if self._token is not None:
            if kind is not None:
                self._span.fail(f"{kind.__name__}: {error}")
            self._span.end()
            _scope.reset(self._token)
