"""Questions that are asked at the same time, answered together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from collinear.domain.errors import StoreUnavailable
from collinear.store.answering import nobody_waits

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")

_LINGER = 0.001
"""Seconds that a trip waits for more callers where the last one had several."""
_TRIPS = 2
"""At a time: while the answers of one are read, the next is under way."""


class Convoy(Generic[Question, Answer]):
    """
    Takes questions to Redis in as few trips as their callers allow.

    A question leaves at once unless others are under way; those that come meanwhile share the
    next trip, and equal ones are asked once.  So an answer is never older than its question,
    a caller alone waits for nobody, and of many each pays a part of the way.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Question]], Awaitable[Sequence[Answer | Exception]]],
        *,
        weigh: Callable[[Question], int] = lambda question: 1,
        most: int = 64,
    ) -> None:
        """
        ``answer`` answers several in their order, each perhaps with an error; it gets one, or
        as many as weigh ``most``.
        """
        self._answer = answer
        self._weigh = weigh
        self._most = most
        self._waiting: dict[Question, list[asyncio.Future[Answer]]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._crowded = False

    async def ask(self, question: Question) -> Answer:
        """The answer to one; raises what answering them raises."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(question, []).append(future)
        if len(self._under_way) < _TRIPS:
            task = asyncio.create_task(self._travel())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return await future

    async def _travel(self) -> None:
        nobody_waits()  # those who do count it themselves
        while self._waiting:
            if self._crowded:
                await asyncio.sleep(_LINGER)
            if not (going := self._board()):
                return  # the other trip, which waited too, has taken all of them
            callers = [self._waiting.pop(question) for question in going]
            self._crowded = sum(map(len, callers)) > 1
            try:
                answers: Sequence[Answer | Exception] = await self._answer(going)
            except Exception as error:  # whatever it is, they have to know
                if isinstance(error, StoreUnavailable):
                    # Those behind have waited long enough to hear it too
                    callers += self._waiting.values()
                    self._waiting = {}
                answers = [error] * len(callers)
            for futures, answer in zip(callers, answers, strict=True):
                _tell(futures, answer)

    def _board(self) -> list[Question]:
        going: list[Question] = []
        weight = 0
        for question in self._waiting:
            weight += self._weigh(question)
            if going and weight > self._most:
                break
            going.append(question)
        return going


def _tell(futures: Sequence[asyncio.Future[Answer]], answer: Answer | Exception) -> None:
    for future in futures:
        if future.done():  # its caller has gone
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
