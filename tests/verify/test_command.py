"""The command: its verdict, its exit codes, its report for people and for programs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.hubs import RunningHub
from tests.verify.conftest import Look
from tests.verify.test_damage import ID

Verify = Callable[..., tuple[int, str, str]]


@pytest.fixture
def verify(settings: Settings, redis_url: str, hub: RunningHub, tmp_path: Path) -> Verify:
    """The command in a process of its own: exit code, stdout, stderr."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "COLUMNS": "200",
        "REDIS_URL": redis_url,
        "COLLINEAR_KEY_PREFIX": settings.key_prefix,
        "COLLINEAR_DATA_DIR": str(settings.data_dir),
        "HF_ENDPOINT": hub.url,
    }

    def verified(*arguments: str, **more: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [Path(sys.executable).with_name("collinear"), "verify", *arguments],
            env=environment | more,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return verified


def test_all_agrees(look: Look, verify: Verify) -> None:
    code, said, _ = verify()

    assert code == 0
    assert "All agrees: 7 datasets in " in said
    assert "snapshot" in said


def test_what_disagrees_is_named_and_what_to_do_is_said(
    look: Look, verify: Verify, store: redis.Redis, keys: Keys
) -> None:
    store.zadd(keys.by("likes"), {ID: 5})

    code, said, _ = verify()

    assert code == 1
    assert f"{ID} has 5 in by:likes" in said
    assert "1 disagreement: 7 datasets" in said
    assert "'collinear refresh --wait'" in said


def test_for_programs(look: Look, verify: Verify, store: redis.Redis, keys: Keys) -> None:
    store.zadd(keys.by("likes"), {ID: 5})

    code, said, _ = verify("--json", "--upstream", "2", "--seed", "1")

    report = json.loads(said)
    assert code == 1
    assert report["agrees"] is False
    [orders] = [check for check in report["checks"] if check["name"] == "orders"]
    assert orders["problems"] == 1
    assert orders["examples"] == [{"subject": ID, "problem": "has 5 in by:likes, not None"}]
    assert report["upstream"]["asked"] == 2


def test_drift_is_told_and_fails_only_if_asked_to(
    look: Look, verify: Verify, hub: RunningHub
) -> None:
    hub.delete("acme/set-0")
    hub.edit(ID, downloads=81_000)

    code, said, _ = verify("--upstream", "50")
    strict, _, _ = verify("--upstream", "50", "--strict")

    assert code == 0
    assert "7 asked, 5 the same" in said
    assert "gone" in said
    assert "downloads 80000 -> 81000, last seen" in said
    assert strict == 1


def test_counts_that_drift_are_no_failure_at_all(
    look: Look, verify: Verify, hub: RunningHub
) -> None:
    hub.edit(ID, downloads=81_000)

    assert verify("--upstream", "50", "--strict")[0] == 0


def test_removals_that_are_held_are_said(
    look: Look, verify: Verify, store: redis.Redis, keys: Keys
) -> None:
    store.hset(keys.meta, "held_removals", '{"run_id": "x", "count": 3, "of": 7}')

    code, said, _ = verify()

    assert code == 0
    assert "removals are held" in said


def test_a_hub_that_is_away_does_not_hide_the_rest(
    look: Look, verify: Verify, hub: RunningHub
) -> None:
    hub.fault("500", times=100)

    code, said, complaint = verify("--upstream", "1")

    assert code == 4
    assert "All agrees" in said
    assert "The Hub could not be asked: The Hub at http://" in complaint


def test_where_nothing_runs_nothing_can_be_looked_at(verify: Verify, tmp_path: Path) -> None:
    code, _, complaint = verify(REDIS_URL="", COLLINEAR_DATA_DIR=str(tmp_path / "none"))
    away, _, refused = verify(REDIS_URL="redis://127.0.0.1:1/0")

    assert code == away == 4
    assert "No system is running" in complaint
    assert "Redis does not answer" in refused
    assert len(refused.splitlines()) == 1


def test_nothing_is_stored_yet(verify: Verify) -> None:
    code, said, _ = verify()

    assert code == 0
    assert "nothing is stored yet" in said
