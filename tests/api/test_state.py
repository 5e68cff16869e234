"""The state of the catalog, and who may ask for a refresh of it."""

from collections.abc import Iterator

import httpx2
import pytest
from pydantic import SecretStr

from collinear.api import models
from collinear.settings import Settings
from collinear.store.run_records import Kind
from tests.api.answers import blamed, found, refused
from tests.api.serving import running_api
from tests.store.stock import Stock, dataset

REFRESH = "/api/datasets/refresh-cache"
STATUS = "/api/datasets/cache-status"


def status(api: httpx2.Client) -> models.CacheStatus:
    return models.CacheStatus.model_validate_json(api.get(STATUS).content)


def test_the_status_follows_a_run_from_its_start_to_its_end(
    fresh_api: httpx2.Client, stock: Stock, settings: Settings
) -> None:
    """Empty, warming up, at work, warm; with an index, and behind."""
    empty = status(fresh_api)
    assert (empty.total_items, empty.warming_up, empty.refreshing) == (0, True, False)
    assert empty.progress is None
    assert empty.index is None
    assert empty.serial is None
    assert empty.last_update is None

    run = stock.begin(Kind.FULL)
    stock.put(dataset(1, "org/a"), dataset(2, "org/b"))
    stock.client.hset(stock.keys.run, mapping={"pages_done": 12, "pages_total": 15, "rows": 12_000})
    busy = status(fresh_api)
    assert (busy.total_items, busy.warming_up, busy.refreshing) == (2, True, True)
    assert busy.progress is not None
    assert busy.progress.run_id == run.run_id
    assert (busy.progress.kind, busy.progress.pages_done, busy.progress.pages_total) == (
        "full",
        12,
        15,
    )
    assert busy.progress.rows == 12_000
    assert busy.progress.eta_seconds is not None
    assert busy.serial == str(stock.serial)

    stock.end()
    stock.index(settings.index_dir)
    done = status(fresh_api)
    assert (done.warming_up, done.refreshing, done.progress) == (False, False, None)
    assert done.last_update is not None
    assert done.index is not None
    assert (done.index.serial, done.index.documents, done.index.lag_seconds) == (
        str(stock.serial),
        2,
        0,
    )

    stock.put(dataset(3, "org/c"))
    behind = status(fresh_api)
    assert behind.index is not None
    assert behind.index.lag_seconds > 0


def test_a_delta_shows_in_the_progress_only(api: httpx2.Client, stock: Stock) -> None:
    """People who wait for a refresh do not wait for it."""
    stock.begin(Kind.DELTA)
    now = status(api)
    assert not now.refreshing
    assert now.progress is not None
    assert now.progress.kind == "delta"
    assert now.progress.eta_seconds is None


def test_trouble_is_told(api: httpx2.Client, stock: Stock) -> None:
    """The last failure, and removals that wait for a word."""
    run = stock.begin(Kind.FULL)
    claimed = stock.runs.claim(run.number, 0)
    assert claimed is not None
    stock.runs.fail(claimed[1], "The Hub is down.")
    stock.client.hset(stock.keys.meta, "held_removals", '{"run_id": "r", "count": 600, "of": 1000}')
    now = status(api)
    assert now.last_error is not None
    assert now.last_error.message == "The Hub is down."
    assert now.held_removals is not None
    assert now.held_removals.count == 600


def test_the_meta_record_is_shown_as_it_is(api: httpx2.Client, stock: Stock) -> None:
    """Every field, as text."""
    stock.put(dataset(1, "org/a"))
    stored = stock.client.hgetall(stock.keys.meta)
    meta = found(api.get("/api/datasets/meta"))
    assert meta == {name.decode(): value.decode() for name, value in stored.items()}


def test_a_refresh_is_queued_once_and_can_be_followed(api: httpx2.Client, stock: Stock) -> None:
    """The second request is told about the first; the first has a record of its own."""
    answer = api.post(REFRESH)
    assert answer.status_code == 202, answer.text
    first = models.RefreshAccepted.model_validate_json(answer.content)
    assert first.status == "accepted"
    second = models.RefreshAccepted.model_validate_json(api.post(f"{REFRESH}/").content)
    assert second.status == "already_running"
    assert (second.task_id, second.run_id) == (first.task_id, first.run_id)
    other = models.RefreshAccepted.model_validate_json(api.post(f"{REFRESH}?kind=pages").content)
    assert other.status == "accepted"
    assert other.run_id != first.run_id

    outcome = models.RefreshOutcome.model_validate_json(
        api.get(f"{REFRESH}/{first.task_id}").content
    )
    assert outcome.run_id == first.run_id
    assert outcome.kind == "full"
    assert outcome.summary is None
    assert outcome.state == "PENDING"
    run = stock.begin(Kind.FULL)
    assert (run.task_id, run.run_id) == (first.task_id, first.run_id)
    begun = models.RefreshOutcome.model_validate_json(api.get(f"{REFRESH}/{first.task_id}").content)
    assert begun.state == "STARTED"
    assert begun.progress is not None
    refused(api.get(f"{REFRESH}/nobody-knows"), 404, "task-not-found")
    assert list(blamed(api.post(f"{REFRESH}?kind=half"))) == ["kind"]
    assert list(blamed(api.post(f"{REFRESH}?force=true"))) == ["force"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://rebound.example:8000", "host": "rebound.example:8000"},
        {"sec-fetch-site": "cross-site"},
        {"forwarded": "for=127.0.0.1"},
        {"x-forwarded-for": "127.0.0.1"},
        {"x-forwarded-proto": "https"},
        {"x-real-ip": "127.0.0.1"},
    ],
)
def test_without_a_token_nobody_from_elsewhere_may_ask(
    api: httpx2.Client, headers: dict[str, str]
) -> None:
    """A page of another site in a browser here, or a proxy's caller, is from elsewhere."""
    refused(api.post(REFRESH, headers=headers), 403, "not-allowed")


def test_without_a_token_a_page_of_ours_may_ask(api: httpx2.Client, stock: Stock) -> None:
    """The browser says where it comes from, and it is here."""
    origin = str(api.base_url).rstrip("/")
    answer = api.post(REFRESH, headers={"origin": origin, "sec-fetch-site": "same-origin"})
    assert answer.status_code == 202, answer.text


@pytest.fixture
def guarded(settings: Settings) -> Iterator[httpx2.Client]:
    with running_api(settings.model_copy(update={"admin_token": SecretStr("s3cret-ü")})) as api:
        yield api


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer wrong", "Basic s3cret", "Bearer s3cret", b"Bearer \xff", "s3cret"],
)
def test_with_a_token_only_its_holder_may_ask(
    guarded: httpx2.Client, authorization: str | bytes
) -> None:
    """Also on this machine; 401 says what is missing."""
    answer = guarded.post(REFRESH, headers={"authorization": authorization})
    refused(answer, 401, "not-authenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "s3cret" not in answer.text


def test_the_holder_of_the_token_may_ask_from_anywhere(
    guarded: httpx2.Client, stock: Stock
) -> None:
    """Through proxies, and from other pages."""
    headers = {
        "authorization": "Bearer s3cret-ü".encode(),
        "x-forwarded-for": "203.0.113.9",
        "origin": "https://elsewhere.example",
    }
    assert guarded.post(REFRESH, headers=headers).status_code == 202
