"""What goes wrong on purpose: the next answers that match are spoilt, then it is over."""

import math
import time
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import StrEnum

from collinear.sandbox import answers
from collinear.sandbox.answers import Answer
from collinear.sandbox.quota import bucket_of
from collinear.sandbox.request import Request


class FaultKind(StrEnum):
    """Ways in which the Hub fails."""

    RATE_LIMITED = "429"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"
    SERVER_ERROR = "500"
    TRUNCATED = "truncated"
    SLOW = "slow"
    EMPTY_PAGE = "empty_page"
    HTML = "html"
    HANG_UP = "hang_up"


_NAME_A_WAIT = {FaultKind.RATE_LIMITED, FaultKind.UNAVAILABLE}


@dataclass
class Fault:
    """
    One kind of failure, and how often it happens.

    ``match`` is a part of the path and query, None for every request. ``delay`` are seconds to
    wait before the answer; with `429` and `503` they are the wait that the answer names, in
    RateLimit or, with ``retry_after``, in Retry-After: as "seconds" or as a "date". Without
    ``headers`` the answer lacks its RateLimit headers.
    """

    kind: FaultKind
    times: int = 1
    match: str | None = None
    delay: float = 0.0
    headers: bool = True
    retry_after: str | None = None

    @property
    def pause(self) -> float:
        """Seconds to wait before answering."""
        return 0.0 if self.kind in _NAME_A_WAIT else self.delay

    def replacement(self, request: Request) -> Answer | None:
        """What is answered instead; None where the true answer is needed first."""
        match self.kind:
            case FaultKind.RATE_LIMITED:
                answer = self._naming_the_wait(answers.rate_limited(request.address))
                if self.retry_after is None and self.headers and self.delay > 0:
                    wait = math.ceil(self.delay)
                    bucket = bucket_of(request.path)
                    return answer.saying(("RateLimit", f'"{bucket}";r=0;t={wait}'))
                return answer
            case FaultKind.UNAVAILABLE:
                return self._naming_the_wait(answers.unavailable())
            case FaultKind.GATEWAY_TIMEOUT:
                return answers.gateway_timeout()
            case FaultKind.SERVER_ERROR:
                return answers.server_error()
            case FaultKind.HTML:
                return answers.html_page()
            case _:
                return None

    def _naming_the_wait(self, answer: Answer) -> Answer:
        if self.retry_after is None:
            return answer
        wait = math.ceil(self.delay)
        if self.retry_after == "seconds":
            return answer.saying(("Retry-After", str(wait)))
        until = math.ceil(time.time()) + wait
        return answer.saying(("Retry-After", formatdate(until, usegmt=True)))

    def spoil(self, answer: Answer) -> Answer:
        """The true answer, as this fault leaves it."""
        if self.kind is FaultKind.TRUNCATED:
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        return answer


@dataclass
class Faults:
    """The faults that are still to happen, in the order in which they were asked for."""

    waiting: list[Fault] = field(default_factory=list)
    happened: int = 0

    def add(self, fault: Fault) -> None:
        """Let one more thing go wrong."""
        self.waiting.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.waiting.clear()

    def take(self, target: str, *, listing: bool) -> Fault | None:
        """The fault that befalls this path and query, used up by one."""
        for fault in self.waiting:
            if fault.kind is FaultKind.EMPTY_PAGE and not listing:
                continue
            if fault.match is None or fault.match in target:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                self.happened += 1
                return fault
        return None
