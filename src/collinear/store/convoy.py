"""Questions that are asked at the same time, answered together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from collinear.domain.errors import StoreUnavailable
from collinear.store.answering import nobody_waits

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")


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
        self._under_way: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        """The answer to one; raises what answering them raises."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(question, []).append(future)
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._travel())
        return await future

    async def _travel(self) -> None:
        nobody_waits()  # those who do count it themselves
        try:
            while self._waiting:
                await self._trip(self._board())
        finally:
            self._under_way = None  # at once: whoever asks next begins another

    async def _trip(self, going: Sequence[Question]) -> None:
        callers = [self._waiting.pop(question) for question in going]
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
