"""The official client, unmodified, against the sandbox: what works here works there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from collinear.sandbox.generate import open_world
from collinear.sandbox.layouts import layout
from tests.hubs import RunningHub, running_hub

TOKEN = "hf_reader"


@pytest.fixture(scope="module")
def generated() -> Iterator[RunningHub]:
    """A Hub with 2,500 generated datasets: three pages."""
    with running_hub(world=open_world(2_500, seed=7)) as hub:
        yield hub


@pytest.fixture
def api(generated: RunningHub) -> HfApi:
    """A client that is logged in."""
    return HfApi(endpoint=generated.url, token=TOKEN)


def test_listing_goes_through_all_pages(api: HfApi, generated: RunningHub) -> None:
    """The client follows the links and meets everyone once."""
    generated.clear_requests()
    met = [info.id for info in api.list_datasets()]
    assert len(met) == len(set(met)) == 2_500
    assert len(generated.requests) == 3


def test_listing_by_downloads_with_chosen_fields(api: HfApi) -> None:
    """Sorted downwards over the page border, with the size in the list."""
    infos = list(api.list_datasets(sort="downloads", limit=1_500, expand=["downloads", "mainSize"]))
    downloads = [info.downloads for info in infos]
    assert downloads == sorted(downloads, reverse=True)
    assert len(infos) == 1_500
    assert {info.author for info in infos} == {None}
    assert any(info.main_size is None for info in infos)
    assert any((info.main_size or 0) > 1_000_000 for info in infos)


def test_listing_with_filters(api: HfApi) -> None:
    """Author, tags (all must be there), words and gating narrow the list."""
    by_author = list(islice(api.list_datasets(sort="created_at"), 30))
    author = by_author[-1].author
    assert author is not None
    assert {info.author for info in api.list_datasets(author=author)} == {author}
    both = list(api.list_datasets(filter=["language:en", "region:us"], full=True))
    assert both
    assert all({"language:en", "region:us"} <= set(info.tags or ()) for info in both)
    assert any(info.card_data for info in both)
    found = list(api.list_datasets(search="EVAL"))
    assert found
    assert all("eval" in info.id.lower() for info in found)
    gated = list(api.list_datasets(gated=True, expand=["gated"]))
    assert {info.gated for info in gated} == {"auto", "manual"}


def test_detail_and_its_moments(api: HfApi) -> None:
    """Everything about one dataset, also at a revision."""
    (first,) = api.list_datasets(sort="downloads", limit=1)
    info = api.dataset_info(first.id, files_metadata=True)
    assert (info.id, info.sha) == (first.id, first.sha)
    assert info.created_at is not None
    assert info.created_at > datetime(2022, 3, 1, tzinfo=UTC)
    assert info.siblings
    assert all(sibling.size is not None for sibling in info.siblings)
    assert info.used_storage
    assert api.dataset_info(first.id, revision=info.sha).sha == info.sha
    slim = api.dataset_info(first.id, expand=["downloadsAllTime", "usedStorage"])
    assert slim.downloads_all_time is not None
    assert slim.siblings is None


def test_commits_over_several_pages(api: HfApi) -> None:
    """A dataset with 1,200 commits is read to its first one."""
    counts = {}
    for info in api.list_datasets(sort="created_at", limit=300, gated=False):
        if info.disabled:
            continue
        assert info.sha is not None
        commits = api.list_repo_commits(info.id, repo_type="dataset", formatted=True)
        counts[info.id] = len(commits)
        assert commits[0].commit_id == info.sha
        assert commits[-1].title == "initial commit" or len(commits) == 1
        if len(commits) == 1_200:
            break
    assert max(counts.values()) == 1_200


def test_refs(api: HfApi) -> None:
    """Branches, converted branches, tags and pull requests."""
    (first,) = api.list_datasets(limit=1)
    refs = api.list_repo_refs(first.id, repo_type="dataset", include_pull_requests=True)
    assert [(ref.name, ref.target_commit) for ref in refs.branches] == [("main", first.sha)]
    assert [ref.ref for ref in refs.converts] == ["refs/convert/parquet"]
    assert refs.pull_requests
    converted = api.list_repo_files(first.id, repo_type="dataset", revision="refs/convert/parquet")
    assert all(path.endswith(".parquet") for path in converted)


def test_a_large_tree_comes_in_pages(api: HfApi, generated: RunningHub) -> None:
    """More than 2,000 files need more than one page; they add up to the size in the list."""
    infos = api.list_datasets(sort="created_at", expand=["mainSize"])
    many = next(
        info
        for info in infos
        if layout(_hub_id(api, info.id)).kind == "many" and (info.main_size or 0) > 10_000_000
    )
    generated.clear_requests()
    tree = list(api.list_repo_tree(many.id, repo_type="dataset", recursive=True))
    assert len(generated.requests) > 2
    files = [entry for entry in tree if hasattr(entry, "size")]
    assert len(files) > 2_000
    assert sum(file.size for file in files) == many.main_size
    folder = list(api.list_repo_tree(many.id, "images/07", repo_type="dataset"))
    assert [entry.path for entry in folder] == [f"images/07/{n:05d}.jpg" for n in range(700, 800)]
    some = api.get_paths_info(many.id, ["README.md", "images/07", "nope"], repo_type="dataset")
    assert len(some) == 2


def test_downloading_a_small_and_a_large_file(
    api: HfApi, generated: RunningHub, tmp_path: Path
) -> None:
    """Both redirects are followed: to this origin for a README, to another for a Parquet file."""
    infos = list(api.list_datasets(expand=["mainSize", "gated", "disabled"], limit=500))
    info = next(
        info
        for info in infos
        if 100_000 < (info.main_size or 0) < 2_000_000
        and info.gated is False
        and layout(_hub_id(api, info.id)).kind == "shards"
    )
    for path in ("README.md", "data/test-00000-of-00001.parquet"):
        url = f"{generated.url}/datasets/{info.id}/resolve/main/{path}"
        metadata = api.get_hf_file_metadata(url=url)
        assert metadata.commit_hash == api.dataset_info(info.id).sha
        local = hf_hub_download(
            info.id,
            path,
            repo_type="dataset",
            endpoint=generated.url,
            token=TOKEN,
            cache_dir=tmp_path,
        )
        assert Path(local).stat().st_size == metadata.size
    asked = "\n".join(generated.requests)
    assert "/api/resolve-cache/datasets/" in asked


def test_names_that_need_quoting(api: HfApi, generated: RunningHub, tmp_path: Path) -> None:
    """Spaces, signs and other scripts in file names survive the way there and back."""
    infos = api.list_datasets(sort="created_at", expand=["mainSize", "gated"])
    odd = next(
        info
        for info in infos
        if layout(_hub_id(api, info.id)).kind == "odd"
        and 60_000 < (info.main_size or 0) < 3_000_000
        and info.gated is False
    )
    for path in api.list_repo_files(odd.id, repo_type="dataset"):
        local = hf_hub_download(
            odd.id,
            path,
            repo_type="dataset",
            endpoint=generated.url,
            token=TOKEN,
            cache_dir=tmp_path,
        )
        assert Path(local).stat().st_size > 0


def test_what_is_not_there(api: HfApi, generated: RunningHub, tmp_path: Path) -> None:
    """Missing datasets, revisions and files have errors of their own."""
    with pytest.raises(RepositoryNotFoundError):
        api.dataset_info("nobody/nothing")
    anonymous = HfApi(endpoint=generated.url, token=False)
    with pytest.raises(HfHubHTTPError) as caught:
        anonymous.dataset_info("nobody/nothing")
    assert caught.value.response.status_code == 401
    (first,) = api.list_datasets(limit=1, gated=False)
    with pytest.raises(RevisionNotFoundError):
        api.dataset_info(first.id, revision="no-such-branch")
    with pytest.raises(EntryNotFoundError):
        hf_hub_download(
            first.id,
            "nope.txt",
            repo_type="dataset",
            endpoint=generated.url,
            token=TOKEN,
            cache_dir=tmp_path,
        )


def test_the_code_of_a_missing_dataset_can_be_sent_to_everyone() -> None:
    """Over plain http the client knows a missing dataset by its code alone."""
    with running_hub(repo_not_found_code=True) as hub:
        api = HfApi(endpoint=hub.url, token=False)
        with pytest.raises(RepositoryNotFoundError):
            api.dataset_info("nobody/nothing")
        assert not api.repo_exists("nobody/nothing", repo_type="dataset")


def test_gated(tmp_path: Path) -> None:
    """The metadata of a gated dataset is public, its content is not."""
    with running_hub([{"id": "acme/secret", "gated": "manual"}]) as hub:
        for token, status in ((False, 401), (TOKEN, 403)):
            api = HfApi(endpoint=hub.url, token=token)
            assert api.dataset_info("acme/secret").gated == "manual"
            assert "README.md" in api.list_repo_files("acme/secret", repo_type="dataset")
            with pytest.raises(GatedRepoError) as caught:
                hf_hub_download(
                    "acme/secret",
                    "README.md",
                    repo_type="dataset",
                    endpoint=hub.url,
                    token=token,
                    cache_dir=tmp_path,
                )
            assert caught.value.response.status_code == status
            with pytest.raises(GatedRepoError):
                api.list_repo_commits("acme/secret", repo_type="dataset")
        owner = HfApi(endpoint=hub.url, token="hf_acme")
        assert owner.list_repo_commits("acme/secret", repo_type="dataset")


def test_renamed_and_wrongly_cased(tmp_path: Path) -> None:
    """Old names lead to the new one, also on the way to commits and files."""
    with running_hub([{"id": "acme/Widgets"}]) as hub:
        hub.rename("acme/Widgets", "Umbrella/Gadgets")
        api = HfApi(endpoint=hub.url, token=False)
        for name in ("acme/Widgets", "umbrella/gadgets", "Umbrella/Gadgets"):
            assert api.dataset_info(name).id == "Umbrella/Gadgets"
            assert api.list_repo_commits(name, repo_type="dataset")
            local = hf_hub_download(
                name,
                "README.md",
                repo_type="dataset",
                endpoint=hub.url,
                token=False,
                cache_dir=tmp_path,
            )
            assert Path(local).stat().st_size > 0


def test_who_am_i(generated: RunningHub, api: HfApi) -> None:
    """A token has a user; a bad one has not."""
    assert api.whoami()["name"] == "reader"
    with pytest.raises(HfHubHTTPError):
        HfApi(endpoint=generated.url, token="hf_revoked_1").whoami()


def _hub_id(api: HfApi, dataset_id: str) -> str:
    return str(api.dataset_info(dataset_id, expand=["sha"])._id)
