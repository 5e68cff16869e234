"""The commands that read and refresh the catalog, on a whole running system."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from collinear.local.ports import free_port
from tests.local.running import COLLINEAR, Running, environment_of, started
from tests.waiting import wait_until

Result = subprocess.CompletedProcess[str]
Command = Callable[..., Result]


class Hub:
    """A sandbox Hub in which nothing happens unless a test wants it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def do(self, op: str, **more: Any) -> Any:
        answer = httpx2.post(f"{self.address}/_sandbox/control", json={"op": op, **more})
        assert answer.is_success, answer.text
        return answer.json()

    def answers(self) -> bool:
        try:
            return httpx2.get(f"{self.address}/api/datasets?limit=1").is_success
        except httpx2.TransportError:
            return False


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    port = free_port()
    command = [COLLINEAR, "hub", "--port", str(port), "--datasets", "60", "--seed", "7"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        hub = Hub(f"http://127.0.0.1:{port}")
        wait_until(hub.answers, "the sandbox Hub to answer", within=30)
        yield hub
        process.terminate()


@pytest.fixture(scope="module")
def system(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Everything, loaded; a run may remove four datasets, not more."""
    with started(
        tmp_path_factory.mktemp("system") / "data",
        *("up", "--port", "0"),
        HF_ENDPOINT=hub.address,
        COLLINEAR_MAX_REMOVAL_COUNT="4",
    ) as running:
        running.until("ready: 60 datasets")
        wait_until(lambda: indexed(running) == 60, "the index to have followed")
        yield running


@pytest.fixture
def collinear(system: Running) -> Command:
    """``collinear("status")`` beside the running system."""

    def run(*arguments: str) -> Result:
        return subprocess.run(
            [COLLINEAR, *arguments],
            env=environment_of(system.data_dir),
            cwd=system.data_dir.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def indexed(running: Running) -> int | None:
    index = running.get("/api/datasets/cache-status")["index"]
    return index and index["documents"]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["search", "--limit", "3"], "/api/datasets?limit=3"),
        (
            ["search", "--sort-by", "downloads", "--gated", "false"],
            "/api/datasets?sort_by=downloads&gated=false",
        ),
        (
            ["search", "data", "--min-downloads", "1", "--limit", "2"],
            "/api/datasets?search=data&min_downloads=1&limit=2",
        ),
        (
            ["search", "--facets", "license,likes:histogram", "--facets", "gated", "--limit", "1"],
            "/api/datasets?limit=1&facets=license,likes:histogram,gated",
        ),
        (["status", "--dead-letters"], "/api/datasets/dead-letters"),
    ],
)
def test_json_is_the_json_of_the_api(
    collinear: Command, system: Running, arguments: list[str], path: str
) -> None:
    """The same flow answers both."""
    told = collinear(*arguments, "--json")
    assert told.returncode == 0
    assert json.loads(told.stdout) == system.get(path)


def test_the_state_is_that_of_the_api(collinear: Command, system: Running) -> None:
    """But for what moves with the clock between the two questions."""
    told = json.loads(collinear("status", "--json").stdout)
    shown = system.get("/api/datasets/cache-status")
    assert told["rate_limit"]["quota"] == shown["rate_limit"]["quota"]
    for state in (told, shown):
        for name in ("rate_limit", "freshness", "progress", "index"):
            del state[name]
    assert told == shown


def test_search_for_people(collinear: Command, system: Running) -> None:
    """A table of ids with what matters, and how to go on."""
    best, *_ = system.get("/api/datasets?sort_by=downloads")["items"]
    told = collinear("search", "--sort-by", "downloads", "--limit", "2").stdout.splitlines()
    assert told[0].split() == ["ID", "IMPACT", "DOWNLOADS", "LIKES", "SIZE", "MODIFIED"]
    assert told[1].startswith(best["id"])
    assert f"{best['downloads']:,}" in told[1]
    assert told[-1] == "1 to 2 of 60 datasets. The next: --offset 2."


def test_counts_for_people(collinear: Command, system: Running) -> None:
    """Below the table of datasets; as many values as fit on a screen unless more are wanted."""
    counts = system.get("/api/datasets?facets=tag")["facets"]["tag"]
    assert len(counts) > 12
    for limit, options in ((10, ()), (12, ("--facet-limit", "12"))):
        told = collinear("search", "--limit", "1", "--facets", "tag", *options).stdout.splitlines()
        rows = [line.rsplit(maxsplit=1) for line in told[told.index("") + 1 : -1]]
        assert rows == [["TAG", "DATASETS"]] + [
            [name, str(count)] for name, count in list(counts.items())[:limit]
        ]
        assert told[-1] == "There are more: --facet-limit shows so many."


def test_nothing_found(collinear: Command) -> None:
    """Said in words, and no failure."""
    told = collinear("search", "qzxqzxqzx")
    assert (told.returncode, told.stdout) == (0, "No dataset fits: try fewer words or filters.\n")


def test_words_that_were_taken_less_strictly(collinear: Command, system: Running) -> None:
    """Said below the table."""
    best, *_ = system.get("/api/datasets?sort_by=downloads")["items"]
    told = collinear("search", best["id"], "qzxqzxqzx").stdout.splitlines()
    assert any(line.startswith(best["id"]) for line in told)
    assert told[-1] == "No dataset has all the words as typed. Without: qzxqzxqzx."


def test_one_dataset(collinear: Command, system: Running) -> None:
    """Also by an id in another case, for people and for programs."""
    item, *_ = system.get("/api/datasets?sort_by=likes&limit=1")["items"]
    told = collinear("show", item["id"].upper())
    assert item["hub_id"] in told.stdout
    assert "(rank 1 of " in told.stdout
    as_json = json.loads(collinear("show", item["id"], "--json").stdout)
    assert as_json == system.get(f"/api/datasets/{item['id']}")


def test_similar_datasets(collinear: Command, system: Running) -> None:
    """For people and for programs, also by an id in another case."""
    item, *_ = system.get("/api/datasets?sort_by=likes&limit=1")["items"]
    path = f"/api/datasets/{item['id']}/similar?limit=3"
    told = collinear("similar", item["id"].upper(), "--limit", "3")
    other, *_ = system.get(path)["items"]
    assert other["id"] in told.stdout
    as_json = json.loads(collinear("similar", item["id"], "--limit", "3", "--json").stdout)
    assert as_json == system.get(path)


def test_no_such_dataset(collinear: Command) -> None:
    """One line, exit code 1."""
    told = collinear("show", "no/such")
    assert (told.returncode, told.stderr) == (1, "collinear: No dataset is called 'no/such'.\n")


def test_status_for_people(collinear: Command) -> None:
    """How many, how fresh, what goes on."""
    told = collinear("status").stdout
    assert "datasets     60\n" in told
    assert "index        60 datasets" in told


def test_refresh_and_what_it_came_to(collinear: Command, system: Running, hub: Hub) -> None:
    """--wait ends with the summary of a run that saw what happened before the request."""
    old = hub_ids(system)[0]
    hub.do("rename", id=old, to="renamed/one")
    hub.do("add", row={"id": "evil/one", "description": "\x1b]0;owned\x07 bells"})

    told = collinear("refresh", "--wait")

    assert told.returncode == 0, told.stderr
    assert "full refresh succeeded" in told.stdout
    assert "61 seen, 1 created" in told.stdout
    assert "1 moved" in told.stdout
    shown = collinear("show", old)
    assert shown.stderr == f"collinear: {old} is called renamed/one now.\n"
    assert "renamed/one" in shown.stdout
    evil = collinear("show", "evil/one").stdout
    assert "bells" in evil
    assert "\x1b" not in evil
    assert "\x07" not in evil


def test_refresh_without_waiting(collinear: Command, system: Running) -> None:
    """The ids are told; the API knows the task."""
    told = collinear("refresh", "--pages")
    assert told.returncode == 0
    task = told.stdout.partition("(task ")[2].removesuffix(")\n")
    path = f"/api/datasets/refresh-cache/{task}"
    wait_until(lambda: system.get(path)["state"] == "SUCCESS", "the refresh to succeed")


def test_a_delta_takes_what_is_new(collinear: Command, system: Running, hub: Hub) -> None:
    """And ends as a full refresh does."""
    hub.do("add", row={"id": "fresh/one"})
    told = collinear("refresh", "--delta", "--wait")
    assert told.returncode == 0, told.stderr
    assert "delta refresh succeeded" in told.stdout
    assert "1 created" in told.stdout
    assert collinear("show", "fresh/one").returncode == 0


def test_pages_or_delta(collinear: Command) -> None:
    """Not both: a mistake, one line."""
    told = collinear("refresh", "--pages", "--delta")
    assert told.returncode == 2
    assert told.stderr.startswith("collinear: --pages and --delta")


def test_rows_that_are_set_aside(collinear: Command, system: Running, hub: Hub) -> None:
    """They are counted, listed with their reason, and gone once they can be stored."""
    assert collinear("status", "--dead-letters").stdout == "Every row of the Hub could be stored.\n"
    assert "set aside" not in collinear("status").stdout
    hub.do("add", row={"id": "odd/one"})
    hub.do("edit", id="odd/one", fields={"likes": "many \x1b[31m"})
    assert collinear("refresh", "--wait").returncode == 0

    assert "1 row; " in collinear("status").stdout
    told = collinear("status", "--dead-letters").stdout
    assert told.splitlines()[0].split() == ["ID", "REASON", "TIMES", "SINCE", "LAST"]
    assert told.splitlines()[1].startswith("odd/one")
    assert "\x1b" not in told
    [letter] = json.loads(collinear("status", "--dead-letters", "--json").stdout)["items"]
    assert letter == system.get("/api/datasets/dead-letters")["items"][0]

    hub.do("edit", id="odd/one", fields={"likes": 3})
    assert collinear("refresh", "--wait").returncode == 0
    assert system.get("/api/datasets/dead-letters") == {"total": 0, "items": []}


def test_a_redis_that_is_killed_does_not_end_the_wait(
    collinear: Command, system: Running, hub: Hub
) -> None:
    """It is started again, the run is resumed, and the command tells what that came to."""
    hub.do("fault", kind="slow", times=1, delay=5, match="sort=createdAt")
    told: list[Result] = []
    waiting = Thread(target=lambda: told.append(collinear("refresh", "--wait")))
    waiting.start()
    wait_until(
        lambda: (system.get("/api/datasets/cache-status")["progress"] or {}).get("kind") == "full",
        "the refresh to begin",
    )
    (valkey,) = [process for process in system.left() if process.name() == "valkey-server"]
    valkey.kill()
    waiting.join()

    assert told[0].returncode == 0, told[0].stderr
    assert "full refresh succeeded" in told[0].stdout


def test_removals_are_held_and_then_accepted(collinear: Command, system: Running, hub: Hub) -> None:
    """Exit code 3 and the number of datasets; the catalog keeps them until told otherwise."""
    leaving = hub_ids(system)[-10:]
    for dataset_id in leaving:
        hub.do("delete", id=dataset_id)
    before = len(hub_ids(system))

    held = collinear("refresh", "--wait")
    assert held.returncode == 3
    assert f"10 of {before} datasets would go" in held.stderr
    assert len(hub_ids(system)) == before
    assert "held removals" in collinear("status").stdout
    system.until(f"10 of {before} datasets would go")

    accepted = collinear("refresh", "--wait", "--accept-removals")
    assert accepted.returncode == 0, accepted.stderr
    assert "10 deleted" in accepted.stdout
    assert len(hub_ids(system)) == before - 10


def test_a_hub_that_looks_wrong_is_not_believed_until_told_to(
    collinear: Command, system: Running, hub: Hub
) -> None:
    """Exit code 4 and the reason; nothing is overwritten; then everything is."""
    best, *_ = system.get("/api/datasets?sort_by=downloads")["items"]
    for dataset_id in hub_ids(system):
        hub.do("edit", id=dataset_id, fields={"downloads": None})

    doubted = collinear("refresh", "--wait")
    assert doubted.returncode == 4, doubted.stderr
    assert "downloads" in doubted.stderr
    assert "--accept-upstream" in doubted.stderr
    assert "quarantine" in collinear("status").stdout
    shown = system.get("/api/datasets/cache-status")["quarantine"]
    assert "downloads" in shown["reason"]
    assert system.get(f"/api/datasets/{best['id']}")["downloads"] == best["downloads"]

    believed = collinear("refresh", "--wait", "--accept-upstream")
    assert believed.returncode == 0, believed.stderr
    assert system.get("/api/datasets/cache-status")["quarantine"] is None
    assert system.get(f"/api/datasets/{best['id']}")["downloads"] is None


def test_a_reader_that_has_enough(system: Running) -> None:
    """`| head -1` is no error."""
    command = f"{COLLINEAR} search --limit 1000 --json | head -c 9"
    told = subprocess.run(
        ["sh", "-c", command],
        env=environment_of(system.data_dir),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.stdout, told.stderr) == ('{"total":', "")


@pytest.mark.parametrize("command", [["status"], ["search", "x"], ["refresh"], ["show", "a/b"]])
def test_no_system_is_running(tmp_path: Path, command: list[str]) -> None:
    """The line says where it was looked for, and how to start one."""
    told = subprocess.run(
        [COLLINEAR, *command],
        env=environment_of(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert line.startswith(f"collinear: No system is running in {tmp_path}")
    assert "collinear up" in line


def hub_ids(system: Running) -> list[str]:
    return [item["id"] for item in system.get("/api/datasets?limit=1000")["items"]]
