"""Workers that die or sleep before each command, while names change hands, and in other runs."""

from itertools import count
from typing import Any, Literal

import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request
from collinear.store.runs import Runs
from collinear.store.thresholds import Thresholds
from collinear.sync.walk import Sync
from tests.agreement import (
    assert_agreement,
    assert_at_rest,
    assert_snapshot,
    stored_documents,
    stored_ids,
)
from tests.hubs import RunningHub
from tests.sync.leash import Fate, Leash, Sleeper, act

How = Literal["dies", "sleeps"]
REQUESTED = 8
"""Commands after which a run is surely asked for."""


class Story:
    """Each time a worker is held back one command later, and others bring its run home."""

    def __init__(self, settings: Settings, store: redis.Redis, keys: Keys) -> None:
        self.settings = settings.model_copy(update={"lease_seconds": 600})
        self.store, self.keys = store, keys
        self.runs = Runs(store, keys, lease_seconds=600)

    def held_back(self, how: How, commands: int, kind: Kind) -> bool:
        """Whether the worker had so many commands to send."""
        leash = Leash(Fate(how, commands))
        late = act(self.settings, lambda sync: whole_run(sync, kind), leash=leash)
        self.bring_home()
        if isinstance(late, Sleeper):
            before = stored_documents(self.store, self.keys)
            late.wake()
            assert commands <= REQUESTED or stored_documents(self.store, self.keys) == before
            self.bring_home()
        assert_agreement(self.store, self.keys)
        assert_at_rest(self.store, self.keys)
        assert not self.store.exists(self.keys.run_deferred)
        return leash.sent >= commands

    def bring_home(self) -> None:
        """Another worker sees the run as lost, or the request as waiting, and brings it home."""
        self.store.delete(self.keys.lease)
        lost = self.runs.take_over()
        if lost is not None:
            act(self.settings, lambda sync: go_on(sync, lost.number))
        for request in self.runs.waiting():
            act(self.settings, lambda sync, kind=request.kind: whole_run(sync, kind))


def whole_run(sync: Sync, kind: Kind) -> None:
    run = sync.begin(sync.runs.request(Request.new(kind)))
    if run is not None:
        go_on(sync, run.number)


def go_on(sync: Sync, number: int) -> None:
    while pages := sync.runs.open_pages():
        run = sync.runs.current()
        if run is None or run.number != number:
            return
        for page in pages:
            if run.kind is Kind.REGRADE:
                sync.regrade(number)
            else:
                sync.page(number, page, on_next=lambda _: None)
    sync.finish(number)


@pytest.fixture
def story(sync_settings: Settings, store: redis.Redis, keys: Keys) -> Story:
    return Story(sync_settings, store, keys)


def fill(hub: RunningHub, number: int, **fields: Any) -> list[str]:
    return [str(hub.add(id=f"acme/first-{n}", **fields)["id"]) for n in range(number)]


@pytest.mark.parametrize("how", ["dies", "sleeps"])
def test_names_change_hands_and_some_have_left(hub: RunningHub, story: Story, how: How) -> None:
    """Two swap their names, one is made anew, one leaves, and one is only missed."""
    ids = fill(hub, 6)
    act(story.settings, lambda sync: whole_run(sync, Kind.FULL))
    for commands in count(1):
        hub.rename(ids[0], "acme/aside")
        hub.rename(ids[5], ids[0])
        hub.rename("acme/aside", ids[5])
        hub.delete(ids[2])
        hub.add(id=ids[2])
        hub.add(id=f"acme/new-{commands}")
        if commands > 1:
            hub.delete(f"acme/new-{commands - 1}")
        hub.control("options", unlisted=[ids[3]])

        held_back = story.held_back(how, commands, Kind.PAGES)

        if commands > REQUESTED:
            expected = {*ids, f"acme/new-{commands}"}
            assert set(stored_ids(story.store, story.keys)) == expected, commands
            assert_snapshot(story.store, story.keys)
        if not held_back:
            assert commands > 60
            return


@pytest.mark.parametrize("how", ["dies", "sleeps"])
def test_a_quarantine(hub: RunningHub, story: Story, how: How) -> None:
    """Nothing of it slips through, and the reason is told."""
    ids = fill(hub, 20, downloads=1000)
    act(story.settings, lambda sync: whole_run(sync, Kind.FULL))
    before = stored_documents(story.store, story.keys)
    for dataset_id in ids:
        hub.edit(dataset_id, downloads=1)
    for commands in count(1):
        held_back = story.held_back(how, commands, Kind.PAGES)

        assert stored_documents(story.store, story.keys) == before
        if commands > REQUESTED:
            assert story.store.hget(story.keys.meta, "quarantine")
        if not held_back:
            assert commands > 20
            return


@pytest.mark.parametrize("how", ["dies", "sleeps"])
def test_grading_anew(hub: RunningHub, story: Story, how: How) -> None:
    """By other thresholds each time: in the end all are graded by the same."""
    fill(hub, 5, likes=50)
    act(story.settings, lambda sync: whole_run(sync, Kind.FULL))
    for commands in count(1):
        likes = 2 if commands % 2 else 100
        story.settings = story.settings.model_copy(update={"impact_likes_medium": likes})
        story.settings.__dict__.pop("impact_policy", None)
        policy = story.settings.impact_policy
        Thresholds(story.store, story.keys, policy).want()

        held_back = story.held_back(how, commands, Kind.REGRADE)

        documents = stored_documents(story.store, story.keys).values()
        if commands > REQUESTED:
            assert {one["impact_level"] for one in documents} == {
                "medium" if commands % 2 else "low"
            }
        if not held_back:
            assert commands > 20
            return
