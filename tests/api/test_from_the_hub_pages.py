"""Long histories and huge trees: page by page, or whole without being held."""

import threading
import tracemalloc
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
import pytest

from collinear.api.from_hub import pages as hub_pages
from collinear.api.from_hub.asking import open_hub_questions
from collinear.api.shapes import models
from collinear.hub.questions import At, Files
from collinear.settings import Settings
from tests.api.answers import refused
from tests.api.serving import running_api
from tests.hub.repositories import HEAD, HUB_ID, Call, Reply, RepositoryHub, history, tree
from tests.hub.repositories import repository_hub as running_repository_hub
from tests.store.stock import Stock, dataset

NAME = "/api/datasets/acme/widgets"
PLAIN = {"accept-encoding": "identity"}


@pytest.fixture
def repository() -> Iterator[RepositoryHub]:
    with running_repository_hub() as hub:
        yield hub


@pytest.fixture
def client(settings: Settings, repository: RepositoryHub, stock: Stock) -> Iterator[httpx2.Client]:
    stock.put(dataset(1, "acme/widgets", sha=HEAD))
    changed = settings.model_copy(update={"hf_endpoint": repository.url, "hub_timeout": 2.0})
    with running_api(changed) as client:
        yield client


def walk(client: httpx2.Client, address: str) -> list[list[object]]:
    """All pages from an address on, by their links."""
    pages = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        link = answer.links.get("next", {}).get("url", "")
        assert link == "" or link.startswith(f"{NAME}/")
        address = link
    return pages


def test_a_long_history_is_walked_by_its_links(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """Every commit once, the total with each page, and the Hub is asked for hundreds at a time."""
    repository.answer = history(2_345)
    first = client.get(f"{NAME}/commits?limit=70")
    assert first.headers["x-total-count"] == "2345"
    assert first.headers["x-catalog-serial"]

    pages = walk(client, f"{NAME}/commits?limit=70")
    commits = [models.Commit.model_validate(commit) for page in pages for commit in page]
    assert [commit.title for commit in commits] == [f"Commit {n}" for n in range(2_345)]
    assert [len(page) for page in pages] == [70] * 33 + [35]
    assert len(repository.calls) == 24
    assert [len(page) for page in walk(client, f"{NAME}/commits?limit=1000")] == [1000, 1000, 345]


def test_pages_stay_at_the_commit_of_the_first_one(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """What is committed meanwhile moves nothing: the second page is asked for by the commit."""
    repository.answer = history(250)
    link = client.get(f"{NAME}/commits?limit=100").links["next"]["url"]
    repository.calls.clear()
    assert client.get(link).json()[0]["title"] == "Commit 100"
    assert [urlsplit(target).path for target in repository.targets] == [
        f"/api/datasets/acme/widgets/commits/{HEAD}"
    ]


def test_a_branch_that_has_moved_on_tells_its_own_commit(
    client: httpx2.Client, repository: RepositoryHub, stock: Stock
) -> None:
    """The Hub is ahead of the catalog: its newest commits are shown, and paged from there."""
    stock.put(dataset(1, "acme/widgets", sha=f"{1:040x}"))
    repository.answer = history(150)
    answer = client.get(f"{NAME}/commits?limit=1")
    assert [commit["id"] for commit in answer.json()] == [HEAD]
    again = client.get(f"{NAME}/commits?limit=1", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_files_come_in_pages_of_any_size(client: httpx2.Client, repository: RepositoryHub) -> None:
    """Their limits need not be the Hub's, nor are more of the Hub's pages asked for than needed."""
    repository.answer = tree(2_500)
    whole = client.get(f"{NAME}/files?detail=true").json()
    assert len(whole) == 2_500
    calls = len(repository.calls)

    pages = walk(client, f"{NAME}/files?detail=true&limit=700")
    assert [len(page) for page in pages] == [700, 700, 700, 400]
    assert [file for page in pages for file in page] == whole
    assert [models.File.model_validate(file).size for file in pages[0]] == list(range(700))  # type: ignore[misc]
    assert len(repository.calls) == calls == 3
    paths = [path for page in walk(client, f"{NAME}/files?limit=999") for path in page]
    assert paths == [file["path"] for file in whole]


def test_a_huge_tree_comes_as_the_hub_gives_it(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """Its beginning is there while the Hub still thinks about the rest."""
    pages, go_on = tree(23_000), threading.Event()

    def answer(call: Call) -> Reply:
        if call.asked("cursor") == "5000":
            assert go_on.wait(5)
        return pages(call)

    repository.answer = answer
    with client.stream("GET", f"{NAME}/files", headers=PLAIN) as streamed:
        assert streamed.headers["etag"]
        assert "content-length" not in streamed.headers
        pieces = streamed.iter_bytes()
        body = next(pieces)
        assert body.startswith(b'["data/part-000000.parquet"')
        go_on.set()
        for piece in pieces:
            body += piece
    listed = httpx2.Response(200, content=body).json()
    assert len(set(listed)) == len(listed) == 23_000
    assert len(repository.calls) == 23

    head = client.head(f"{NAME}/files")
    assert (head.status_code, head.content) == (200, b"")
    etag = {"if-none-match": streamed.headers["etag"]}
    assert client.get(f"{NAME}/files", headers={**etag, **PLAIN}).status_code == 304
    assert len(repository.calls) == 23


def test_a_tree_that_breaks_off_does_not_look_whole(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """A failure before the first byte is a problem; later the line is cut, and nothing ends it."""
    repository.answer = tree(23_000, fails_at=0)
    refused(client.get(f"{NAME}/files"), 502, "hub-unavailable")
    repository.answer = tree(23_000, fails_at=3000)
    body = bytearray()

    def read() -> None:
        with client.stream("GET", f"{NAME}/files", headers=PLAIN) as streamed:
            for piece in streamed.iter_bytes():
                body.extend(piece)

    with pytest.raises(httpx2.RemoteProtocolError):
        read()
    assert b"part-002999" in body
    assert not body.endswith(b"]")


def test_what_cannot_be_a_next_page_is_not_asked_for(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """A link to itself, a link without a place, and empty pages without end."""
    for link in ('<?recursive=true>; rel="next"', '<?cursor=>; rel="next"'):
        repository.answer = lambda call, link=link: Reply(200, [], {"Link": link})  # type: ignore[misc]
        answer = client.get(f"{NAME}/files?limit=5")
        refused(answer, 502, "hub-contract-broken")
    counted = iter(range(10_000))
    repository.answer = lambda call: Reply(
        200, [], {"Link": f'<?cursor={next(counted)}>; rel="next"'}
    )
    refused(client.get(f"{NAME}/files?limit=5"), 502, "hub-contract-broken")


def elsewhere(cursor: str) -> str:
    """The same cursor, but for a digit of its place."""
    inside = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    moved = inside[:-2] + bytes([inside[-2] ^ 1]) + inside[-1:]
    return urlsafe_b64encode(moved).decode().rstrip("=")


def test_a_cursor_goes_with_its_dataset_and_revision(
    client: httpx2.Client, repository: RepositoryHub, stock: Stock
) -> None:
    """And is nothing that somebody made up; nobody is asked about those."""
    stock.put(dataset(2, "acme/other", sha=HEAD))
    repository.answer = history(300)
    link = client.get(f"{NAME}/commits?limit=100").links["next"]["url"]
    cursor = parse_qs(urlsplit(link).query)["cursor"][0]
    assert len(found_list(client, f"{NAME}/commits?limit=7&cursor={cursor}")) == 7
    repository.calls.clear()
    for address in (
        f"/api/datasets/acme/other/commits?cursor={cursor}",
        f"{NAME}/commits?revision=dev&cursor={cursor}",
        f"{NAME}/files?cursor={cursor}",
        f"{NAME}/commits?cursor={cursor[:-2]}",
        f"{NAME}/commits?cursor={cursor}AAAA",
        f"{NAME}/commits?cursor={elsewhere(cursor)}",
        f"{NAME}/commits?cursor=",
        f"{NAME}/commits?cursor=AAAA",
        f"{NAME}/commits?cursor=%F0%9F%A6%86",
    ):
        refused(client.get(address), 400, "bad-cursor")
    assert repository.calls == []


def found_list(client: httpx2.Client, address: str) -> list[object]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    listed: list[object] = answer.json()
    return listed


def test_a_place_that_the_hub_forgot_is_a_bad_cursor(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """Its own cursors may not live for ever."""
    repository.answer = tree(2_500)
    link = client.get(f"{NAME}/files?limit=1000").links["next"]["url"]
    repository.answer = lambda call: Reply(400, {"error": 'Invalid value for "cursor"'})
    refused(client.get(link), 400, "bad-cursor")


def test_a_tree_is_never_held(settings: Settings, repository: RepositoryHub) -> None:
    """Three times the files take the same memory: a page or two, and what may be remembered."""
    small = settings.model_copy(update={"hf_endpoint": repository.url, "hub_cache_bytes": 200_000})
    question = Files(At(HUB_ID, "acme/widgets", HEAD, HEAD))

    async def count() -> int:
        files = 0
        async with anyio.create_task_group() as tasks:
            with open_hub_questions(small, tasks) as hub:
                first = await hub.ask(question)
                async for page in hub_pages.rest(hub, question, first):
                    files += page.answer.body.count(b'"path"')
        return files

    def peak(files: int) -> int:
        repository.answer = tree(files)
        tracemalloc.start()
        try:
            assert anyio.run(count) == files
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2_000)  # what is made once
    # held whole, it would be three times; what else the process has to forget makes some noise
    assert peak(45_000) < 1.6 * peak(15_000)
