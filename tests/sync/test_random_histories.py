"""Random histories of the Hub and of our workers, and what must be true of all of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import redis
from hypothesis import HealthCheck, assume
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from collinear.hub.listing import HubListing
from collinear.hub.wire import translate
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request, Run
from collinear.store.runs import Runs
from collinear.store.thresholds import Thresholds
from collinear.sync.walk import Sync
from tests.agreement import (
    assert_agreement,
    assert_at_rest,
    assert_snapshot,
    stored_documents,
)
from tests.hubs import RunningHub
from tests.sync.leash import Fate, Sleeper, act

NAMES = ["acme/a", "Acme/A", "acme/b", "acme/c", "beta/b", "beta/Dd", "gamma", "delta/e"]

picks = st.integers(0, 10_000)
fates = st.one_of(
    st.none(),
    st.none(),
    st.builds(Fate, st.just("dies"), st.integers(1, 24)),
    st.builds(Fate, st.just("sleeps"), st.integers(1, 24)),
)


@dataclass
class OnHub:
    """A dataset as this test knows that it is on the Hub."""

    id: str
    touched: int
    """When anything about it changed last."""
    public: bool = True
    spoilt: bool = False
    listed: bool = True


class Histories(RuleBasedStateMachine):
    """Each rule is one event; between any two of them the catalog must be sound."""

    def __init__(self, hub: RunningHub, store: redis.Redis, settings: Settings) -> None:
        super().__init__()
        self.hub, self.store = hub, store
        self.keys = Keys(f"{settings.key_prefix}:{uuid4().hex}")
        self.settings = settings.model_copy(
            update={
                "hf_endpoint": hub.url,
                "key_prefix": self.keys.prefix,
                "page_size": 2,
                "lease_seconds": 600,
            }
        )
        self.runs = Runs(store, self.keys, lease_seconds=600)
        self.now = 0
        self.there: dict[str, OnHub] = {}
        self.gone: dict[str, int] = {}
        self.began: dict[int, int] = {}
        self.known: dict[int, dict[str, str]] = {}
        self.kinds: dict[int, Kind] = {}
        self.sleepers: list[tuple[Sleeper, int]] = []

    # The Hub's part

    @initialize(count=st.integers(0, 6))
    def begin_with(self, count: int) -> None:
        act(self.settings, lambda sync: sync.catalog.prepare(self.hub.url))
        for name in NAMES[:count]:
            self.create(name)

    def create(self, name: str) -> None:
        row = self.hub.add(id=name, likes=0, downloads=0)
        self.there[row["_id"]] = OnHub(name, self.tick())

    @rule(name=st.sampled_from(NAMES))
    def create_one(self, name: str) -> None:
        assume(name not in self.names())
        self.create(name)

    @precondition(lambda self: self.there)
    @rule(pick=picks, commit=st.booleans(), likes=st.integers(1, 3))
    def edit(self, pick: int, commit: bool, likes: int) -> None:
        _, one = self.pick(pick)
        self.hub.edit(one.id, commit=commit, likes=likes)
        one.touched = self.tick()

    @precondition(lambda self: self.there)
    @rule(pick=picks, name=st.sampled_from(NAMES))
    def rename(self, pick: int, name: str) -> None:
        _, one = self.pick(pick)
        assume(name not in self.names())
        self.hub.rename(one.id, name)
        one.id, one.touched = name, self.tick()

    @precondition(lambda self: len(self.there) > 1)
    @rule(first=picks, second=picks)
    def swap(self, first: int, second: int) -> None:
        (a, one), (b, two) = self.pick(first), self.pick(second)
        assume(a != b)
        one_id, two_id = one.id, two.id
        for old, new in ((one_id, "a/side"), (two_id, one_id), ("a/side", two_id)):
            self.hub.rename(old, new)
        one.id, two.id = two_id, one_id
        one.touched = two.touched = self.tick()

    @precondition(lambda self: self.there)
    @rule(pick=picks, again=st.booleans())
    def delete(self, pick: int, again: bool) -> None:
        hub_id, one = self.pick(pick)
        self.hub.delete(one.id)
        del self.there[hub_id]
        self.gone[hub_id] = self.tick()
        if again:
            self.create(one.id)

    @precondition(lambda self: self.there)
    @rule(pick=picks)
    def hide_or_show(self, pick: int) -> None:
        _, one = self.pick(pick)
        one.public = not one.public
        self.hub.edit(one.id, private=not one.public)
        one.touched = self.tick()

    @precondition(lambda self: self.there)
    @rule(pick=picks)
    def spoil_or_heal(self, pick: int) -> None:
        _, one = self.pick(pick)
        one.spoilt = not one.spoilt
        self.hub.edit(one.id, downloads="many" if one.spoilt else 0)
        one.touched = self.tick()

    @precondition(lambda self: self.there)
    @rule(pick=picks)
    def leave_out_or_list(self, pick: int) -> None:
        """The listing does not mention a dataset, though it is there."""
        _, one = self.pick(pick)
        one.listed = not one.listed
        one.touched = self.tick()
        self.list_all_but(one.id for one in self.there.values() if not one.listed)

    def list_all_but(self, ids: Iterable[str]) -> None:
        self.hub.control("options", unlisted=list(ids))

    @rule(kind=st.sampled_from(["504", "truncated", "empty_page", "hang_up"]))
    def stumble(self, kind: str) -> None:
        self.hub.fault(kind, match="sort=")

    # Our part

    @rule(kind=st.sampled_from([Kind.FULL, Kind.PAGES, Kind.DELTA]), fate=fates)
    def ask(self, kind: Kind, fate: Fate | None) -> None:
        self.do(lambda sync: self.begin(sync, Request.new(kind)), fate)

    def begin(self, sync: Sync, wanted: Request) -> None:
        before = self.tick()
        stored = stored_documents(self.store, self.keys).values()
        run = sync.begin(sync.runs.request(wanted))
        if run is not None:
            self.began[run.number], self.kinds[run.number] = before, run.kind
            self.known[run.number] = {one["hub_id"]: one["id"] for one in stored}

    @rule(likes=st.sampled_from([2, 100]), fate=fates)
    def grade_by(self, likes: int, fate: Fate | None) -> None:
        self.settings = self.settings.model_copy(update={"impact_likes_medium": likes})
        self.settings.__dict__.pop("impact_policy", None)
        Thresholds(self.store, self.keys, self.settings.impact_policy).want()
        self.do(lambda sync: self.begin(sync, Request.new(Kind.REGRADE)), fate)

    @rule(seldom=st.integers(0, 9))
    def lose_everything(self, seldom: int) -> None:
        assume(seldom == 0)
        self.empty_store()
        self.began, self.kinds, self.known = {}, {}, {}

    @precondition(lambda self: self.going_on())
    @rule(pick=picks, fate=fates)
    def page(self, pick: int, fate: Fate | None) -> None:
        run = self.going_on()
        assert run is not None
        self.fetch(run.number, pick, fate)

    @precondition(lambda self: self.began)
    @rule(pick=picks, page=st.integers(0, 3))
    def late_page(self, pick: int, page: int) -> None:
        numbers = sorted(self.began)
        number = numbers[pick % len(numbers)]
        self.do(lambda sync: work_on(sync, self.kinds[number], number, page), None)

    @precondition(lambda self: self.going_on())
    @rule(fate=fates)
    def all_pages(self, fate: Fate | None) -> None:
        run = self.going_on()
        assert run is not None
        for _ in range(20):
            if not self.runs.open_pages():
                break
            self.fetch(run.number, 0, fate)

    def fetch(self, number: int, pick: int, fate: Fate | None) -> None:
        pages = self.runs.open_pages() or [0]
        page = pages[pick % len(pages)]
        run = self.going_on()
        assert run is not None
        self.do(lambda sync: work_on(sync, run.kind, number, page), fate)

    @precondition(lambda self: self.going_on())
    @rule(fate=fates)
    def finish(self, fate: Fate | None) -> None:
        run = self.going_on()
        assert run is not None
        self.do(lambda sync: self.end(sync, run.number), fate)

    def end(self, sync: Sync, number: int) -> None:
        if sync.finish(number) is not None:
            self.check_promise(number)

    @precondition(lambda self: self.sleepers)
    @rule(pick=picks)
    def wake(self, pick: int) -> None:
        sleeper, _ = self.sleepers.pop(pick % len(self.sleepers))
        sleeper.wake()

    def do(self, work: Any, fate: Fate | None) -> None:
        outcome = act(self.settings, work, fate)
        if isinstance(outcome, Sleeper):
            self.sleepers.append((outcome, self.now))

    # What must be true

    @invariant()
    def sound(self) -> None:
        if self.store.hexists(self.keys.meta, "epoch"):
            assert_agreement(self.store, self.keys)

    def check_promise(self, number: int) -> None:
        """A complete run has what was there all the time, and nothing that was gone before it."""
        if number not in self.began or not self.kinds[number].complete:
            return
        began = self.began[number]
        stored = {one["hub_id"]: one for one in stored_documents(self.store, self.keys).values()}
        for hub_id, one in self.there.items():
            if not one.listed and self.known[number].get(hub_id) != one.id:
                continue  # nobody could know of it, or of its new name
            if one.touched < began and not one.spoilt:
                assert (hub_id in stored) is one.public, one
                if one.public:
                    assert stored[hub_id]["id"] == one.id
        assert not [hub_id for hub_id, at in self.gone.items() if at < began and hub_id in stored]

    def teardown(self) -> None:
        try:
            self.come_to_rest()
        finally:
            for sleeper, _ in self.sleepers:
                sleeper.wake()
            for one in self.there.values():
                self.hub.delete(one.id)
            self.hub.clear_faults()
            self.list_all_but([])
            self.empty_store()

    def come_to_rest(self) -> None:
        while self.sleepers:
            self.wake(0)
        self.sound()
        self.hub.clear_faults()
        self.list_all_but([])
        for one in self.there.values():
            if one.spoilt:
                self.hub.edit(one.id, downloads=0)
                one.spoilt, one.touched = False, self.tick()
        self.go_on()
        while waiting := self.runs.waiting():
            act(self.settings, lambda sync, wanted=waiting[0]: self.begin(sync, wanted))
            self.go_on()
        last = Request.new(Kind.FULL, accept_removals=True)
        act(self.settings, lambda sync: self.begin(sync, last))
        self.go_on()

        assert stored_documents(self.store, self.keys) == self.public_documents()
        assert_agreement(self.store, self.keys)
        assert_snapshot(self.store, self.keys)
        assert_at_rest(self.store, self.keys)

    def go_on(self) -> None:
        """What is left of the run that goes on: somebody takes it over, and brings it home."""
        run = self.going_on()
        if run is None:
            return
        self.store.delete(self.keys.lease)
        lost = self.runs.take_over()
        assert lost is not None
        while pages := self.runs.open_pages():
            for page in pages:
                act(
                    self.settings,
                    lambda sync, page=page: work_on(sync, lost.kind, lost.number, page),
                )
        act(self.settings, lambda sync: self.end(sync, lost.number))
        assert self.going_on() is None, "the run does not end"

    def public_documents(self) -> dict[str, Any]:
        with httpx2.Client(base_url=self.hub.url, trust_env=False, verify=False) as http:
            rows = HubListing(http, page_size=1000, timeout=10).by_creation().rows
        policy = Thresholds(self.store, self.keys, self.settings.impact_policy).policy()
        documents = [one.to_document(policy) for one in translate(rows).datasets]
        return {one["id"]: json.loads(json.dumps(one)) for one in documents}

    # Small words

    def empty_store(self) -> None:
        for key in self.store.scan_iter(match=self.keys.prefix.replace("{", "[{]") + "*"):
            self.store.delete(key)

    def tick(self) -> int:
        self.now += 1
        return self.now

    def names(self) -> set[str]:
        return {one.id for one in self.there.values()}

    def pick(self, number: int) -> tuple[str, OnHub]:
        known = sorted(self.there.items())
        return known[number % len(known)]

    def going_on(self) -> Run | None:
        run = self.runs.current()
        return run if run is not None and run.state.going_on else None


def work_on(sync: Sync, kind: Kind, number: int, page: int) -> None:
    """What the message of a page, or of grading anew, lets a worker do."""
    if kind is Kind.REGRADE:
        sync.regrade(number)
    else:
        sync.page(number, page, on_next=lambda _: None)


def run_histories(hub: RunningHub, store: redis.Redis, settings: Settings, **how: Any) -> None:
    run_state_machine_as_test(
        lambda: Histories(hub, store, settings),
        settings=hypothesis_settings(
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            **how,
        ),
    )


def test_whatever_happens_the_catalog_comes_to_agree_with_the_hub(
    hub: RunningHub, store: redis.Redis, settings: Settings
) -> None:
    """The Hub changes and stumbles, workers die, sleep and come late; in the end all is well."""
    run_histories(hub, store, settings, max_examples=25, stateful_step_count=30, derandomize=True)
