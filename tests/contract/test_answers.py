"""Real answers of every route are what the document says, to the last field and header."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from collinear.settings import Settings
from tests.api.serving import running_api
from tests.contract.conftest import ADMIN, EXAMPLE, UNKNOWN
from tests.contract.contract import Contract
from tests.waiting import wait_until

ROOT = "/api/datasets"
ONE = f"{ROOT}/{quote(EXAMPLE, safe='')}"

QUESTIONS = [
    ("listDatasets", ROOT, 200),
    ("listDatasets", f"{ROOT}/?limit=1000", 200),
    ("listDatasets", f"{ROOT}?offset=100000", 200),
    ("listDatasets", f"{ROOT}?search=math+problems&explain=true&highlight=true", 200),
    ("listDatasets", f"{ROOT}?search=mahtematics+grade", 200),
    ("listDatasets", f"{ROOT}?author=nobody", 200),
    ("listDatasets", f"{ROOT}?sort_by=size_bytes&sort_order=asc&limit=300", 200),
    ("listDatasets", f"{ROOT}?facet_limit=3&facets=author,tag,license,language,task,modality", 200),
    ("listDatasets", f"{ROOT}?facets=format,library,size_category,impact_level,gated", 200),
    (
        "listDatasets",
        f"{ROOT}?facets=size_bytes:histogram,downloads:histogram,likes:histogram,"
        "created_at:histogram,last_modified:histogram",
        200,
    ),
    ("listDatasets", f"{ROOT}?limit=0", 422),
    ("listDatasets", f"{ROOT}?cursor=broken", 400),
    ("getDataset", ONE, 200),
    ("getDataset", f"{ROOT}/{EXAMPLE.upper()}", 200),
    ("getDataset", f"{ROOT}/{UNKNOWN}", 200),
    ("getDataset", f"{ONE}?expand=card_data", 200),
    ("getDataset", f"{ROOT}/nobody/nothing", 404),
    ("getDataset", f"{ONE}?unknown=1", 422),
    ("findSimilar", f"{ONE}/similar", 200),
    ("findSimilar", f"{ROOT}/nobody/nothing/similar", 404),
    ("findSimilar", f"{ONE}/similar?limit=51", 422),
    ("suggest", f"{ROOT}/suggest?q=gs", 200),
    ("suggest", f"{ROOT}/suggest?q=zzzzzz", 200),
    ("suggest", f"{ROOT}/suggest", 422),
    ("listCommits", f"{ONE}/commits", 200),
    ("listCommits", f"{ONE}/commits?revision=nowhere", 404),
    ("listCommits", f"{ONE}/commits?limit=0", 422),
    ("listFiles", f"{ONE}/files", 200),
    ("listFiles", f"{ONE}/files?detail=true", 200),
    ("listFiles", f"{ROOT}/nobody/nothing/files", 404),
    ("listFiles", f"{ONE}/files?revision=", 422),
    ("getFileUrl", f"{ONE}/file-url?filename=README.md", 200),
    ("getFileUrl", f"{ONE}/file-url?filename=nothing", 404),
    ("getFileUrl", f"{ONE}/file-url", 422),
    ("listChanges", f"{ROOT}/changes", 200),
    ("listChanges", f"{ROOT}/changes?include=document&limit=1000", 200),
    ("listChanges", f"{ROOT}/changes?since=other:1-0", 410),
    ("listChanges", f"{ROOT}/changes?since=nothing", 422),
    ("exportDatasets", f"{ROOT}/export", 200),
    ("exportDatasets", f"{ROOT}/export?unknown=1", 422),
    ("getCacheStatus", f"{ROOT}/cache-status", 200),
    ("getCacheStatus", f"{ROOT}/cache-status?unknown=1", 422),
    ("getMeta", f"{ROOT}/meta", 200),
    ("getMeta", f"{ROOT}/meta?unknown=1", 422),
    ("listDeadLetters", f"{ROOT}/dead-letters", 200),
    ("listDeadLetters", f"{ROOT}/dead-letters?offset=-1", 422),
    ("getImpactPolicy", "/api/impact-policy", 200),
    ("getImpactPolicy", "/api/impact-policy?unknown=1", 422),
    ("getRefresh", f"{ROOT}/refresh-cache/nothing", 404),
    ("getRefresh", f"{ROOT}/refresh-cache/nothing?unknown=1", 422),
    ("explainProblem", "/problems/bad-cursor", 200),
    ("explainProblem", "/problems/nothing", 404),
    ("explainProblem", "/problems/bad-cursor?unknown=1", 422),
    ("getLiveness", "/livez", 200),
    ("getLiveness", "/livez?unknown=1", 422),
    ("getReadiness", "/readyz", 200),
    ("getReadiness", "/readyz?verbose", 200),
    ("getReadiness", "/readyz?unknown=1", 422),
    ("getMetrics", "/metrics", 200),
    ("getMetrics", "/metrics?unknown=1", 422),
    ("getOpenapi", "/openapi.json", 200),
    ("getOpenapi", "/openapi.json?unknown=1", 422),
]


@pytest.mark.parametrize(("operation", "path", "status"), QUESTIONS)
def test_an_answer_is_as_described(
    living: httpx2.Client, contract: Contract, operation: str, path: str, status: int
) -> None:
    """Its headers, its media type, its body; and with its tag it is not sent twice."""
    answer = living.get(path)
    assert answer.status_code == status, answer.text
    contract.holds(operation, answer)
    if "etag" in answer.headers:
        again = living.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code in (200, 304)  # the state has ages, which move
        contract.holds(operation, again)


@pytest.mark.parametrize(
    ("operation", "path", "status"),
    [
        ("listDatasets", f"{ROOT}?cursor=broken", 400),
        ("getDataset", f"{ROOT}/nobody/nothing", 404),
        ("getFileUrl", f"{ONE}/file-url?filename=nothing", 404),
        ("listChanges", f"{ROOT}/changes?since=other:1-0", 410),
    ],
)
def test_what_there_is_not_has_not_stayed_the_same(
    living: httpx2.Client, contract: Contract, operation: str, path: str, status: int
) -> None:
    """A star stands for whatever there is, and there is nothing."""
    answer = living.get(path, headers={"If-None-Match": "*"})
    assert answer.status_code == status
    contract.holds(operation, answer)


def test_what_is_unknown_is_null(living: httpx2.Client, contract: Contract) -> None:
    """And its impact not available, nor its ranks."""
    dataset = contract.holds("getDataset", living.get(f"{ROOT}/{UNKNOWN}"))
    assert (dataset.downloads, dataset.likes, dataset.size_bytes, dataset.description) == (
        None,
        None,
        None,
        None,
    )
    assert dataset.impact_level == "not_available"
    assert dataset.ranks.downloads is None


def test_a_refresh_is_as_described(living: httpx2.Client, contract: Contract) -> None:
    """From the request, refused without the token, to its summary."""
    path = f"{ROOT}/refresh-cache"
    assert living.post(path).status_code == 401
    contract.holds("requestRefresh", living.post(path))
    contract.holds("requestRefresh", living.post(f"{path}?kind=none", headers=ADMIN))
    accepted = contract.holds("requestRefresh", living.post(path, headers=ADMIN))
    contract.holds("requestRefresh", living.post(path, headers=ADMIN))

    def has_ended() -> Any:
        outcome = contract.holds("getRefresh", living.get(f"{path}/{accepted.task_id}"))
        contract.holds("getCacheStatus", living.get(f"{ROOT}/cache-status"))
        return outcome if outcome.state == "SUCCESS" else None

    outcome = wait_until(has_ended, "the refresh to end", within=30)
    assert outcome.summary.status == "succeeded"


@pytest.fixture
def empty_api(settings: Settings) -> Iterator[httpx2.Client]:
    """An API over a store without a catalog."""
    with running_api(settings) as client:
        yield client


COLD = [
    ("listDatasets", ROOT, 200),
    ("listDatasets", f"{ROOT}?search=x", 200),
    ("getDataset", ONE, 404),
    ("findSimilar", f"{ONE}/similar", 404),
    ("suggest", f"{ROOT}/suggest?q=x", 200),
    ("listCommits", f"{ONE}/commits", 404),
    ("listChanges", f"{ROOT}/changes", 200),
    ("exportDatasets", f"{ROOT}/export", 503),
    ("getCacheStatus", f"{ROOT}/cache-status", 200),
    ("getMeta", f"{ROOT}/meta", 200),
    ("listDeadLetters", f"{ROOT}/dead-letters", 200),
    ("getImpactPolicy", "/api/impact-policy", 200),
    ("getReadiness", "/readyz", 200),
]


def test_an_empty_catalog_answers_as_described(
    empty_api: httpx2.Client, contract: Contract
) -> None:
    """Before the first load, and before there is an index."""
    for operation, path, status in COLD:
        answer = empty_api.get(path)
        assert answer.status_code == status, (path, answer.text)
        contract.holds(operation, answer)
