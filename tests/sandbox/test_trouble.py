"""What a client must live with: a quota that runs out, and faults."""

import itertools
import json
import math
import time
from email.utils import parsedate_to_datetime

import httpx2
import pytest

from collinear.sandbox.quota import Quota
from tests.hubs import RunningHub, running_hub

ROWS = [{"id": f"a/{n}"} for n in range(6)]
DATASETS = "/api/datasets"
CRAWL = f"{DATASETS}?sort=createdAt&direction=1&limit=2"


def test_the_quota_counts_down_and_then_refuses() -> None:
    """Redirects and errors cost as much as answers; users and addresses are counted apart."""
    with running_hub([{"id": "a/B"}], quota=4, window=300) as hub:
        left = []
        for path in ("/api/datasets", "/api/datasets/a/b", "/api/nowhere", "/api/datasets/n/o"):
            answer = hub.get(path)
            left.append(answer.headers["ratelimit"].split(";")[1])
            assert answer.headers["ratelimit-policy"] == '"fixed window";"api";q=4;w=300'
        assert left == ["r=3", "r=2", "r=1", "r=0"]
        refused = hub.get("/api/datasets")
        assert refused.status_code == 429
        assert refused.headers["content-type"].startswith("text/plain")
        assert refused.text.startswith("We had to rate limit your IP (127.0.0.1).")
        assert refused.headers["ratelimit"].startswith('"api";r=0;t=')
        assert "retry-after" not in refused.headers
        user = {"authorization": "Bearer hf_someone"}
        assert '"api";r=3' in hub.get("/api/datasets", user).headers["ratelimit"]
        pages = hub.get("/datasets/a/B/resolve/main/README.md").headers["ratelimit-policy"]
        assert pages == '"fixed window";"resolvers";q=24;w=300'
        assert hub.stats()["by_status"]["429"] == 1


def test_the_edge_may_leave_the_headers_out() -> None:
    """A client cannot rely on a 429 to say how long."""
    with running_hub(quota=1) as hub:
        hub.quota(api=1, headers=False)
        assert "ratelimit" in hub.get("/api/datasets").headers
        refused = hub.get("/api/datasets")
        assert (refused.status_code, "ratelimit" in refused.headers) == (429, False)


def test_a_window_ends_and_the_next_one_is_full() -> None:
    """The seconds to wait are rounded up: who waits them out is let in."""
    now = 1_000.0
    quota = Quota(api=2, window=10, clock=lambda: now)
    assert quota.spend("me", "api").allowed
    now = 1_003.6
    assert quota.spend("me", "api").left == 0
    refused = quota.spend("me", "api")
    assert (refused.allowed, refused.resets) == (False, math.ceil(6.4))
    now += refused.resets
    assert quota.spend("me", "api").left == 1


def test_faults_befall_the_next_requests_that_match() -> None:
    """In the order in which they were asked for, so many times, then never again."""
    with running_hub(ROWS) as hub:
        hub.fault("504", times=2, match="direction=1")
        hub.fault("500", match="direction=1")
        assert hub.get("/api/datasets").status_code == 200
        answers = [hub.get(CRAWL) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [504, 504, 500, 200]
        assert all("ratelimit" in answer.headers for answer in answers)
        assert answers[2].json()["error"].startswith("Internal Error")
        hub.fault("500", times=99)
        hub.clear_faults()
        assert hub.get(CRAWL).status_code == 200
        assert hub.stats()["faults"] == {"waiting": 0, "happened": 3}


def test_a_429_out_of_nowhere() -> None:
    """With requests left; with a wait that it names; without any header."""
    with running_hub(ROWS) as hub:
        hub.fault("429")
        hub.fault("429", delay=2.5)
        hub.fault("429", headers=False)
        plain, named, bare = (hub.get(CRAWL) for _ in range(3))
        assert [answer.status_code for answer in (plain, named, bare)] == [429] * 3
        assert '"api";r=0' not in plain.headers["ratelimit"]
        assert named.headers["ratelimit"] == '"api";r=0;t=3'
        assert not any(name.startswith("ratelimit") for name in bare.headers)


def test_a_page_that_is_no_page() -> None:
    """200, and half of the JSON, or HTML."""
    with running_hub(ROWS) as hub:
        hub.fault("truncated")
        hub.fault("html")
        truncated, html = hub.get(CRAWL), hub.get(CRAWL)
        assert truncated.status_code == html.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            truncated.json()
        assert html.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("order", ["sort=createdAt&direction=1", "sort=createdAt", "", "sort=id"])
def test_an_empty_page_leads_on_without_a_loss(order: str) -> None:
    """Whoever stops at an empty page misses something; whoever follows the link does not."""
    with running_hub(ROWS) as hub:
        for broken in range(3):
            url: str | None = f"{hub.url}/api/datasets?{order}&limit=2"
            met: list[list[str]] = []
            for number in itertools.count():
                if url is None:
                    break
                if number == broken:
                    hub.fault("empty_page")
                answer = hub.get(url)
                met.append([row["id"] for row in answer.json()])
                url = answer.links.get("next", {}).get("url")
            assert met[broken] == []
            assert len(met) == 4
            assert sorted(name for page in met for name in page) == [row["id"] for row in ROWS]


def test_a_slow_answer_and_a_dropped_line() -> None:
    """Nothing lasts for ever but a client without a timeout."""
    with running_hub(ROWS) as hub:
        hub.fault("slow", delay=0.4)
        began = time.monotonic()
        assert hub.get(CRAWL).status_code == 200
        assert time.monotonic() - began >= 0.4
        hub.fault("slow", delay=5)
        with httpx2.Client(timeout=0.2, verify=False) as hasty, pytest.raises(httpx2.ReadTimeout):
            hasty.get(hub.url + CRAWL)
        hub.fault("hang_up")
        with pytest.raises(httpx2.RemoteProtocolError):
            hub.get(CRAWL)
        assert hub.get(CRAWL).status_code == 200


def test_the_control_endpoint_knows_neither_quota_nor_faults() -> None:
    """Otherwise nobody could put an end to them."""
    with running_hub(ROWS, quota=1) as hub:
        hub.fault("500", times=100)
        for _ in range(5):
            assert hub.stats()["datasets"] == 6
        assert hub.requests == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (b"{", "not JSON"),
        (b"[]", '"op" must be one of'),
        (b'{"op": ["add"]}', '"op" must be one of'),
        (b'{"op": "add"}', '"row" must be an object'),
        (b'{"op": "add", "row": {"downloads": 1}}', '"id"'),
        (b'{"op": "add", "row": {"id": "a/0"}}', "exists already"),
        (b'{"op": "add", "row": {"id": "x/y", "size_bytes": 1}}', "unknown field size_bytes"),
        (b'{"op": "edit", "id": "no/one", "fields": {}}', "no dataset is called"),
        (b'{"op": "edit", "id": "a/0", "fields": {"id": "a/x"}}', "rename"),
        (b'{"op": "rename", "id": "a/0", "to": "a/1"}', "exists already"),
        (b'{"op": "rename", "id": "a/0", "to": 1}', '"to" must be a text'),
        (b'{"op": "delete", "id": "no/one"}', "no dataset is called"),
        (b'{"op": "fault", "kind": "flood"}', '"kind" must be one of'),
        (b'{"op": "fault", "kind": "500", "times": 0}', '"times" must be a number'),
        (b'{"op": "quota", "api": "many"}', '"api" must be a number'),
    ],
)
def test_bad_commands_are_refused_with_a_sentence(command: bytes, said: str) -> None:
    """And change nothing."""
    with running_hub(ROWS) as hub:
        answer = httpx2.post(f"{hub.url}/_sandbox/control", content=command)
        assert answer.status_code == 400
        assert said in answer.json()["error"]
        assert hub.stats()["datasets"] == 6
        assert hub.get("/_sandbox/control").status_code == 400


def test_switches_of_a_running_hub(hub: RunningHub) -> None:
    """Smaller pages; and a missing dataset that says so to everyone."""
    hub.add(id="a/b")
    hub.add(id="a/c")
    assert hub.control("options", page_cap=1, repo_not_found_code=True)["page_cap"] == 1
    assert len(hub.get("/api/datasets").json()) == 1
    assert hub.get("/api/datasets/no/one").headers["x-error-code"] == "RepoNotFound"


def test_the_log_shows_what_was_asked(hub: RunningHub) -> None:
    """Method, path, query and status of each request, oldest first."""
    hub.get("/api/datasets?limit=1&offset=5")
    hub.get("/api/datasets/a/b")
    assert hub.requests == [
        "GET /api/datasets?limit=1&offset=5 200",
        "GET /api/datasets/a/b 401",
    ]
    assert hub.control("log", last=1)["requests"] == [
        {"method": "GET", "path": "/api/datasets/a/b", "query": "", "status": 401}
    ]
    assert hub.stats()["by_kind"] == {"listing": 1, "missing": 1}
    hub.clear_requests()
    assert hub.requests == []


def test_a_crawl_while_the_hub_changes() -> None:
    """In creation order, what comes and goes between two pages costs nobody else their place."""
    with running_hub(ROWS) as hub:
        first = hub.get(CRAWL)
        hub.delete("a/1")
        hub.delete("a/3")
        hub.rename("a/4", "b/4")
        hub.add(id="c/new")
        second = hub.get(first.links["next"]["url"])
        third = hub.get(second.links["next"]["url"])
        assert [row["id"] for row in second.json()] == ["a/2", "b/4"]
        assert [row["id"] for row in third.json()] == ["a/5", "c/new"]
        assert "next" not in third.links
        assert second.json()[1]["author"] == "b"


def test_orders_follow_every_change() -> None:
    """An edit moves a dataset in the orders that it concerns, and in no other."""
    with running_hub([{"id": f"a/{n}", "downloads": n} for n in range(4)]) as hub:

        def ids(sort: str) -> list[str]:
            return [row["id"] for row in hub.get(f"/api/datasets?sort={sort}").json()]

        assert ids("downloads") == ["a/3", "a/2", "a/1", "a/0"]
        newest = ids("lastModified")
        hub.edit("a/0", downloads=99)
        hub.edit("a/3", downloads=None)
        assert ids("downloads") == ["a/0", "a/2", "a/1", "a/3"]
        assert ids("lastModified") == newest
        hub.edit("a/1", commit=True)
        hub.rename("a/2", "z/2")
        hub.delete("a/0")
        hub.add(id="b/new", downloads=50)
        assert ids("lastModified")[:2] in (["b/new", "a/1"], ["a/1", "b/new"])
        assert ids("downloads") == ["b/new", "z/2", "a/1", "a/3"]
        assert ids("id") == ["z/2", "b/new", "a/3", "a/1"]
        assert ids("createdAt") == ["b/new", "a/3", "z/2", "a/1"]


def test_a_wait_may_be_named_in_seconds_or_as_a_date() -> None:
    """Retry-After has two forms; the date is to be read by the clock that wrote it."""
    with running_hub(ROWS) as hub:
        hub.fault("503", delay=7, retry_after="seconds")
        hub.fault("429", delay=7, retry_after="date")
        hub.fault("503")
        seconds, date, bare = (hub.get(CRAWL) for _ in range(3))

    assert (seconds.status_code, seconds.headers["retry-after"]) == (503, "7")
    assert seconds.headers["content-type"].startswith("text/plain")
    until, now = (parsedate_to_datetime(date.headers[name]) for name in ("retry-after", "date"))
    assert date.status_code == 429
    assert 7 <= (until - now).total_seconds() <= 8.5
    assert (bare.status_code, "retry-after" in bare.headers) == (503, False)


def test_a_quota_may_be_counted_in_silence() -> None:
    """A mirror that tells nobody, until it says no."""
    with running_hub(ROWS) as hub:
        hub.quota(api=1, told=False)
        answers = [hub.get(CRAWL) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert not any(name.startswith("ratelimit") for one in answers for name in one.headers)


def test_an_older_hub_lacks_fields() -> None:
    """It refuses them in lists and of one dataset, and says which ones it has."""
    with running_hub(ROWS) as hub:
        hub.lack("mainSize")
        listed, one = (
            hub.get(f"{path}?expand[]=mainSize") for path in (DATASETS, f"{DATASETS}/a/0")
        )
        probed = hub.get(f"{DATASETS}?expand[]=__probe__&limit=1")
        fine = hub.get(f"{DATASETS}/a/0?expand[]=likes")

    for refused in (listed, one, probed):
        assert refused.status_code == 400
        assert refused.json()["error"].startswith('"expand" must be one of [')
        assert "mainSize" not in refused.json()["error"]
    assert fine.status_code == 200


def test_a_day_passes() -> None:
    """Downloads grow for a part of the datasets, and the orders by them follow."""
    rows = [{"id": f"a/{n:02d}", "downloads": n} for n in range(40)]
    by_downloads = f"{DATASETS}?sort=downloads&expand[]=downloads&limit=40"
    with running_hub(rows) as hub:
        before = {row["id"]: row["downloads"] for row in hub.get(by_downloads).json()}
        changed = hub.control("churn", share=0.5, seed=3)["changed"]
        listed = hub.get(by_downloads).json()

    after = {row["id"]: row["downloads"] for row in listed}
    grown = [name for name in before if after[name] > before[name]]
    assert 10 < len(grown) == changed < 30
    assert list(after.values()) == sorted(after.values(), reverse=True)
    assert {name: after[name] for name in before if name not in grown} == {
        name: before[name] for name in before if name not in grown
    }


def test_a_listing_that_leaves_out_what_is_there() -> None:
    """Its index lags: the dataset answers by itself, and is listed again later."""
    with running_hub(ROWS) as hub:
        hub.control("options", unlisted=["a/1"])
        without = [row["id"] for row in hub.get(CRAWL).json()]
        alone = hub.get(f"{DATASETS}/a/1").status_code
        hub.control("options", unlisted=[])
        with_it = [row["id"] for row in hub.get(CRAWL).json()]

    assert (without, alone, with_it) == (["a/0", "a/2"], 200, ["a/0", "a/1"])
