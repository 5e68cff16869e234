"""Workers that die or fall asleep before any command to Redis that a test chooses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, Literal, NamedTuple

import httpx2
import redis

from collinear.domain.errors import HandedBack, RunFenced, UpstreamSuspicious
from collinear.hub.listing import HubListing
from collinear.settings import Settings
from collinear.store.budget import Budget
from collinear.store.catalog import Catalog
from collinear.store.keys import Keys
from collinear.store.letters import DeadLetters
from collinear.store.runs import Runs
from collinear.store.writer import CatalogWriter
from collinear.sync.fetching import Fetcher
from collinear.sync.walk import Sync
from collinear.wiring.synchronisation import sync_limits
from tests.waiting import wait_until


class Killed(BaseException):
    """The process is gone, as by kill -9: nothing of ours may catch this."""


class Fate(NamedTuple):
    """What befalls a worker before its so-many-th command."""

    how: Literal["dies", "sleeps"]
    commands: int


@dataclass
class Leash:
    """Counts a worker's commands and holds it back before one of them."""

    fate: Fate | None = None
    sent: int = 0
    asleep: Event = field(default_factory=Event)
    wake: Event = field(default_factory=Event)

    def step(self) -> None:
        self.sent += 1
        if self.fate is None or self.sent != self.fate.commands:
            return
        if self.fate.how == "dies":
            raise Killed
        self.asleep.set()
        assert self.wake.wait(60), "nobody woke this worker"


class _LeashedRedis(redis.Redis):
    leash = Leash()

    def execute_command(self, *args: Any, **options: Any) -> Any:
        self.leash.step()
        return super().execute_command(*args, **options)

    def pipeline(self, *args: Any, **options: Any) -> Any:
        self.leash.step()
        return super().pipeline(*args, **options)


class _Impatient(Event):
    """Pauses between attempts take no time."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


@contextmanager
def leashed_sync(settings: Settings, leash: Leash) -> Iterator[Sync]:
    """The synchronisation of one worker, each of whose commands pulls at the leash."""
    keys = Keys(settings.key_prefix)
    with (
        _LeashedRedis.from_url(settings.redis_url, protocol=2) as client,
        httpx2.Client(
            base_url=settings.hf_endpoint, timeout=10, trust_env=False, verify=False
        ) as http,
    ):
        client.leash = leash
        runs = Runs(client, keys, lease_seconds=settings.lease_seconds)
        budget = Budget(client, keys, share=1)
        yield Sync(
            listing=HubListing(http, page_size=settings.page_size, timeout=10),
            fetcher=Fetcher(budget, _Impatient()),
            runs=runs,
            writer=CatalogWriter(client, keys, settings.impact_policy, chunk=2),
            catalog=Catalog(client, keys, settings.impact_policy),
            letters=DeadLetters(client, keys, keep=settings.dead_letters),
            endpoint=settings.hf_endpoint,
            page_size=settings.page_size,
            limits=sync_limits(settings),
        )


class Sleeper:
    """A worker that sleeps in the middle of its work; ``wake`` lets it go on to its end."""

    def __init__(self, leash: Leash, thread: Thread, outcome: list[Any]) -> None:
        self._leash = leash
        self._thread = thread
        self._outcome = outcome

    def wake(self) -> Any:
        self._leash.wake.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        [outcome] = self._outcome
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def act(
    settings: Settings,
    work: Callable[[Sync], Any],
    fate: Fate | None = None,
    *,
    leash: Leash | None = None,
) -> Any:
    """
    What comes of a worker's work: its value, None where it was fenced, quarantined or died,
    or the Sleeper where it sleeps.
    """
    leash = leash or Leash(fate)
    fate = leash.fate

    def go() -> Any:
        with leashed_sync(settings, leash) as sync:
            try:
                return work(sync)
            except (RunFenced, HandedBack, UpstreamSuspicious, Killed):
                return None

    if fate is None or fate.how == "dies":
        return go()
    outcome: list[Any] = []

    def keep() -> None:
        try:
            outcome.append(go())
        except BaseException as error:  # it is raised where the test waits for it
            outcome.append(error)

    thread = Thread(target=keep, name="sleeping worker")
    thread.start()
    sleeper = Sleeper(leash, thread, outcome)
    wait_until(lambda: leash.asleep.is_set() or not thread.is_alive(), "the worker to sleep")
    return sleeper if leash.asleep.is_set() else sleeper.wake()
