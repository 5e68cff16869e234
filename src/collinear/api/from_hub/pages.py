"""What the Hub tells in pages: some of it, or all of it as it comes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from collinear.api.from_hub.asking import Hub
from collinear.api.from_hub.cursors import Place
from collinear.domain.errors import HubContractBroken, HubUnavailable
from collinear.hub.questions import Known, Paged

_MOST_EMPTY = 100
"""Pages in a row without anything on them: nobody goes on for ever."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Some entries in a row."""

    entries: list[Any]
    next: Place | None
    """Where to go on; None at the end."""
    total: int | None
    """How many there are in all, where the Hub says so."""
    known: list[Known]
    """The pages that they are from."""


async def take(hub: Hub, question: Paged, *, offset: int, limit: int) -> Taken:
    """
    The ``limit`` entries that follow ``offset`` on the question's page, as far as there are any.

    Raises:
        CatalogError: As ``Hub.ask``.
    """
    taken: list[Any] = []
    pages: list[Known] = []
    for _ in range(limit + _MOST_EMPTY):
        known = await hub.ask(question)
        pages.append(known)
        entries = known.answer.parsed()
        part = entries[offset : offset + limit - len(taken)]
        taken += part
        further = following(question, known)
        end = offset + len(part)
        place = None
        if end < len(entries):
            place = Place(known.commit, question.position, end)
        elif further is not None:
            place = Place(further.at.commit, further.position, 0)
        if place is None or len(taken) == limit or further is None:
            return Taken(taken, place, pages[0].answer.total, pages)
        question, offset = further, 0
    raise HubContractBroken("The Hub sends one empty page after the other.")


def following(question: Paged, known: Known) -> Paged | None:
    """The question for the next page, of the same commit where that is known; None at the end."""
    if known.answer.next is None:
        return None
    at = question.at.pinned(known.commit)
    return replace(question, at=at, position=known.answer.next)


async def rest(hub: Hub, question: Paged, known: Known) -> AsyncIterator[Known]:
    """
    The pages from one that is known to the last; none of them is held longer than needed.

    Raises:
        CatalogError: As ``Hub.ask``; also where a later page is known from earlier only.
    """
    yield known
    further = following(question, known)
    while further is not None:
        question, known = further, await hub.ask(further)
        if known.stale:
            raise HubUnavailable("The Hub stopped answering in the middle of its answer.")
        yield known
        further = following(question, known)


def kept(hub: Hub, question: Paged, known: Known) -> list[Known]:
    """
    All pages from one that is known to the last, from memory.

    Raises:
        HubUnavailable: Not all of them are kept.
    """
    pages = [known]
    while (further := following(question, known)) is not None:
        found = hub.repos.last(further)
        if found is None:
            raise HubUnavailable("The Hub does not answer, and only a part of it is known here.")
        question, known = further, found
        pages.append(known)
    return pages
