"""The whole system from one command: it loads, it heals, it stops, it keeps its data."""

import signal
from pathlib import Path

from tests.local.running import started
from tests.waiting import wait_until

DEMO = ("demo", "--port", "0", "--datasets", "300")


def test_a_demo_loads_heals_stops_and_goes_on(tmp_path: Path) -> None:
    """One command, 300 datasets; kill -9 of the worker; SIGTERM; the same again, at once."""
    with started(tmp_path / "data", *DEMO) as demo:
        demo.until("ready: 30[0-9] datasets")
        assert demo.get("/api/datasets?limit=1")["total"] >= 300
        assert demo.get("/api/datasets/cache-status")["warming_up"] is False
        wait_until(lambda: demo.get("/api/datasets/cache-status")["index"], "the index to be open")
        wait_until(
            lambda: demo.get("/api/datasets?min_downloads=0&limit=1")["total"] > 0, "the search"
        )

        killed = demo.part("worker")
        killed.kill()
        demo.until(r"worker died \(SIGKILL\), starting it again in 0.5 s")
        demo.until("worker is up", times=2)
        assert demo.part("worker").pid != killed.pid

        assert demo.stop() == 0
        assert demo.left() == []

    with started(tmp_path / "data", *DEMO) as demo:
        demo.until("the data of the last demo are kept")
        demo.until("ready: 30[0-9] datasets")
        assert demo.get("/api/datasets?limit=1")["total"] >= 300
        assert not any("First load" in line for line in demo.lines)

        assert demo.stop(signal.SIGINT) == 0
        assert demo.left() == []


def test_up_while_the_hub_is_away(tmp_path: Path) -> None:
    """It starts, says what is wrong, serves an empty catalog, and ends with the terminal."""
    with started(
        tmp_path / "data", "up", "--port", "0", HF_ENDPOINT="http://127.0.0.1:1"
    ) as system:
        wait_until(
            lambda: system.get("/api/datasets")["refreshing"], "the first load to begin", within=30
        )
        assert system.get("/api/datasets") | {"next_cursor": None} == {
            "total": 0,
            "current_page": 1,
            "total_pages": 0,
            "next_page": None,
            "prev_page": None,
            "next_cursor": None,
            "warming_up": True,
            "refreshing": True,
            "forgiven_words": [],
            "dropped_words": [],
            "facets": None,
            "facets_more": [],
            "items": [],
        }
        wait_until(
            lambda: system.get("/api/datasets/cache-status")["last_error"],
            "cache-status to say what is wrong",
            within=60,
        )
        system.until("Trying again")

        assert system.stop(signal.SIGHUP) == 0
        assert system.left() == []


def test_a_killed_supervisor_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    """Its parts stop by themselves; what is left of it the next one stops."""
    with started(tmp_path / "data", *DEMO) as demo:
        demo.until("ready: ")
        demo.process.kill()
        demo.process.wait()
        wait_until(
            lambda: [process.name() for process in demo.left()] == ["valkey-server"],
            "the parts to stop by themselves",
            within=20,
        )
        with started(tmp_path / "data", *DEMO) as again:
            again.until("Stopped 1 process of a killed run")
            again.until("ready: ")
            assert again.stop() == 0
            assert again.left() == []
