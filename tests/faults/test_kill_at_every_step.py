"""kill -9 of a real worker at every step of a run, before Redis hears of it and right after."""

import os
import signal

import pytest

from collinear.store.run_records import Kind
from tests.faults.between import Side, Strike, between
from tests.faults.scene import Scene
from tests.faults.steps import change_hub, start_worker, steps_of_a_run


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_worker_is_killed_at_each_step_of_a_run(scene: Scene, side: Side) -> None:
    """
    The next worker brings the run home: nothing is lost, nothing is there twice, all agrees.

    The steps are those that a run was seen to take, so a new one is a new place to die.
    """
    ids = scene.fill(5)
    scene.start("beat")
    with between(scene.port, scene.keys.prefix) as proxy:
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
