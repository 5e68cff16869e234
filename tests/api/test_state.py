"""The state of the catalog, and who may ask for a refresh of it."""

import json
from collections.abc import Iterator

import httpx2
import pytest
from pydantic import SecretStr

from collinear.api.shapes import states
from collinear.settings import Settings
from collinear.store.hub_findings import HubFindings
from collinear.store.run_records import Kind
from tests.api.answers import blamed, found, refused
from tests.api.serving import running_api
from tests.store.stock import Stock, dataset

REFRESH = "/api/datasets/refresh-cache"
STATUS = "/api/datasets/cache-status"
LETTERS = "/api/datasets/dead-letters"


def status(api: httpx2.Client) -> states.CacheStatus:
    return states.CacheStatus.model_validate_json(api.get(STATUS).content)


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


def test_a_status_that_knows_nothing_says_so(api: httpx2.Client) -> None:
    """Null, not 0: no run has ended, the Hub has said nothing."""
    now = status(api)
    assert (now.rate_limit, now.quarantine, now.freshness, now.store_trouble) == (None,) * 4
    assert (now.dead_letters, now.hub_fields_missing, now.queued) == (0, [], [])


def test_the_quota_is_told_as_it_is_now(api: httpx2.Client, stock: Stock) -> None:
    """Of the window that goes on; once it is over all of it is left again."""
    now = int(stock.client.time()[0] * 1000)
    known = {"quota": 500, "window": 300, "remaining": 120, "reset_at": now + 60_000}
    stock.client.hset(stock.keys.budget, mapping={**known, "waiting_until": now + 30_000})
    limit = status(api).rate_limit
    assert limit is not None
    assert (limit.quota, limit.remaining, limit.window_seconds, limit.share) == (500, 120, 300, 0.5)
    assert 50 < limit.reset_seconds <= 60
    assert 20 < limit.waiting_seconds <= 30

    past = {"reset_at": now - 1000, "waiting_until": now - 1000}
    stock.client.hset(stock.keys.budget, mapping=past)
    limit = status(api).rate_limit
    assert limit is not None
    assert (limit.remaining, limit.reset_seconds, limit.waiting_seconds) == (500, 0, 0)

    stock.client.delete(stock.keys.budget)
    stock.client.hset(stock.keys.budget, mapping={"blocked_until": now, "quota": ""})
    limit = status(api).rate_limit
    assert limit is not None
    assert (limit.quota, limit.remaining, limit.reset_seconds) == (None, None, 0)


def test_ages_grow_while_nothing_is_seen(api: httpx2.Client, stock: Stock) -> None:
    """What is stored is moments, what is told is how long ago they are."""
    now = stock.client.time()[0]
    moments = {"p50": now - 100, "p99": now - 3600, "oldest": now - 90_000.5, "at": "2026"}
    stock.client.hset(stock.keys.meta, "freshness", json.dumps(moments))
    ages = status(api).freshness
    assert ages is not None
    assert 100 <= ages.p50_seconds < 110
    assert 3600 <= ages.p99_seconds < 3610
    assert 90_000 <= ages.oldest_seconds < 90_010
    for broken in ("", "{}", "[]", "no json", '{"p50": null}', '{"p50": "x", "p99": 1}'):
        stock.client.hset(stock.keys.meta, "freshness", broken)
        assert status(api).freshness is None


def test_what_an_operator_has_to_decide_is_told(api: httpx2.Client, stock: Stock) -> None:
    """A quarantined run, fields that the Hub does not tell, runs that wait."""
    reason = {
        "run_id": "r",
        "kind": "full",
        "at": "2026-01-01T00:00:00.000Z",
        "reason": "No sizes.",
    }
    fields = {"accepted": ["likes"], "missing": ["mainSize"], "at": "2026-01-01T00:00:00.000Z"}
    stock.client.hset(
        stock.keys.meta,
        mapping={"quarantine": json.dumps(reason), "hub_fields": json.dumps(fields)},
    )
    for kind in ("delta", "full", "pages"):
        assert api.post(f"{REFRESH}?kind={kind}").status_code == 202
    now = status(api)
    assert now.quarantine is not None
    assert now.quarantine.reason == "No sizes."
    assert now.hub_fields_missing == ["mainSize"]
    assert now.queued == ["full", "pages", "delta"]
    stock.client.hset(stock.keys.meta, "quarantine", "")
    assert status(api).quarantine is None


def letter(number: int, **more: object) -> str:
    at = f"2026-01-01T00:00:{number:02}.000Z"
    record = {"id": f"org/{number}", "hub_id": None, "reason": "No _id.", "first_at": at, "at": at}
    return json.dumps({**record, "run_id": "r", "times": 1, "row": '{"id": …', **more})


def test_rows_that_are_set_aside_can_be_looked_at(api: httpx2.Client, stock: Stock) -> None:
    """Those that were tried last first; page by page; also with halves of characters in them."""
    for number in range(5):
        stock.client.hset(stock.keys.dead_letters, f"id:org/{number}", letter(number))
    strange = letter(9, row="\ud800", id=None, hub_id="a" * 24)
    stock.client.hset(stock.keys.dead_letters, "a" * 24, strange)

    answer = api.get(f"{LETTERS}/")
    assert json.loads(answer.content)["items"][0]["row"] == "\ud800"
    assert answer.json()["total"] == 6
    page = states.DeadLetters.model_validate_json(api.get(f"{LETTERS}?limit=2&offset=1").content)
    assert page.total == 6
    assert [one.id for one in page.items] == ["org/4", "org/3"]
    assert found(api.get(f"{LETTERS}?offset=6")) == {"total": 6, "items": []}
    assert status(api).dead_letters == 6
    assert list(blamed(api.get(f"{LETTERS}?limit=0"))) == ["limit"]
    assert list(blamed(api.get(f"{LETTERS}?reason=x"))) == ["reason"]


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
    first = states.RefreshAccepted.model_validate_json(answer.content)
    assert first.status == "accepted"
    second = states.RefreshAccepted.model_validate_json(api.post(f"{REFRESH}/").content)
    assert second.status == "already_running"
    assert (second.task_id, second.run_id) == (first.task_id, first.run_id)
    other = states.RefreshAccepted.model_validate_json(api.post(f"{REFRESH}?kind=pages").content)
    assert other.status == "accepted"
    assert other.run_id != first.run_id

    outcome = states.RefreshOutcome.model_validate_json(
        api.get(f"{REFRESH}/{first.task_id}").content
    )
    assert outcome.run_id == first.run_id
    assert outcome.kind == "full"
    assert outcome.summary is None
    assert outcome.state == "PENDING"
    run = stock.begin(Kind.FULL)
    assert (run.task_id, run.run_id) == (first.task_id, first.run_id)
    begun = states.RefreshOutcome.model_validate_json(api.get(f"{REFRESH}/{first.task_id}").content)
    assert begun.state == "STARTED"
    assert begun.progress is not None
    refused(api.get(f"{REFRESH}/nobody-knows"), 404, "task-not-found")
    assert list(blamed(api.post(f"{REFRESH}?kind=half"))) == ["kind"]
    assert list(blamed(api.post(f"{REFRESH}?force=true"))) == ["force"]


@pytest.mark.parametrize("kind", ["full", "pages", "delta"])
def test_what_is_accepted_holds_for_the_refresh_that_waits(
    api: httpx2.Client, stock: Stock, kind: str
) -> None:
    """Whoever joins it may accept more; nothing of what others accepted is lost."""
    first = api.post(f"{REFRESH}?kind={kind}").json()
    second = api.post(f"{REFRESH}?kind={kind}&accept_upstream=true").json()
    third = api.post(f"{REFRESH}?kind={kind}&accept_removals=true").json()
    assert [first["status"], second["status"], third["status"]] == [
        "accepted",
        "already_running",
        "already_running",
    ]
    assert first["run_id"] == second["run_id"] == third["run_id"]
    [waiting] = stock.runs.waiting()
    assert (waiting.kind, waiting.accept_upstream, waiting.accept_removals) == (kind, True, True)


def test_a_quarantined_refresh_says_so(api: httpx2.Client, stock: Stock) -> None:
    """It failed, with the reason, and is told apart from other failures."""
    accepted = api.post(REFRESH).json()
    run = stock.begin(Kind.FULL)
    claimed = stock.runs.claim(run.number, 0)
    assert claimed is not None
    stock.runs.fail(claimed[1], "No dataset has downloads.", quarantined=run)
    outcome = states.RefreshOutcome.model_validate_json(
        api.get(f"{REFRESH}/{accepted['task_id']}").content
    )
    assert (outcome.state, outcome.quarantined) == ("FAILURE", True)
    assert outcome.error == "No dataset has downloads."
    told = status(api).quarantine
    assert told is not None
    assert (told.run_id, told.reason) == (run.run_id, "No dataset has downloads.")


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


def test_a_refused_token_is_told_until_one_is_accepted(api: httpx2.Client, stock: Stock) -> None:
    """A worker found out; the next process that the Hub answers takes it back."""
    found = HubFindings(stock.client, stock.keys)
    found.token_refused("HF_TOKEN is refused.")
    found.fields(["likes"], ["mainSize"])
    assert status(api).token_refused == "HF_TOKEN is refused."
    assert status(api).hub_fields_missing == ["mainSize"]

    HubFindings(stock.client, stock.keys).fields(["likes", "mainSize"], [])
    assert status(api).token_refused is None
    assert status(api).hub_fields_missing == []
