"""Many who ask the same cost one request; those who ask something else do not wait for them."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import anyio
import httpx2
import pytest

from collinear.api.from_hub.asking import Hub, open_hub_questions
from collinear.domain.errors import HubUnavailable
from collinear.hub.questions import At, Files
from collinear.settings import Settings
from tests.api.answers import refused
from tests.api.serving import running_api
from tests.hub.repositories import HEAD, Call, Reply, RepositoryHub, history, repository_hub, tree
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until

NAME = "/api/datasets/acme/widgets"
THREADS = 3


@pytest.fixture
def repository() -> Iterator[RepositoryHub]:
    with repository_hub() as hub:
        yield hub


@pytest.fixture
def client(settings: Settings, repository: RepositoryHub, stock: Stock) -> Iterator[httpx2.Client]:
    stock.put(*(dataset(place, f"acme/set-{place}", sha=HEAD) for place in range(2, 9)))
    stock.put(dataset(1, "acme/widgets", sha=HEAD))
    changed = settings.model_copy(
        update={"hf_endpoint": repository.url, "hub_timeout": 3.0, "hub_threads": THREADS}
    )
    with running_api(changed) as client:
        yield client


@contextmanager
def many(client: httpx2.Client, count: int) -> Iterator[Callable[[str], Future[httpx2.Response]]]:
    """So many callers at a time, each on a connection of its own."""
    limits = httpx2.Limits(max_connections=count)
    with (
        ThreadPoolExecutor(count) as pool,
        httpx2.Client(
            base_url=client.base_url, timeout=30, trust_env=False, limits=limits
        ) as callers,
    ):
        yield lambda address: pool.submit(callers.get, address)


class Gate:
    """Holds the Hub's answers back until it is opened."""

    def __init__(self, hub: RepositoryHub, answer: Callable[[Call], Reply]) -> None:
        self.opened = threading.Event()
        self._answer = answer
        hub.answer = self._held

    def _held(self, call: Call) -> Reply:
        assert self.opened.wait(10)
        return self._answer(call)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("files", tree(50)),
        ("commits?limit=7", history(50)),
        ("file-url?filename=a.txt", lambda call: Reply(200, [])),
        ("?expand=card_data", lambda call: Reply(200, {"_id": f"{1:024x}", "id": "acme/widgets"})),
    ],
)
def test_a_hundred_who_ask_the_same_cost_one_request(
    client: httpx2.Client,
    repository: RepositoryHub,
    path: str,
    answer: Callable[[Call], Reply],
) -> None:
    """All of them get the answer that was on its way."""
    gate = Gate(repository, answer)
    address = f"{NAME}{'' if path.startswith('?') else '/'}{path}"
    with many(client, 100) as ask:
        answers = [ask(address) for _ in range(100)]
        wait_until(lambda: repository.calls, "somebody to ask")
        gate.opened.set()
        bodies = {(answer.result().status_code, answer.result().content) for answer in answers}
    assert len(bodies) == 1
    assert len(repository.calls) == 1


def test_a_huge_tree_is_asked_for_once_for_all_who_read_it(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """Twenty readers of 7,000 files, each at its own speed: seven requests."""
    gate = Gate(repository, tree(7_000))
    with many(client, 20) as ask:
        answers = [ask(f"{NAME}/files?detail={('true', 'false')[n % 2]}") for n in range(20)]
        wait_until(lambda: repository.calls, "somebody to ask")
        gate.opened.set()
        assert {len(answer.result().json()) for answer in answers} == {7_000}
    assert len(repository.calls) == 7


def test_who_asked_first_may_leave(client: httpx2.Client, repository: RepositoryHub) -> None:
    """The question goes on for the others, and its answer is remembered."""
    gate = Gate(repository, tree(50))
    with pytest.raises(httpx2.ReadTimeout):
        client.get(f"{NAME}/files", timeout=0.3)
    with many(client, 1) as ask:
        second = ask(f"{NAME}/files")
        gate.opened.set()
        assert len(second.result().json()) == 50
    assert client.get(f"{NAME}/files?detail=true").status_code == 200
    assert len(repository.calls) == 1


def test_different_questions_are_asked_beside_each_other(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """As many at a time as the setting says, and lists are answered meanwhile."""
    gate = Gate(repository, tree(5))
    with many(client, 7) as ask:
        answers = [ask(f"/api/datasets/acme/set-{place}/files") for place in range(2, 9)]
        wait_until(lambda: len(repository.calls) == THREADS, "all threads to ask")
        assert client.get("/api/datasets?limit=1").status_code == 200
        gate.opened.set()
        assert {answer.result().status_code for answer in answers} == {200}
    assert repository.most_at_a_time == THREADS
    assert len(repository.calls) == 7


def test_nobody_waits_for_ever_for_a_turn(client: httpx2.Client, repository: RepositoryHub) -> None:
    """Behind others whose Hub is silent the wait ends too, and the Hub is not asked for nobody."""
    gate = Gate(repository, tree(5))
    with many(client, 7) as ask:
        answers = [ask(f"/api/datasets/acme/set-{place}/files") for place in range(2, 9)]
        for answer in answers:
            refused(answer.result(), 504, "hub-timeout")
            assert int(answer.result().headers["retry-after"]) > 0
        asked = len(repository.calls)
        gate.opened.set()
        assert client.get(f"{NAME}/files").status_code == 200
    assert asked <= 2 * THREADS
    assert len(repository.calls) == asked + 1


@pytest.mark.anyio
async def test_a_failure_is_told_to_all_who_waited_and_to_nobody_after(
    settings: Settings, repository: RepositoryHub
) -> None:
    """One request, twenty errors; the next one asks again."""
    gate = Gate(repository, lambda call: Reply(500, {"error": "Internal Error"}))
    question = Files(At(f"{1:024x}", "acme/widgets", HEAD, HEAD))
    errors = []

    async def ask(hub: Hub) -> None:
        try:
            await hub.ask(question)
        except HubUnavailable as error:
            errors.append(error)

    changed = settings.model_copy(update={"hf_endpoint": repository.url})
    async with anyio.create_task_group() as asking:
        with open_hub_questions(changed, asking) as hub:
            async with anyio.create_task_group() as callers:
                for _ in range(20):
                    callers.start_soon(ask, hub)
                await anyio.wait_all_tasks_blocked()
                gate.opened.set()
            assert len(errors) == 20
            assert len(repository.calls) == 1
            repository.answer = tree(5)
            assert len((await hub.ask(question)).answer.parsed()) == 5
