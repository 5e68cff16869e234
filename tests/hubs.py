"""A sandbox Hub for a test: a real server in a thread, and a hand on its control endpoint."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2

from collinear.sandbox.fill import LEGACY_FLOOR, fill
from collinear.sandbox.hub import Hub
from collinear.sandbox.quota import UNLIMITED, Quota
from collinear.sandbox.serving import bind, create_server
from collinear.sandbox.world import World
from tests.waiting import wait_until


class RunningHub:
    """A sandbox Hub that answers at ``url``; everything is done through its control endpoint."""

    def __init__(self, url: str, client: httpx2.Client) -> None:
        self.url = url
        self._client = client

    def add(self, row: Mapping[str, Any] | None = None, /, **fields: Any) -> dict[str, Any]:
        """A new dataset, created now; the whole row as it is served."""
        added: dict[str, Any] = self.control("add", row={**(row or {}), **fields})["row"]
        return added

    def edit(self, dataset_id: str, /, commit: bool = False, **fields: Any) -> dict[str, Any]:
        """Other values for some fields; None removes one. The whole row as it is served."""
        edited: dict[str, Any] = self.control("edit", id=dataset_id, commit=commit, fields=fields)[
            "row"
        ]
        return edited

    def rename(self, old: str, new: str) -> None:
        """Another id for the same dataset."""
        self.control("rename", id=old, to=new)

    def delete(self, dataset_id: str) -> None:
        """No such dataset any more."""
        self.control("delete", id=dataset_id)

    def fault(
        self,
        kind: str,
        times: int = 1,
        match: str | None = None,
        delay: float = 0,
        headers: bool = True,
        retry_after: str | None = None,
    ) -> None:
        """Spoil the next answers to requests whose path and query contain ``match``."""
        self.control(
            "fault",
            kind=kind,
            times=times,
            match=match,
            delay=delay,
            headers=headers,
            retry_after=retry_after,
        )

    def clear_faults(self) -> None:
        """Nothing goes wrong any more."""
        self.control("clear_faults")

    def quota(self, api: int, window: int = 300, headers: bool = True, told: bool = True) -> None:
        """
        Another quota; every window starts anew. Without ``headers`` a 429 has none, and where it
        is not ``told`` no answer has any.
        """
        self.control("quota", api=api, window=window, headers=headers, told=told)

    def lack(self, *fields: str) -> None:
        """Refuse these fields, as an older Hub does."""
        self.control("options", lacking=fields)

    @property
    def requests(self) -> list[str]:
        """What was asked so far, oldest first: ``GET /api/datasets?limit=5 200``."""
        return [
            f"{line['method']} {line['path']}{'?' if line['query'] else ''}{line['query']}"
            f" {line['status']}"
            for line in self.control("log", last=100_000)["requests"]
        ]

    def clear_requests(self) -> None:
        """Forget what was asked so far."""
        self.control("clear_log")

    def stats(self) -> dict[str, Any]:
        """Counts: datasets, requests by kind and status, faults."""
        return self.control("stats")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        """What the Hub answers to a path (or a whole address), redirects not followed."""
        return self._client.get(path, headers=headers)

    def control(self, op: str, **command: Any) -> dict[str, Any]:
        """Any command of the control endpoint; an assertion where it is refused."""
        answer = self._client.post("/_sandbox/control", json={"op": op, **command})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result


@contextmanager
def running_hub(
    rows: Sequence[Mapping[str, Any]] = (),
    *,
    quota: int | None = None,
    window: int = 300,
    page_cap: int = 1000,
    repo_not_found_code: bool = False,
    world: World | None = None,
) -> Iterator[RunningHub]:
    """
    A sandbox Hub on a free port, gone with the block.

    Rows may be partial; without dates they are created a second apart, in the order given.
    """
    if world is None:
        world = World()
        for place, row in enumerate(rows):
            created = LEGACY_FLOOR + 1000 * place
            assert world.add(fill(row, position=place, created=created)), f"{row} is there twice"
    hub = Hub(
        world,
        quota=Quota(UNLIMITED if quota is None else quota, window),
        page_cap=page_cap,
        repo_not_found_code=repo_not_found_code,
    )
    with bind("127.0.0.1", 0) as socket:
        server = create_server(hub)
        thread = threading.Thread(target=server.run, args=([socket],), name="sandbox hub")
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), "the sandbox Hub to start")
            url = f"http://127.0.0.1:{socket.getsockname()[1]}"
            with httpx2.Client(base_url=url, timeout=30, trust_env=False, verify=False) as client:
                yield RunningHub(url, client)
        finally:
            server.should_exit = True
            thread.join()
