"""kill -9 of a real worker at every step of a run, before Redis hears of it and right after."""

import os
import re
import signal

import pytest

from collinear.store.run_records import Kind
from tests.faults.between import Between, Side, Step, Strike, between
from tests.faults.scene import Scene
from tests.parts import PartProcess

LEAVES_NOTHING = re.compile(
    r"(H?M?GET|HGETALL|HKEYS|HLEN|HSCAN|EXISTS|LRANGE|LLEN|GETRANGE|TIME|Z(REV)?RANGE|ZCARD) "
    r"|.* :(budget|due)"
)


def change_hub(scene: Scene, ids: list[str], death: int) -> None:
    """One dataset is new, one left, one was renamed and one is liked more."""
    scene.hub.delete(ids.pop(0))
    renamed = f"acme/renamed-{death:03d}"
    scene.hub.rename(ids[0], renamed)
    ids[0] = renamed
    scene.hub.edit(ids[1], likes=death + 1)
    scene.hub.add(id=f"acme/new-{death:03d}")
    ids.append(f"acme/new-{death:03d}")


def start_worker(scene: Scene, proxy: Between) -> PartProcess:
    return scene.start("worker", REDIS_URL=proxy.url, COLLINEAR_WORKER_CONCURRENCY="1")


def steps_of_a_run(scene: Scene, proxy: Between, ids: list[str]) -> list[Step]:
    """
    Every step by which a run changes something, each once, in the order in which they come.

    To die at a step that only reads is to die after the change before it, and the budget and the
    due times are no part of the catalog.
    """
    proxy.seen.clear()
    change_hub(scene, ids, 0)
    scene.await_end(scene.ask(Kind.FULL))
    return [step for step in dict.fromkeys(proxy.seen) if not LEAVES_NOTHING.match(" ".join(step))]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_worker_is_killed_at_each_step_of_a_run(scene: Scene, side: Side) -> None:
    """
    The next worker brings the run home: nothing is lost, nothing is there twice, all agrees.

    The steps are those that a run was seen to take, so a new one is a new place to die.
    """
    ids = scene.fill(5)
    port = int(scene.settings.redis_url.rsplit(":", 1)[1].partition("/")[0])
    scene.start("beat")
    with between(port, scene.keys.prefix) as proxy:
        worker = start_worker(scene, proxy)
        scene.await_load()
        steps = steps_of_a_run(scene, proxy, ids)
        assert len(steps) > 8, steps
        for death, step in enumerate(steps, start=1):
            change_hub(scene, ids, death)
            pid = worker.process.pid
            strike = Strike(step, side, lambda pid=pid: os.kill(pid, signal.SIGKILL))
            proxy.strike = strike
            wanted = scene.ask(Kind.FULL)
            assert worker.process.wait(20) == -signal.SIGKILL, step
            strike.go_on.set()
            proxy.strike = None
            worker = start_worker(scene, proxy)
            scene.await_end(wanted)
            scene.assert_in_step(ids)
            assert scene.likes()[ids[1]] == death + 1, step
