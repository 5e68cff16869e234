"""Questions of people to the Hub: the same ones once, the others beside each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from collinear.domain.errors import HubError, HubTimeout, HubUnavailable
from collinear.hub.questions import Known, Question
from collinear.hub.repos import HubRepos
from collinear.settings import Settings
from collinear.telemetry import get_logger
from collinear.telemetry.families import HUB_ANSWERS
from collinear.telemetry.scope import count
from collinear.wiring.hub import open_repos, peoples_patience

log = get_logger(__name__)


@dataclass(eq=False)
class _Asking:
    """A question that is on its way, who waits for it, and what comes back."""

    over: anyio.Event = field(default_factory=anyio.Event)
    waiting: int = 0
    known: Known | None = None
    error: Exception | None = None


class Hub:
    """
    Asks the Hub, and holds up nobody who wants something else.

    Those who ask the same while the answer is on its way get that one, also when who asked
    first has gone.
    """

    def __init__(self, repos: HubRepos, *, threads: int, within: float, asking: TaskGroup) -> None:
        """
        Args:
            repos: Who knows the answers.
            threads: Questions that go on at a time; further ones wait.
            within: The most seconds that an answer may take; a second more for its turn.
            asking: Where the questions live.
        """
        self.repos = repos
        self._limiter = anyio.CapacityLimiter(threads)
        self._within = within + 1
        self._tasks = asking
        self._going: dict[Question, _Asking] = {}

    async def ask(self, question: Question) -> Known:
        """
        The answer, remembered or from the Hub; an older one where the Hub is in trouble.

        Raises:
            CatalogError: As ``HubRepos.ask``; of the Hub's troubles only where nothing is known.
        """
        known = self.repos.remembered(question)
        if known is not None:
            count(HUB_ANSWERS, "remembered")
            return known
        asking = self._going.get(question)
        outcome = "joined"
        if asking is None:
            outcome = "asked"
            asking = self._going[question] = _Asking()
            self._tasks.start_soon(self._ask, question, asking)
        asking.waiting += 1
        try:
            with anyio.move_on_after(self._within):
                await asking.over.wait()
        finally:
            asking.waiting -= 1
        if asking.known is not None:
            count(HUB_ANSWERS, outcome)
            return asking.known
        error = asking.error or _too_late()
        if isinstance(error, HubError):
            last = self.repos.last(question)
            if last is not None:
                count(HUB_ANSWERS, "stale")
                return last
        count(HUB_ANSWERS, "failed")
        raise error.with_traceback(None)

    async def _ask(self, question: Question, asking: _Asking) -> None:
        def take_turn() -> Known:
            if not asking.waiting:
                raise _too_late()  # the Hub is not asked for nobody
            return self.repos.ask(question)

        try:
            asking.known = await to_thread.run_sync(
                take_turn, limiter=self._limiter, abandon_on_cancel=True
            )
        except Exception as error:
            asking.error = error  # whoever waits for it deals with it
            if isinstance(error, HubError):
                log.warning("hub_failed", error=str(error))
        finally:
            if asking.known is None and asking.error is None:
                asking.error = HubUnavailable("The service is stopping.")
            del self._going[question]
            asking.over.set()


def _too_late() -> HubTimeout:
    return HubTimeout("The Hub is slow, and others are waiting for it too.")


@contextmanager
def open_hub_questions(settings: Settings, asking: TaskGroup) -> Iterator[Hub]:
    """Who asks the Hub in an API process; the questions on their way live in ``asking``."""
    with open_repos(settings) as repos:
        yield Hub(
            repos,
            threads=settings.hub_threads,
            within=peoples_patience(settings),
            asking=asking,
        )
