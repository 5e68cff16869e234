"""Everything beside the listing: headers, redirects, errors, files."""

import hashlib
from collections.abc import Iterator

import httpx2
import pytest

from collinear.sandbox.contents import File
from tests.hubs import RunningHub, running_hub

TOKEN = {"authorization": "Bearer hf_someone"}


@pytest.fixture
def client(hub: RunningHub) -> Iterator[httpx2.Client]:
    """Asks the sandbox without following redirects."""
    with httpx2.Client(base_url=hub.url, trust_env=False, verify=False) as client:
        yield client


def test_headers_on_every_answer(hub: RunningHub, client: httpx2.Client) -> None:
    """The limits, the id of the request, what scripts may read: also on errors and redirects."""
    hub.add(id="acme/Widgets")
    for path, status in (
        ("/api/datasets", 200),
        ("/api/datasets/acme/widgets", 307),
        ("/api/datasets?sort=x", 400),
        ("/api/datasets/no/one", 401),
        ("/api/nowhere", 404),
        ("/datasets/acme/Widgets/resolve/main/README.md", 307),
        ("/pages", 404),
    ):
        answer = client.get(path)
        bucket = "resolvers" if "/resolve/" in path else "api" if "/api/" in path else "pages"
        assert answer.status_code == status, path
        assert answer.headers["ratelimit"].startswith(f'"{bucket}";r=')
        assert answer.headers["ratelimit-policy"].startswith(f'"fixed window";"{bucket}";q=')
        assert answer.headers["x-request-id"].startswith("Root=1-")
        assert "X-Total-Count" in answer.headers["access-control-expose-headers"]
        assert answer.headers.get_list("vary") == ["Origin", "Accept-Encoding"]
    assert client.get("/api/datasets").headers["etag"].startswith('W/"')


def test_answers_are_compressed_for_those_who_accept_it(
    hub: RunningHub, client: httpx2.Client
) -> None:
    """And only for them."""
    hub.add(id="acme/widgets", description="again and " * 100)
    packed = client.get("/api/datasets", headers={"accept-encoding": "gzip"})
    plain = client.get("/api/datasets", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content


def test_old_names_lead_to_the_new_one(hub: RunningHub, client: httpx2.Client) -> None:
    """With a relative 307 that keeps sub-path and query; renamed twice, only one hop."""
    hub.add(id="squad")
    hub.rename("squad", "rajpurkar/squad")
    hub.rename("rajpurkar/squad", "Umbrella/Squad")
    for path, location in (
        ("/api/datasets/squad?full=1", "/api/datasets/Umbrella/Squad?full=1"),
        ("/api/datasets/rajpurkar/squad", "/api/datasets/Umbrella/Squad"),
        ("/api/datasets/umbrella/squad/refs", "/api/datasets/Umbrella/Squad/refs"),
        ("/api/datasets/squad/commits/main?p=1", "/api/datasets/Umbrella/Squad/commits/main?p=1"),
        (
            "/api/datasets/squad/revision/refs%2Fpr%2F1",
            "/api/datasets/Umbrella/Squad/revision/refs%2Fpr%2F1",
        ),
        ("/datasets/squad/resolve/main/a%20b", "/datasets/Umbrella/Squad/resolve/main/a%20b"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (307, location)
    hub.add(id="squad")
    assert client.get("/api/datasets/squad").json()["id"] == "squad"
    hub.delete("Umbrella/Squad")
    assert client.get("/api/datasets/rajpurkar/squad").status_code == 401


def test_who_is_told_that_a_dataset_is_missing(client: httpx2.Client) -> None:
    """Nobody in particular hears "who are you?", users hear "there is no such thing"."""
    answer = client.get("/api/datasets/no/one")
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid username or password."})
    assert answer.headers["x-error-message"] == "Invalid username or password."
    assert answer.headers["www-authenticate"].startswith('Bearer realm="Authentication required"')
    assert "x-error-code" not in answer.headers
    plain = client.get("/datasets/no/one/resolve/main/x")
    assert (plain.status_code, plain.text) == (401, "Invalid username or password.")
    known = client.get("/api/datasets/no/one/tree/main", headers=TOKEN)
    assert (known.status_code, known.headers["x-error-code"]) == (404, "RepoNotFound")
    bad = client.get("/api/datasets", headers={"authorization": "Bearer sesame"})
    assert bad.status_code == 401
    assert bad.headers["x-error-message"] == "Invalid credentials in Authorization header"


@pytest.mark.parametrize("sub", ["revision/nope", "commits/nope", "tree/nope", "treesize/nope/"])
def test_unknown_revisions(hub: RunningHub, client: httpx2.Client, sub: str) -> None:
    """404 with a code, wherever a revision is asked for."""
    hub.add(id="a/b")
    answer = client.get(f"/api/datasets/a/b/{sub}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Invalid rev id: nope"})
    assert answer.headers["x-error-code"] == "RevisionNotFound"


def test_unknown_files(hub: RunningHub, client: httpx2.Client) -> None:
    """404 with a code and the commit in which the file is missing."""
    row = hub.add(id="a/b")
    for path in ("/datasets/a/b/resolve/main/nope", "/api/datasets/a/b/tree/main/nope"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["x-error-code"] == "EntryNotFound"
        assert answer.headers["x-repo-commit"] == row["sha"]
    assert client.get("/datasets/a/b/resolve/main/nope").text == "Entry not found"
    assert client.get("/api/datasets/a/b/tree/main/README.md").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/datasets/a/b/nothing",
        "/api/datasets/a/b/commits",
        "/api/datasets/a/b/refs/more",
        "/api/models",
        "/api/resolve-cache/datasets/a",
        "/datasets/a/b",
        "/%00%ff/..//",
    ],
)
def test_unknown_routes(hub: RunningHub, client: httpx2.Client, path: str) -> None:
    """404 in the Hub's words."""
    hub.add(id="a/b")
    answer = client.get(path)
    expected = {"error": "Sorry, we can't find the page you are looking for."}
    assert (answer.status_code, answer.json()) == (404, expected)
    assert client.post("/api/datasets").status_code == 404


def test_commits(hub: RunningHub, client: httpx2.Client) -> None:
    """Newest first, numbered pages, the total in a header; an edit with a commit is the newest."""
    first = hub.add(id="a/b")
    second = hub.edit("a/b", commit=True, description="better")
    assert (second["_id"], second["sha"] != first["sha"]) == (first["_id"], True)
    assert second["lastModified"] > first["lastModified"]
    answer = client.get("/api/datasets/a/b/commits/main?limit=1")
    total = int(answer.headers["x-total-count"])
    assert [commit["id"] for commit in answer.json()] == [second["sha"]]
    assert answer.headers["link"] == (
        f'<{hub.url}/api/datasets/a/b/commits/main?p=1&limit=1>; rel="next"'
    )
    everything = client.get("/api/datasets/a/b/commits/main?limit=2000").json()
    assert len(everything) == min(total, 1_000)
    assert everything[1]["id"] == first["sha"]
    dates = [commit["date"] for commit in everything]
    assert dates == sorted(dates, reverse=True)
    older = client.get(f"/api/datasets/a/b/commits/{first['sha']}?limit=1")
    assert int(older.headers["x-total-count"]) == total - 1
    assert client.get("/api/datasets/a/b/commits/main?p=x").status_code == 400
    assert client.get("/api/datasets/a/b/commits/main?p=999").json() == []


def test_an_edit_without_a_commit_moves_no_date(hub: RunningHub) -> None:
    """Likes and downloads change without a trace in `lastModified`."""
    before = hub.add(id="a/b", likes=1)
    after = hub.edit("a/b", likes=2, downloads=3)
    assert (after["likes"], after["downloads"]) == (2, 3)
    assert (after["sha"], after["lastModified"]) == (before["sha"], before["lastModified"])
    assert "likes" not in hub.edit("a/b", likes=None)


def test_the_sizes_agree(hub: RunningHub, client: httpx2.Client) -> None:
    """Of the list, of the tree and of the tree as a sum, from nothing to terabytes."""
    for size in (0, 1, 700, 12_345, 10_000_000, 7 * 10**12):
        name = f"a/size-{size}"
        hub.add(id=name, mainSize=size)
        tree = client.get(f"/api/datasets/{name}/tree/main?recursive=true&limit=1000").json()
        assert client.get(f"/api/datasets/{name}/treesize/main/").json()["size"] == size
        if len(tree) < 1_000:
            assert sum(entry["size"] for entry in tree) == size
        assert all(entry["type"] in {"file", "directory"} for entry in tree)
        assert not any("xetHash" in entry for entry in tree)


def test_a_tree_in_pages(hub: RunningHub, client: httpx2.Client) -> None:
    """Cursors lead through it, folder by folder; expanded entries tell their last commit."""
    hub.add(id="a/b", mainSize=5_000_000)
    url: str | None = f"{hub.url}/api/datasets/a/b/tree/main?recursive=True&limit=1"
    met = []
    while url:
        answer = client.get(url)
        met += [entry["path"] for entry in answer.json()]
        url = answer.links.get("next", {}).get("url")
    whole = client.get("/api/datasets/a/b/tree/main?recursive=1").json()
    assert met == [entry["path"] for entry in whole] == sorted(set(met))
    top = client.get("/api/datasets/a/b/tree/main?expand=true").json()
    assert {entry["path"] for entry in top} == {path.partition("/")[0] for path in met}
    assert all(entry["lastCommit"]["id"] for entry in top)
    for bad in ("limit=0", "limit=x", "cursor=x"):
        assert client.get(f"/api/datasets/a/b/tree/main?{bad}").status_code == 400


def test_paths_info(hub: RunningHub, client: httpx2.Client) -> None:
    """By form or JSON; missing paths are left out."""
    hub.add(id="a/b", mainSize=5_000_000)
    path = "/api/datasets/a/b/paths-info/main"
    paths = ["README.md", "nope"]
    by_form = client.post(path, data={"paths": paths, "expand": "false"})
    by_json = client.post(path, json={"paths": paths})
    assert [entry["path"] for entry in by_form.json()] == ["README.md"]
    assert by_json.json() == by_form.json()
    assert client.post(path, json={"paths": ["x"] * 2_001}).status_code == 400
    assert client.post(path, content=b"{", headers={"content-type": "x/json"}).status_code == 400
    assert client.get(path).status_code == 404


def test_a_small_file(hub: RunningHub, client: httpx2.Client) -> None:
    """307 on this origin; what it leads to has the content, and 304 for those who have it."""
    row = hub.add(id="acme/w", tags=["license:mit"], description="Words about widgets.")
    hop = client.head("/datasets/acme/w/resolve/main/README.md")
    assert hop.status_code == 307
    assert hop.headers["location"].startswith(
        f"/api/resolve-cache/datasets/acme/w/{row['sha']}/README.md?"
    )
    assert hop.headers["x-repo-commit"] == row["sha"]
    answer = client.get(hop.headers["location"])
    assert "Words about widgets." in answer.text
    blob = b"blob %d\0" % len(answer.content) + answer.content
    etag = f'"{hashlib.sha1(blob, usedforsecurity=False).hexdigest()}"'
    assert answer.headers["etag"] == hop.headers["x-linked-etag"] == etag
    again = client.get(hop.headers["location"], headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/datasets/acme/w/raw/main/README.md").content == answer.content


def test_a_large_file(hub: RunningHub, client: httpx2.Client) -> None:
    """302 to another origin; there it can be had whole or in parts; never a word of Xet."""
    hub.add(id="acme/w", _id="65a1b2c3d4e5f60718293a4b", mainSize=2_000_000)
    tree = client.get("/api/datasets/acme/w/tree/main?recursive=true").json()
    file = max((entry for entry in tree if "lfs" in entry), key=lambda entry: entry["size"])
    assert file["size"] > 140_001
    hop = client.get(f"/datasets/acme/w/resolve/main/{file['path']}")
    assert hop.status_code == 302
    assert hop.headers["x-linked-size"] == str(file["size"])
    assert hop.headers["x-linked-etag"] == f'"{file["lfs"]["oid"]}"'
    assert not any("xet" in name or "xet" in text for name, text in _own(hop))
    address = httpx2.URL(hop.headers["location"])
    assert (address.host, address.port) == ("localhost", httpx2.URL(hub.url).port)
    whole = client.get(address)
    assert len(whole.content) == file["size"]
    part = client.get(address, headers={"range": "bytes=70000-140000"})
    assert (part.status_code, part.content) == (206, whole.content[70_000:140_001])
    assert client.get(address, headers={"range": "bytes=999999999-"}).status_code == 416
    assert client.get(str(address).replace(file["lfs"]["oid"], "0" * 64)).status_code == 403
    pointer = client.get(f"/datasets/acme/w/raw/main/{file['path']}")
    assert len(pointer.content) == file["lfs"]["pointerSize"]


def test_content_of_large_files_does_not_depend_on_where_one_begins() -> None:
    """Whatever part is asked for is the part of the whole."""
    file = File("x", 300_000, "oid", sha256="abc")
    whole = b"".join(file.content(0, file.size))
    assert len(whole) == file.size
    for start, end in ((0, 1), (4_095, 4_097), (65_535, 200_001), (299_999, 300_000)):
        assert b"".join(file.content(start, end)) == whole[start:end]


def test_gated_and_disabled(hub: RunningHub, client: httpx2.Client) -> None:
    """What one may know of them, and what not."""
    hub.add(id="acme/gated", gated="auto")
    hub.add(id="acme/disabled", disabled=True)
    for name in ("gated", "disabled"):
        for sub in ("", "/tree/main", "/refs", "/treesize/main/"):
            assert client.get(f"/api/datasets/acme/{name}{sub}").status_code == 200
        for headers, status in (({}, 401), (TOKEN, 403)):
            for path in ("/api/datasets/acme/{}/auth-check", "/datasets/acme/{}/resolve/main/x"):
                answer = client.get(path.format(name), headers=headers)
                assert answer.status_code == status
                expected = "GatedRepo" if name == "gated" else None
                assert answer.headers.get("x-error-code") == expected
    owner = {"authorization": "Bearer hf_acme"}
    assert client.get("/api/datasets/acme/gated/auth-check", headers=owner).status_code == 200


def test_detail_by_default_and_expanded(hub: RunningHub, client: httpx2.Client) -> None:
    """Siblings and storage here, but not in lists; the all-time count only when asked for."""
    hub.add(id="a/b", downloads=3, mainSize=1_000_000)
    row = client.get("/api/datasets/a/b").json()
    assert {"siblings", "usedStorage", "sha"} <= set(row)
    assert not {"downloadsAllTime", "trendingScore", "mainSize"} & set(row)
    assert row["usedStorage"] >= 1_000_000
    row = client.get("/api/datasets/a/b?expand[]=usedStorage&expand=downloadsAllTime").json()
    assert set(row) == {"_id", "id", "usedStorage", "downloadsAllTime"}
    refused = client.get("/api/datasets/a/b?expand=_id").json()["error"]
    assert refused.startswith('"expand" must be one of [author, cardData, ')
    blobs = client.get("/api/datasets/a/b?blobs=true").json()["siblings"]
    assert sum(sibling["size"] for sibling in blobs) == 1_000_000


def test_tags_by_type(client: httpx2.Client) -> None:
    """The tags that one can choose from, by type."""
    found = client.get("/api/datasets-tags-by-type").json()
    assert {"type": "license", "label": "mit", "id": "license:mit"} in found["license"]
    assert list(client.get("/api/datasets-tags-by-type?type=region").json()) == ["region"]
    assert client.get("/api/datasets-tags-by-type?type=x").status_code == 400


def test_two_hubs_are_strangers() -> None:
    """Each has its own world."""
    with running_hub([{"id": "a/b"}]) as one, running_hub() as other:
        assert one.get("/api/datasets/a/b").status_code == 200
        assert other.get("/api/datasets/a/b").status_code == 401


def _own(answer: httpx2.Response) -> list[tuple[str, str]]:
    """The headers but the list of those that scripts may read, which names them all."""
    hidden = "access-control-expose-headers"
    return [(name, text) for name, text in answer.headers.items() if name != hidden]
