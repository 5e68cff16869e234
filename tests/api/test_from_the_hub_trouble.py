"""The Hub away, slow, out of quota, elsewhere: the last known answer, or a clear problem."""

import threading
from collections.abc import Iterator

import anyio
import httpx2
import pytest
import redis
from pydantic import SecretStr

from collinear.api.from_hub.asking import open_hub_questions
from collinear.hub.questions import At, Files
from collinear.settings import Settings
from collinear.store.budget import Budget
from collinear.store.keys import Keys
from tests.api.answers import found, refused
from tests.api.serving import running_api
from tests.hub.repositories import (
    HEAD,
    HUB_ID,
    Call,
    Reply,
    RepositoryHub,
    history,
    repository_hub,
    tree,
)
from tests.hubs import RunningHub
from tests.store.stock import Stock, dataset

NAME = "/api/datasets/acme/widgets"
ADDRESSES = [
    f"{NAME}/commits?limit=3",
    f"{NAME}/files",
    f"{NAME}/files?limit=2&detail=true",
    f"{NAME}/file-url?filename=README.md",
    f"{NAME}?expand=card_data",
]


@pytest.fixture
def repository() -> Iterator[RepositoryHub]:
    with repository_hub() as hub:
        yield hub


@pytest.fixture
def client(settings: Settings, repository: RepositoryHub, stock: Stock) -> Iterator[httpx2.Client]:
    stock.put(dataset(1, "acme/widgets", sha=HEAD))
    changed = settings.model_copy(update={"hf_endpoint": repository.url, "hub_timeout": 1.0})
    with running_api(changed) as client:
        yield client


def known(stock: Stock, row: dict[str, object]) -> None:
    """The catalog knows the dataset by the Hub's own identity."""
    place = int(str(row["_id"]), 16)
    stock.put(dataset(place, str(row["id"]), sha=row["sha"], created_at=None))


def test_the_last_known_answer_says_that_it_is_old(
    api_with_hub: httpx2.Client, hub: RunningHub, stock: Stock
) -> None:
    """After a new commit, with a Hub that is down: yesterday's answer, marked, kept by nobody."""
    row = hub.add(id="acme/widgets")
    known(stock, row)
    before = {address: found_any(api_with_hub, address) for address in ADDRESSES}
    row = hub.edit("acme/widgets", commit=True)
    known(stock, row)
    for kind in ("504", "truncated", "hang_up", "429"):
        hub.clear_faults()
        hub.fault(kind, times=1000, match="/api/datasets/acme")
        for address in ADDRESSES:
            answer = api_with_hub.get(address)
            assert answer.status_code == 200, (address, kind, answer.text)
            assert "the Hub does not answer" in answer.headers["cache-status"]
            assert answer.headers["cache-control"] == "no-store"
            assert int(answer.headers["age"]) >= 0
            assert "etag" not in answer.headers
            if "expand" in address:
                assert answer.json()["card_data"] == before[address].json()["card_data"]
            else:
                assert answer.json() == before[address].json()


def found_any(client: httpx2.Client, address: str) -> httpx2.Response:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.text)
    assert answer.headers["etag"]
    assert "cache-status" not in answer.headers
    return answer


def test_without_one_there_is_a_problem_that_says_when(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """Each trouble in its own words, with a ``Retry-After``."""
    troubles = {
        (502, "hub-unavailable"): Reply(503, b"<html>down</html>"),
        (502, "hub-contract-broken"): Reply(
            200, b"<html>please log in</html>", {"content-type": "text/html"}
        ),
    }
    for (status, kind), reply in troubles.items():
        repository.answer = lambda call, reply=reply: reply  # type: ignore[misc]
        for address in ADDRESSES:
            refused(client.get(address), status, kind)
    for broken in (Reply(200, b'[{"id": '), Reply(200, b"[]", size=500)):
        repository.answer = lambda call, reply=broken: reply  # type: ignore[misc]
        for address in ADDRESSES[:3]:
            answer = client.get(address)
            refused(answer, 502, "hub-unavailable")
            assert int(answer.headers["retry-after"]) > 0


def test_an_answer_that_drips_is_given_up(client: httpx2.Client, repository: RepositoryHub) -> None:
    """Each byte comes in time, and all of them together do not."""
    pause = threading.Event()

    def drops() -> Iterator[bytes]:
        for _ in range(100):
            pause.wait(0.1)
            yield b" "

    repository.answer = lambda call: Reply(200, drops(), size=1000)
    answer = client.get(f"{NAME}/files")
    refused(answer, 504, "hub-timeout")
    assert int(answer.headers["retry-after"]) > 0


def test_a_whole_tree_is_old_or_not_there(
    client: httpx2.Client, repository: RepositoryHub, stock: Stock
) -> None:
    """All pages of the last known tree are kept: they are served; without one of them, none is."""
    repository.answer = tree(2_500)
    whole = client.get(f"{NAME}/files").json()
    repository.answer = lambda call: Reply(500, {"error": "Internal Error"})
    stock.put(dataset(1, "acme/widgets", sha="b" * 40))
    old = client.get(f"{NAME}/files")
    assert old.json() == whole
    assert "ttl=-" in old.headers["cache-status"]

    stock.put(dataset(2, "acme/other", sha="c" * 40))
    repository.answer = tree(2_500)
    assert len(client.get("/api/datasets/acme/other/files?limit=5").json()) == 5
    repository.answer = lambda call: Reply(500, {"error": "Internal Error"})
    assert len(client.get("/api/datasets/acme/other/files?limit=9").json()) == 9
    stock.put(dataset(2, "acme/other", sha="d" * 40))
    refused(client.get("/api/datasets/acme/other/files"), 502, "hub-unavailable")


@pytest.mark.anyio
async def test_the_hub_is_asked_although_nobody_knows_the_budget(
    settings: Settings, repository: RepositoryHub
) -> None:
    """Redis is away: the Hub knows its quota itself."""
    repository.answer = tree(5)
    alone = settings.model_copy(
        update={"hf_endpoint": repository.url, "redis_url": "redis://127.0.0.1:1/0"}
    )
    question = Files(At(HUB_ID, "acme/widgets", HEAD, HEAD))
    async with anyio.create_task_group() as asking:
        with open_hub_questions(alone, asking) as hub:
            assert len((await hub.ask(question)).answer.parsed()) == 5


def test_a_429_holds_for_everybody_and_its_time_is_known(
    client: httpx2.Client, repository: RepositoryHub, store: redis.Redis, keys: Keys
) -> None:
    """The Hub is not asked again before; synchronisation hears of it, too."""
    repository.answer = lambda call: Reply(429, b"patience", {"Retry-After": "37"})
    first = client.get(f"{NAME}/files")
    refused(first, 503, "hub-rate-limited")
    assert first.headers["retry-after"] == "37"
    second = client.get(f"{NAME}/commits")
    refused(second, 503, "hub-rate-limited")
    assert 30 <= int(second.headers["retry-after"]) <= 37
    assert len(repository.calls) == 1
    assert 30 < Budget(store, keys, share=0.5).take() <= 37


def test_a_429_without_a_time_holds_for_seconds(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """Not for a window: it may have been another limit."""
    repository.answer = lambda call: Reply(429, b"patience")
    for _ in range(2):
        answer = client.get(f"{NAME}/files")
        refused(answer, 503, "hub-rate-limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 5
    assert len(repository.calls) == 1


def limits(remaining: int, reset: int = 200) -> dict[str, str]:
    return {
        "RateLimit": f'"api";r={remaining};t={reset}',
        "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
    }


def test_people_may_use_the_whole_window_and_synchronisation_gives_way(
    client: httpx2.Client, repository: RepositoryHub, store: redis.Redis, keys: Keys
) -> None:
    """Its own half is not asked for; what they used is gone for it, and at 0 nobody asks."""
    pages = tree(5)
    repository.answer = lambda call: pages(call)._replace(headers=limits(3))
    assert client.get(f"{NAME}/files").status_code == 200
    budget = Budget(store, keys, share=0.5)
    assert budget.state().remaining == 3
    assert budget.take() > 0
    repository.answer = lambda call: Reply(200, [], limits(0))
    assert client.get(f"{NAME}/files?revision=dev").status_code == 200
    calls = len(repository.calls)
    answer = client.get(f"{NAME}/files?revision=tag")
    refused(answer, 503, "hub-rate-limited")
    assert 190 <= int(answer.headers["retry-after"]) <= 201
    assert client.get(f"{NAME}/files").status_code == 200  # remembered
    assert len(repository.calls) == calls


def test_a_renamed_dataset_is_followed_when_it_is_the_same(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """The catalog has not heard of it yet: the Hub's word is checked by the identity."""
    for place, (identity, status) in enumerate(((HUB_ID, 200), ("f" * 24, 404))):

        def answer(call: Call, identity: str = identity) -> Reply:
            if "/acme/widgets" in call.path:
                return Reply(307, b"", {"Location": call.target.replace("widgets", "gadgets")})
            if call.path == "/api/datasets/acme/gadgets":
                return Reply(200, {"_id": identity, "id": "acme/gadgets", "sha": HEAD})
            return tree(5)(call)

        repository.answer = answer
        assert client.get(f"{NAME}/files?revision=r{place}").status_code == status


def test_nobody_follows_to_another_server(
    settings: Settings, repository: RepositoryHub, stock: Stock
) -> None:
    """Neither for a redirect nor for a next page; and the token goes to nobody else."""
    stock.put(dataset(1, "acme/widgets", sha=HEAD))
    with repository_hub() as stranger:
        stranger.answer = tree(5)
        repository.answer = lambda call: Reply(
            307, b"", {"Location": f"{stranger.url}{call.target}"}
        )
        changed = settings.model_copy(
            update={"hf_endpoint": repository.url, "hf_token": SecretStr("hf_secret")}
        )
        with running_api(changed) as api:
            for address in ADDRESSES:
                answer = api.get(address)
                refused(answer, 502, "hub-contract-broken")
                assert "hf_secret" not in answer.text
        assert stranger.calls == []
        assert {call.headers["authorization"] for call in repository.calls} == {"Bearer hf_secret"}


def test_another_dataset_under_the_name_is_none(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """The old one left, somebody took its name, the catalog will know soon: nothing is mixed up."""

    def answer(call: Call) -> Reply:
        if call.path == "/api/datasets/acme/widgets":
            return Reply(200, {"_id": "f" * 24, "id": "acme/widgets", "sha": "b" * 40})
        if HEAD in call.path:
            return Reply(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
        if "/commits/" in call.path:
            commits = history(3)(call)
            body = [{**commit, "id": "b" * 40} for commit in commits.body]  # type: ignore[attr-defined]
            return commits._replace(body=body)
        return tree(5)(call)

    repository.answer = answer
    for address in ADDRESSES:
        refused(client.get(address), 404, "dataset-not-found")


def test_a_history_that_was_rewritten_is_the_same_dataset(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """Its head is gone: main is asked instead, and not taken for what the catalog knows."""

    def answer(call: Call) -> Reply:
        if call.path == "/api/datasets/acme/widgets":
            return Reply(200, {"_id": HUB_ID, "id": "acme/widgets", "sha": "b" * 40})
        if HEAD in call.path:
            return Reply(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
        return tree(5)(call)

    repository.answer = answer
    files = client.get(f"{NAME}/files")
    assert len(files.json()) == 5
    same = client.get(f"{NAME}/files", headers={"if-none-match": files.headers["etag"]})
    assert same.status_code == 304
    calls = len(repository.calls)
    assert client.get(f"{NAME}/files").json() == files.json()
    assert len(repository.calls) == calls


@pytest.mark.parametrize(
    ("reply", "status", "kind"),
    [
        (Reply(401, {"error": "Invalid username or password."}), 404, "dataset-not-found"),
        (Reply(404, {"error": "x"}, {"X-Error-Code": "RepoNotFound"}), 404, "dataset-not-found"),
        (Reply(403, {"error": "x"}, {"X-Error-Code": "GatedRepo"}), 403, "dataset-gated"),
        (Reply(401, {"error": "x"}, {"X-Error-Code": "GatedRepo"}), 403, "dataset-gated"),
        (
            Reply(403, {"error": "x"}, {"X-Error-Message": "Access to this resource is disabled."}),
            403,
            "dataset-gated",
        ),
        (Reply(418, {"error": "x"}), 502, "hub-contract-broken"),
        (Reply(200, {"error": "x"}), 502, "hub-contract-broken"),
        (Reply(200, [{"type": "file"}]), 502, "hub-contract-broken"),
    ],
)
def test_a_refusal_means_what_it_means(
    client: httpx2.Client, repository: RepositoryHub, reply: Reply, status: int, kind: str
) -> None:
    """A bare 401 is what strangers hear of what they may not know of."""
    repository.answer = lambda call: reply
    refused(client.get(f"{NAME}/files"), status, kind)


def test_an_answer_that_nobody_can_hold_is_refused(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """Seventeen megabytes for a page of a thousand."""
    repository.answer = lambda call: Reply(200, b"[" + b" " * (17 * 2**20) + b"]")
    refused(client.get(f"{NAME}/files"), 502, "hub-contract-broken")
    body = b'{"_id": "%b", "id": "acme/widgets"}' % HUB_ID.encode()
    repository.answer = lambda call: Reply(200, body + b" " * (17 * 2**20))
    card = found(client.get(f"{NAME}?expand=card_data"))
    assert (card["card_data"], card["card_data_truncated"]) == (None, True)


def test_a_dataset_that_was_renamed_a_minute_ago_still_answers(
    api_with_hub: httpx2.Client, hub: RunningHub, stock: Stock
) -> None:
    """The catalog does not know yet; on a Hub that redirects as the real one does."""
    row = hub.add(id="acme/widgets")
    known(stock, row)
    hub.rename("acme/widgets", "beta/gadgets")
    for address in ADDRESSES:
        answer = api_with_hub.get(address)
        assert answer.status_code == 200, (address, answer.text)
    hub.delete("beta/gadgets")
    hub.add(id="acme/widgets")
    for address in ADDRESSES:
        assert api_with_hub.get(address).status_code == 200  # remembered
    refused(api_with_hub.get(f"{NAME}/file-url?filename=x"), 404, "dataset-not-found")
