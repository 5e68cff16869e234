"""One dataset with its card, its files' addresses and what changed last."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import httpx2
import pytest
from huggingface_hub import hf_hub_url

from collinear.api.shapes import models
from collinear.settings import Settings
from tests.api.answers import blamed, found, refused
from tests.api.serving import running_api
from tests.hub.repositories import HEAD, HUB_ID, Call, Reply, RepositoryHub, repository_hub
from tests.store.stock import Stock, dataset

NAME = "/api/datasets/acme/widgets"
ODD = [
    "README.md",
    ".gitattributes",
    "..data/x.txt",
    "a b.csv",
    "50%.csv",
    "50%25.csv",
    "a#b.csv",
    "what?.csv",
    "a+b&c=d;e.csv",
    "数据/Ünï.csv",
    "🦆/quack.json",
    "dir/~tilde'quote\"(1)[2]{3}.txt",
    "trailing ",
    "back\\slash.txt",
    "a:b@c!d$e,f*g.txt",
]


@pytest.fixture
def repository() -> Iterator[RepositoryHub]:
    with repository_hub() as hub:
        yield hub


@pytest.fixture
def client(settings: Settings, repository: RepositoryHub, stock: Stock) -> Iterator[httpx2.Client]:
    stock.put(dataset(1, "acme/widgets", sha=HEAD, likes=3))
    changed = settings.model_copy(update={"hf_endpoint": repository.url, "hub_timeout": 2.0})
    with running_api(changed) as client:
        yield client


def says(repository: RepositoryHub, card: object, hub_id: str = HUB_ID) -> None:
    row: dict[str, Any] = {"_id": hub_id, "id": "acme/widgets"}
    if card is not None:
        row["cardData"] = card
    repository.answer = lambda call: Reply(200, json.dumps(row).encode())


def test_what_changed_last_stands_in_the_detail(api: httpx2.Client, stock: Stock) -> None:
    """The same as the newest of its changes."""
    stock.put(dataset(1, "acme/one"), dataset(2, "acme/two"))
    stock.put(dataset(1, "acme/one", likes=5))
    stock.put(dataset(2, "acme/three"))
    changes = found(api.get("/api/datasets/changes"))["changes"]
    for name, change in (("acme/one", changes[2]), ("acme/three", changes[3])):
        detail = models.Detail.model_validate(found(api.get(f"/api/datasets/{name}")))
        assert detail.last_change is not None
        assert detail.last_change == models.LastChange.model_validate(
            {name: change[name] for name in ("serial", "op", "changed", "at", "previous_id")}
        )
        assert detail.card_data is detail.card_data_truncated is None
    stock.client.xtrim(stock.keys.changes, maxlen=1, approximate=False)
    stock.put(dataset(3, "acme/four"))
    assert found(api.get("/api/datasets/acme/one"))["last_change"] is None


def test_the_only_dataset_is_first_of_one(api: httpx2.Client, stock: Stock) -> None:
    """And has a lower value than nobody."""
    stock.put(dataset(1, "acme/one", downloads=7))
    ranks = found(api.get("/api/datasets/acme/one"))["ranks"]
    assert ranks == {
        "downloads": {"rank": 1, "percentile": 0.0, "of": 1},
        "likes": None,
        "size_bytes": None,
    }


def test_the_card_is_asked_for_once_a_commit(
    client: httpx2.Client, repository: RepositoryHub, stock: Stock
) -> None:
    """Only with ``expand``; a change of likes asks nobody, a commit does."""
    card = {"license": "mit", "language": ["en", "de"], "configs": [{"n": 1.5, "x": None}]}
    says(repository, card)
    plain = found(client.get(NAME))
    assert "card_data" not in plain
    assert repository.calls == []
    answer = client.get(f"{NAME}?expand=card_data")
    whole = models.Detail.model_validate(found(answer))
    assert (whole.card_data, whole.card_data_truncated) == (card, False)
    assert {**plain, "card_data": card, "card_data_truncated": False} == answer.json()
    [call] = repository.calls
    assert call.target == f"/api/datasets/acme/widgets/revision/{HEAD}?expand[]=cardData"
    same = client.get(f"{NAME}?expand=card_data", headers={"if-none-match": answer.headers["etag"]})
    assert same.status_code == 304
    assert answer.headers["etag"] != client.get(NAME).headers["etag"]

    stock.put(dataset(1, "acme/widgets", sha=HEAD, likes=4))
    newer = client.get(f"{NAME}?expand=card_data")
    assert newer.headers["etag"] != answer.headers["etag"]
    assert newer.json()["card_data"] == card
    assert len(repository.calls) == 1
    says(repository, {"license": "apache-2.0"})
    stock.put(dataset(1, "acme/widgets", sha="b" * 40))
    assert client.get(f"{NAME}?expand=card_data").json()["card_data"] == {"license": "apache-2.0"}


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        (None, None),
        ({}, {}),
        ("no object", None),
        ({"text": "half \ud83d", "n": 10**30}, {"text": "half \ud83d", "n": 10**30}),
        ({"</script>": "<b>"}, {"</script>": "<b>"}),
    ],
)
def test_cards_of_all_kinds(
    client: httpx2.Client, repository: RepositoryHub, card: object, shown: object
) -> None:
    """What is no object is none; half a character stays what it is."""
    says(repository, card)
    body = found(client.get(f"{NAME}?expand=card_data"))
    assert body["card_data_truncated"] is False
    if isinstance(shown, dict) and "n" in shown:
        assert body["card_data"]["text"] == shown["text"]
        assert float(body["card_data"]["n"]) == 1e30
    else:
        assert body["card_data"] == shown


@pytest.mark.parametrize(
    "body", [b'{"big": "%b"}' % (b"x" * 300_000), b'{"a":' * 9000 + b"1" + b"}" * 9000]
)
def test_a_card_that_is_too_much_is_left_out(
    client: httpx2.Client, repository: RepositoryHub, body: bytes
) -> None:
    """Larger than 256 KiB, or nested beyond sense: it says so, and the rest is there."""
    row = b'{"_id": "%b", "id": "acme/widgets", "cardData": %b}' % (HUB_ID.encode(), body)
    repository.answer = lambda call: Reply(200, row)
    detail = found(client.get(f"{NAME}?expand=card_data"))
    assert (detail["card_data"], detail["card_data_truncated"]) == (None, True)
    assert detail["id"] == "acme/widgets"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("expand=siblings", "expand"),
        ("expand=", "expand"),
        ("expand=cardData", "expand"),
        ("expand=card_data&expand=card_data", "expand"),
        ("full=true", "full"),
    ],
)
def test_nothing_else_can_be_asked_for(api: httpx2.Client, query: str, name: str) -> None:
    """The parameter is named, before anybody is asked."""
    assert list(blamed(api.get(f"{NAME}?{query}"))) == [name]


def paths_info(call: Call) -> Reply:
    """Every file that is asked for is there, the third byte after its name."""
    [path] = parse_qs(call.body.decode(), keep_blank_values=True)["paths"]
    entry = {"type": "file", "path": path, "size": 134, "oid": "0" * 40}
    return Reply(200, [{**entry, "lfs": {"oid": "1" * 64, "size": 5 * 10**12, "pointerSize": 134}}])


@pytest.mark.parametrize("revision", ["main", "refs/pr/1", "a#b?c%20d +é"])
def test_odd_names_lead_where_the_official_client_goes(
    client: httpx2.Client, repository: RepositoryHub, revision: str
) -> None:
    """The very same address; the size is the content's, not that of a pointer to it."""
    repository.answer = paths_info
    for filename in ODD:
        repository.calls.clear()
        params = {"filename": filename, "revision": revision}
        body = found(client.get(f"{NAME}/file-url", params=params))
        official = hf_hub_url(
            "acme/widgets",
            filename,
            repo_type="dataset",
            revision=revision,
            endpoint=repository.url,
        )
        assert body == {"download_url": official, "size": 5 * 10**12}
        split = urlsplit(body["download_url"])
        assert (split.query, split.fragment) == ("", "")
        assert unquote(split.path.partition("/resolve/")[2]).endswith(f"/{filename}")
        where = quote(HEAD if revision == "main" else revision, safe="")
        assert repository.targets == [f"/api/datasets/acme/widgets/paths-info/{where}"]


def test_names_that_no_tree_can_have_are_not_asked_for(
    client: httpx2.Client, repository: RepositoryHub
) -> None:
    """They would lead out of the repository."""
    repository.answer = paths_info
    for filename in ("..", "../x", "a/../b", "/a", "a//b", "./a", "a/", ".", "//evil.test/x"):
        answer = client.get(f"{NAME}/file-url", params={"filename": filename})
        refused(answer, 404, "file-not-found")
    assert repository.calls == []


@pytest.mark.parametrize(
    "entries",
    [[], [{"type": "directory", "path": "data", "oid": "0"}], [{"type": "file", "path": "DATA"}]],
)
def test_a_folder_or_another_file_is_no_such_file(
    client: httpx2.Client, repository: RepositoryHub, entries: list[object]
) -> None:
    """Only exactly that path counts, and that it is missing is remembered as well."""
    repository.answer = lambda call: Reply(200, entries)
    for _ in range(2):
        refused(client.get(f"{NAME}/file-url?filename=data"), 404, "file-not-found")
    assert len(repository.calls) == 1


def test_a_commit_may_be_kept_for_ever(client: httpx2.Client, repository: RepositoryHub) -> None:
    """Main may not: it is asked about again, which costs the Hub nothing."""
    repository.answer = paths_info
    by_name = client.get(f"{NAME}/file-url?filename=a")
    by_commit = client.get(f"{NAME}/file-url?filename=a&revision={HEAD}")
    assert by_name.headers["cache-control"] == "no-cache"
    assert "immutable" in by_commit.headers["cache-control"]
    assert by_commit.headers["etag"] != by_name.headers["etag"]
    for answer in (by_name, by_commit):
        again = client.get(answer.url, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.headers["etag"]) == (304, answer.headers["etag"])
    assert len(repository.calls) == 1
