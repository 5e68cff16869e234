"""What every scenario here has: a Hub, a store, processes; and what must be true in the end."""

from collections.abc import Sequence
from typing import Any

import httpx2
import redis

from collinear.refreshes import QUEUE, TASKS
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind, Request, Run
from collinear.store.runs import Runs
from collinear.wiring.queue import create_celery
from tests.agreement import (
    assert_agreement,
    assert_at_rest,
    assert_snapshot,
    stored_documents,
    stored_ids,
)
from tests.hubs import RunningHub
from tests.parts import Start
from tests.waiting import wait_until

QUICK = {
    "COLLINEAR_PAGE_SIZE": "2",
    "COLLINEAR_OVERSEE_SECONDS": "0.3",
    "COLLINEAR_LEASE_SECONDS": "1",
    "COLLINEAR_HUB_TIMEOUT": "1",
    # only what is asked for, unless a test says otherwise
    "COLLINEAR_FULL_REFRESH_SECONDS": "86400",
    "COLLINEAR_PAGE_REFRESH_SECONDS": "86400",
    "COLLINEAR_DELTA_SECONDS": "86400",
}


class Scene:
    """A Hub, a store and the processes that bring the one in step with the other."""

    def __init__(
        self,
        settings: Settings,
        hub: RunningHub,
        start: Start,
        store: redis.Redis,
        keys: Keys,
    ) -> None:
        self.settings = settings
        self.hub = hub
        self.start = start
        self.store = store
        self.keys = keys
        self.runs = Runs(store, keys, lease_seconds=1)
        self._celery = create_celery(settings)

    @property
    def port(self) -> int:
        """Where Redis listens, on this machine."""
        return int(self.settings.redis_url.rsplit(":", 1)[1].partition("/")[0])

    def fill(self, count: int) -> list[str]:
        """So many datasets on the Hub; their ids in catalog order."""
        ids = [f"acme/set-{n:03d}" for n in range(count)]
        for name in ids:
            self.hub.add(id=name, downloads=1)
        return ids

    def ask(self, kind: Kind = Kind.FULL) -> Request:
        """Ask for a run, as the API does."""
        wanted = self.runs.request(Request.new(kind))
        self._celery.send_task(
            TASKS[kind],
            kwargs={"run_id": wanted.run_id},
            task_id=wanted.task_id,
            queue=QUEUE,
            ignore_result=True,
        )
        return wanted

    def await_end(self, wanted: Request, *, within: float = 40) -> Run:
        """The run of a request, once it has ended well."""

        def ended() -> Run | None:
            run = self.current()
            return run if run and run.run_id == wanted.run_id and not run.state.going_on else None

        run = wait_until(ended, "the run to end", within=within)
        assert run.state == "succeeded", run.fields
        return run

    def await_load(self, *, within: float = 40) -> None:
        """The first load has completed, and nothing goes on any more."""

        def loaded() -> bool:
            run = self.current()
            warmed = self.store.hget(self.keys.meta, "warmed") == b"true"
            return warmed and run is not None and not run.state.going_on

        wait_until(loaded, "the first load", within=within)

    def await_rest(self) -> None:
        """Nothing goes on for the moment."""

        def rests() -> bool:
            run = self.current()
            return run is not None and not run.state.going_on and not self.runs.waiting()

        wait_until(rests, "the last run to end", within=30)

    def await_pages(self, count: int, *, within: float = 30) -> None:
        """The run that goes on has stored so many pages."""

        def stored() -> bool:
            run = self.current()
            return run is not None and run.count("pages_done") >= count

        wait_until(stored, f"{count} pages", within=within)

    def current(self) -> Run | None:
        """The run that goes on, or the last one; None also while Redis does not answer."""
        try:
            return self.runs.current()
        except redis.RedisError:
            return None

    def assert_in_step(self, ids: Sequence[str]) -> None:
        """The catalog is the Hub, everything that is stored agrees, and nothing goes on."""
        assert stored_ids(self.store, self.keys) == list(ids)
        assert_agreement(self.store, self.keys)
        assert_snapshot(self.store, self.keys)
        assert_at_rest(self.store, self.keys)

    def likes(self) -> dict[str, Any]:
        """The likes of each dataset."""
        found = stored_documents(self.store, self.keys)
        return {id_: document["likes"] for id_, document in found.items()}


def answers(api: httpx2.Client) -> bool:
    """Whether the API is up."""
    try:
        return api.get("/livez").status_code == 200
    except httpx2.TransportError:
        return False
