"""Commits, files and addresses, asked from a Hub over HTTP."""

from urllib.parse import quote

import httpx2
import pytest
from huggingface_hub import HfApi

from collinear.api.shapes import models
from collinear.settings import Settings
from tests.api.answers import blamed, found, raw, refused
from tests.api.serving import running_api
from tests.hubs import RunningHub
from tests.store.stock import Stock, dataset

NAME = "/api/datasets/acme/widgets"


@pytest.fixture
def widgets(hub: RunningHub, stock: Stock) -> dict[str, object]:
    """A dataset that both the Hub and the catalog know."""
    row = hub.add(id="acme/widgets")
    stock.put(dataset(1, "acme/widgets", sha=row["sha"]))
    hub.clear_requests()
    return row


@pytest.mark.usefixtures("widgets")
def test_commits_are_those_of_the_hub_newest_first(
    api_with_hub: httpx2.Client, hub: RunningHub
) -> None:
    """As the official client lists them; only as many as were asked for."""
    for _ in range(3):
        hub.edit("acme/widgets", commit=True)
    known = HfApi(endpoint=hub.url, token=False).list_repo_commits(
        "acme/widgets", repo_type="dataset"
    )
    commits = [models.Commit.model_validate(c) for c in api_with_hub.get(f"{NAME}/commits").json()]

    assert [commit.id for commit in commits] == [commit.commit_id for commit in known][:20]
    assert [commit.title for commit in commits] == [commit.title for commit in known][:20]
    assert commits[0].authors == known[0].authors
    assert commits[0].author.name == known[0].authors[0]
    assert commits == sorted(commits, key=lambda commit: commit.date, reverse=True)
    two = api_with_hub.get(f"{NAME}/commits/?limit=2&revision=main").json()
    assert [commit["id"] for commit in two] == [commit.id for commit in commits][:2]


@pytest.mark.usefixtures("widgets")
def test_files_are_those_of_the_hub_in_all_folders(
    api_with_hub: httpx2.Client, hub: RunningHub
) -> None:
    """Paths, or with ``detail`` size and oid; one question serves both."""
    client = HfApi(endpoint=hub.url, token=False)
    known = client.list_repo_files("acme/widgets", repo_type="dataset")
    hub.clear_requests()

    paths = api_with_hub.get(f"{NAME}/files").json()
    details = [
        models.File.model_validate(file)
        for file in api_with_hub.get(f"{NAME}/files?detail=true").json()
    ]

    assert sorted(paths) == sorted(known)
    assert "README.md" in paths
    assert [file.path for file in details] == paths
    assert all(len(file.oid) == 40 for file in details)
    assert len([line for line in hub.requests if "/tree/" in line]) == 1


def test_an_address_leads_to_the_file(
    api_with_hub: httpx2.Client, hub: RunningHub, widgets: dict[str, object]
) -> None:
    """With the revision as it was asked for; the Hub knows the address."""
    plain = found(api_with_hub.get(f"{NAME}/file-url?filename=README.md"))
    address = f"{hub.url}/datasets/acme/widgets/resolve/main/README.md"
    answer = httpx2.get(address, follow_redirects=True, trust_env=False)
    assert answer.status_code == 200
    assert plain == {"download_url": address, "size": len(answer.content)}
    sha = widgets["sha"]
    at = found(api_with_hub.get(f"{NAME}/file-url?filename=README.md&revision={sha}"))
    assert at["download_url"] == f"{hub.url}/datasets/acme/widgets/resolve/{sha}/README.md"
    refs = found(
        api_with_hub.get(
            f"{NAME}/file-url", params={"filename": "README.md", "revision": "refs/heads/main"}
        )
    )
    assert "/resolve/refs%2Fheads%2Fmain/README.md" in refs["download_url"]


@pytest.mark.usefixtures("widgets")
@pytest.mark.parametrize(
    "filename", ["nothing.txt", "data", "../README.md", "/README.md", "a b#c?d%.csv", "数据.csv"]
)
def test_a_file_that_is_not_there_is_said_not_to_be(
    api_with_hub: httpx2.Client, filename: str
) -> None:
    """A folder is no file, and no name leads out of the repository."""
    answer = api_with_hub.get(f"{NAME}/file-url", params={"filename": filename})
    refused(answer, 404, "file-not-found")


@pytest.mark.usefixtures("widgets")
@pytest.mark.parametrize(
    "revision", ["nobody", "refs/pr/999", "a b", "..", ".", "../../x", "%2e%2e"]
)
def test_an_unknown_revision_is_said_to_be_unknown(
    api_with_hub: httpx2.Client, revision: str
) -> None:
    """On every route that takes one."""
    for path in ("commits", "files", "file-url?filename=README.md"):
        joint = "&" if "?" in path else "?"
        answer = api_with_hub.get(f"{NAME}/{path}{joint}revision={quote(revision, safe='')}")
        refused(answer, 404, "revision-not-found")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("commits?limit=0", "limit"),
        ("commits?limit=1001", "limit"),
        ("commits?revision=", "revision"),
        ("commits?revision=%00", "revision"),
        ("commits?revision=" + "x" * 256, "revision"),
        ("commits?page=2", "page"),
        ("files?detail=perhaps", "detail"),
        ("files?recursive=true", "recursive"),
        ("file-url", "filename"),
        ("file-url?filename=", "filename"),
        ("file-url?filename=a%00b", "filename"),
        ("file-url?filename=a&filename=b", "filename"),
    ],
)
def test_bad_parameters_are_named_before_anybody_is_asked(
    api: httpx2.Client, path: str, name: str
) -> None:
    """Not even whether the dataset exists."""
    assert list(blamed(api.get(f"{NAME}/{path}"))) == [name]


def test_a_dataset_that_the_catalog_does_not_know_is_not_asked_for(
    api_with_hub: httpx2.Client, hub: RunningHub
) -> None:
    """The catalog is the truth about what exists."""
    hub.add(id="acme/news")
    hub.clear_requests()
    for path in ("commits", "files", "file-url?filename=README.md"):
        refused(api_with_hub.get(f"/api/datasets/acme/news/{path}"), 404, "dataset-not-found")
    assert hub.requests == []


def test_a_dataset_without_a_namespace_has_files_too(
    api_with_hub: httpx2.Client, hub: RunningHub, stock: Stock
) -> None:
    """``squad/files`` is no dataset: it is the files of squad."""
    hub.add(id="squad")
    stock.put(dataset(1, "squad"))
    assert "README.md" in api_with_hub.get("/api/datasets/squad/files").json()
    assert raw(api_with_hub, "/api/datasets/Squad%2Ffiles/").status_code == 200


def test_what_the_hub_shows_nobody_any_more_is_not_found(
    api_with_hub: httpx2.Client, hub: RunningHub, stock: Stock
) -> None:
    """Over plain http the bare 401 for strangers reaches us as it is."""
    stock.put(dataset(1, "acme/gone"))
    refused(api_with_hub.get("/api/datasets/acme/gone/files"), 404, "dataset-not-found")


def test_a_gated_dataset_shows_its_files_but_not_its_history(
    api_with_hub: httpx2.Client, hub: RunningHub, stock: Stock
) -> None:
    """As the Hub has it; the address of a file is no secret."""
    row = hub.add(id="acme/gated", gated="manual")
    stock.put(dataset(1, "acme/gated", sha=row["sha"], gated="manual"))
    refused(api_with_hub.get("/api/datasets/acme/gated/commits"), 403, "dataset-gated")
    assert "README.md" in api_with_hub.get("/api/datasets/acme/gated/files").json()
    url = found(api_with_hub.get("/api/datasets/acme/gated/file-url?filename=README.md"))
    assert url["download_url"].endswith("/datasets/acme/gated/resolve/main/README.md")


def test_an_answer_is_remembered_until_there_is_a_new_commit(
    api_with_hub: httpx2.Client, hub: RunningHub, stock: Stock, widgets: dict[str, object]
) -> None:
    """For the main branch the catalog knows; a commit never changes."""
    tree = f"files?revision={widgets['sha']}"
    for path, asked in (("commits?limit=3", 1), (tree, 1), ("files", 1), (tree, 0)):
        hub.clear_requests()
        first = api_with_hub.get(f"{NAME}/{path}")
        second = api_with_hub.get(
            f"{NAME}/{path}", headers={"if-none-match": first.headers["etag"]}
        )
        assert (first.status_code, second.status_code) == (200, 304)
        assert len(hub.requests) == asked

    row = hub.edit("acme/widgets", commit=True)
    stock.put(dataset(1, "acme/widgets", sha=row["sha"]))
    hub.clear_requests()
    newest = api_with_hub.get(f"{NAME}/commits?limit=3").json()[0]
    assert newest["id"] == row["sha"]
    assert len(hub.requests) == 1


@pytest.mark.usefixtures("widgets")
def test_a_hub_in_trouble_is_told_apart(api_with_hub: httpx2.Client, hub: RunningHub) -> None:
    """Down, out of quota, half an answer: each says so, and when to try again."""
    hub.fault("504", times=5, match="/commits/")
    answer = api_with_hub.get(f"{NAME}/commits")
    refused(answer, 502, "hub-unavailable")
    assert int(answer.headers["retry-after"]) > 0
    hub.clear_faults()
    hub.fault("truncated", times=5, match="/commits/")
    refused(api_with_hub.get(f"{NAME}/commits"), 502, "hub-unavailable")
    hub.clear_faults()
    assert api_with_hub.get(f"{NAME}/commits").status_code == 200
    hub.fault("429", times=1, match="/tree/")
    for _ in range(2):  # the second time nobody asks
        answer = api_with_hub.get(f"{NAME}/files")
        refused(answer, 503, "hub-rate-limited")
        assert int(answer.headers["retry-after"]) > 0
    assert len([line for line in hub.requests if "/tree/" in line]) == 1


@pytest.mark.usefixtures("widgets")
def test_a_slow_hub_holds_nobody_up_for_long(api_with_hub: httpx2.Client, hub: RunningHub) -> None:
    """The wait ends with the patience that is set (here 2 s); lists are answered meanwhile."""
    hub.fault("slow", times=5, match="/tree/", delay=6)
    answer = api_with_hub.get(f"{NAME}/files", timeout=5)
    refused(answer, 504, "hub-timeout")
    assert found(api_with_hub.get("/api/datasets"))["total"] == 1


def test_a_hub_that_is_not_there_is_not_available(settings: Settings, stock: Stock) -> None:
    """Its address leads nowhere: at once 502."""
    stock.put(dataset(1, "acme/widgets"))
    nowhere = settings.model_copy(update={"hf_endpoint": "http://127.0.0.1:1"})
    with running_api(nowhere) as api:
        refused(api.get(f"{NAME}/commits", timeout=5), 502, "hub-unavailable")
