"""A synchronisation that the test walks itself, step by step, without a queue in between."""

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from collinear.settings import Settings
from collinear.store.run_records import Kind, Request
from collinear.sync.walk import Sync
from collinear.wiring.synchronisation import open_sync
from tests.hubs import RunningHub


class Walker:
    """Does what the worker's tasks do, in the order of their messages."""

    def __init__(self, sync: Sync) -> None:
        self.sync = sync

    def run(self, kind: Kind = Kind.FULL, **accepted: bool) -> dict[str, Any]:
        """A whole run; its summary."""
        wanted = self.sync.runs.request(Request.new(kind, **accepted))
        run = self.sync.begin(wanted)
        assert run is not None
        return self.go_on(run.number)

    def go_on(self, number: int) -> dict[str, Any]:
        """What is left of a run; its summary."""
        while pages := self.sync.runs.open_pages():
            for page in pages:
                self.sync.page(number, page, on_next=lambda _: None)
        summary = self.sync.finish(number)
        assert summary is not None
        return summary


def fill(hub: RunningHub, count: int) -> list[str]:
    """Datasets one after the other; their ids."""
    return [str(hub.add(id=f"acme/set-{n:03d}", downloads=n)["id"]) for n in range(count)]


@pytest.fixture
def sync_settings(settings: Settings, hub: RunningHub) -> Settings:
    """Settings that lead to the test's Hub, with pages of two rows."""
    return settings.model_copy(update={"hf_endpoint": hub.url, "page_size": 2})


@pytest.fixture
def sync(sync_settings: Settings) -> Iterator[Sync]:
    with open_sync(sync_settings, Event()) as sync:
        yield sync


@pytest.fixture
def walker(sync: Sync) -> Walker:
    return Walker(sync)
