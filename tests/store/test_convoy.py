"""Questions that travel together: fewer trips, and never an answer older than its question."""

import asyncio
from collections.abc import Sequence

import pytest

from collinear.domain.errors import StoreUnavailable
from collinear.store.convoy import Convoy

pytestmark = pytest.mark.anyio


class Road:
    """Where questions go; a trip is over when it is let through."""

    def __init__(self) -> None:
        self.trips: list[tuple[str, ...]] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def answer(self, questions: Sequence[str]) -> list[str | Exception]:
        self.trips.append(tuple(questions))
        number = len(self.trips)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return [
            ValueError(question) if question == "bad" else f"{question} on {number}"
            for question in questions
        ]


@pytest.fixture
async def road() -> Road:
    return Road()


async def asked(convoy: Convoy[str, str], *questions: str) -> list[asyncio.Task[str]]:
    """Ask, and let everybody who can leave do so."""
    tasks = [asyncio.ensure_future(convoy.ask(question)) for question in questions]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_those_who_come_meanwhile_share_the_next_trip(road: Road) -> None:
    """One trip is under way at a time; equal questions are asked once."""
    convoy = Convoy(road.answer)
    first = await asked(convoy, "a")
    rest = await asked(convoy, "c", "a", "c")
    assert road.trips == [("a",)]

    road.gate.set()
    answers = await asyncio.gather(*first, *rest)

    assert road.trips == [("a",), ("c", "a")]
    # a question that is asked again while its answer is on its way gets a newer one
    assert answers == ["a on 1", "c on 2", "a on 2", "c on 2"]


async def test_heavy_questions_travel_in_several_trips(road: Road) -> None:
    """One that is heavier than a trip may be goes alone."""
    road.gate.set()
    convoy = Convoy(road.answer, weigh=len, most=4)

    await asyncio.gather(*await asked(convoy, "aa", "bb", "c", "dddddd", "e"))

    assert [len("".join(trip)) <= 4 or len(trip) == 1 for trip in road.trips] == [True] * len(
        road.trips
    )
    assert sorted(question for trip in road.trips for question in trip) == [
        "aa",
        "bb",
        "c",
        "dddddd",
        "e",
    ]


async def test_an_answer_may_be_an_error_of_its_own(road: Road) -> None:
    """The others on the trip have theirs."""
    road.gate.set()
    convoy = Convoy(road.answer)
    good, bad = await asked(convoy, "good", "bad")

    assert await good == "good on 1"
    with pytest.raises(ValueError, match="bad"):
        await bad


async def test_a_store_that_does_not_answer_is_told_to_those_behind_too(road: Road) -> None:
    """They would wait as long again to hear the same."""
    convoy = Convoy(road.answer)
    tasks = [*await asked(convoy, "a"), *await asked(convoy, "c", "d")]

    road.error = StoreUnavailable("gone")
    road.gate.set()

    for task in tasks:
        with pytest.raises(StoreUnavailable):
            await task
    assert road.trips == [("a",)]

    road.error = None
    assert await convoy.ask("a") == "a on 2"


async def test_a_caller_who_leaves_takes_nobody_along(road: Road) -> None:
    convoy = Convoy(road.answer)
    leaves, stays = await asked(convoy, "a", "a")
    leaves.cancel()
    road.gate.set()

    assert await stays == "a on 1"
    assert leaves.cancelled()
    assert await convoy.ask("b") == "b on 2"


async def test_who_asks_when_a_trip_has_just_ended_begins_another(road: Road) -> None:
    """There is no moment at which a question is left behind."""
    road.gate.set()
    convoy = Convoy(road.answer)

    async def again_and_again() -> None:
        for number in range(200):
            await asyncio.wait_for(convoy.ask(str(number)), 5)

    await asyncio.gather(*(again_and_again() for _ in range(3)))
