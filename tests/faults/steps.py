"""The steps of a run as they are seen on the wire, and what makes a run worth watching."""

import re

from collinear.store.run_records import Kind
from tests.faults.between import Between, Step
from tests.faults.scene import Scene
from tests.parts import PartProcess

LEAVES_NOTHING = re.compile(
    r"(H?M?GET|HGETALL|HKEYS|HLEN|HSCAN|EXISTS|LRANGE|LLEN|GETRANGE|TIME|Z(REV)?RANGE|ZCARD) "
    r"|.* :(budget|due|counters|parquet)"
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

    To die at a step that only reads is to die after the change before it; the budget, the due times
    and what workers count are no part of the catalog.  The Parquet file is written after a run, by
    a task of its own, and not while whoever died at it still counts as its writer.
    """
    proxy.seen.clear()
    change_hub(scene, ids, 0)
    scene.await_end(scene.ask(Kind.FULL))
    return [step for step in dict.fromkeys(proxy.seen) if not LEAVES_NOTHING.match(" ".join(step))]
