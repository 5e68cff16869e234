"""Each way in which the Hub fails, at each page of a run, under a real worker."""

import re

import pytest

from collinear.store.run_records import Kind
from tests.agreement import assert_agreement, stored_ids
from tests.faults.scene import Scene

FAULTS = ["429", "503", "504", "500", "truncated", "html", "hang_up", "slow"]


def pages_of_a_run(scene: Scene) -> list[str]:
    """What is asked for page by page: the part of each request that no other one has."""
    scene.hub.clear_requests()
    scene.await_end(scene.ask(Kind.FULL))
    asked = [line.split()[1] for line in scene.hub.requests if "cursor=" in line]
    return [re.findall("cursor=[^&]+", line)[0] for line in asked]


@pytest.mark.parametrize("kind", [Kind.FULL, Kind.PAGES])
def test_a_fault_at_each_page(scene: Scene, kind: Kind) -> None:
    """
    Every page meets every fault once, in turn: at no page does one cost more than time.

    In run n page p meets fault n + p, so that after as many page-wise runs as there are faults
    each page has met each; a full run, whose pages wait for each other, meets each somewhere.
    `slow` is slower than the worker's patience: a timeout.
    """
    ids = scene.fill(18)
    scene.start("worker", COLLINEAR_WORKER_CONCURRENCY="8")
    scene.await_load()
    pages = pages_of_a_run(scene)
    assert len(pages) == len(FAULTS)
    for turn in range(len(FAULTS) if kind is Kind.PAGES else 1):
        for place, page in enumerate(pages):
            fault = FAULTS[(turn + place) % len(FAULTS)]
            scene.hub.fault(fault, match=page, delay=1.2 if fault == "slow" else 0, headers=False)
        scene.hub.edit(ids[3 + turn], likes=turn + 1)
        run = scene.await_end(scene.ask(kind))

        assert run.count("updated") == 1
        assert scene.likes()[ids[3 + turn]] == turn + 1
        assert scene.hub.stats()["faults"]["waiting"] == 0
    scene.assert_in_step(ids)


@pytest.fixture
def pages(scene: Scene) -> list[str]:
    scene.fill(10)
    scene.start("worker")
    scene.await_load()
    return pages_of_a_run(scene)


def test_an_empty_page_with_a_next_link_at_each_page(scene: Scene, pages: list[str]) -> None:
    """What it hid is not gone: nothing is removed that is still on the Hub."""
    ids = stored_ids(scene.store, scene.keys)
    for page in pages:
        scene.hub.fault("empty_page", match=page)
        scene.await_end(scene.ask(Kind.FULL))

        assert stored_ids(scene.store, scene.keys) == ids
        assert_agreement(scene.store, scene.keys)
    scene.await_end(scene.ask(Kind.FULL))
    scene.assert_in_step(ids)
