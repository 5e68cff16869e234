"""The process that keeps the search index."""

import gc
import os
import sys
from threading import Event

from collinear.domain.errors import StoreUnavailable
from collinear.follow import Follower
from collinear.indexer.loading import ParallelLoader
from collinear.search.generations import IndexTaken
from collinear.search.index.writer import IndexWriter
from collinear.settings import Settings
from collinear.store.feed import CatalogFeed
from collinear.telemetry import configure_logging, get_logger
from collinear.wiring.stopping import stop_on_signals
from collinear.wiring.stores import catalog_keys, open_store

log = get_logger(__name__)

_NICE = 15
"""Loading the catalog and answering come before indexing what was loaded."""
_LONGEST_PAUSE = 5.0


def run_indexer(settings: Settings) -> None:
    """
    Follow the catalog into the index until SIGTERM or SIGINT.

    Ends with exit code 1 where another indexer writes to the same directory.
    """
    configure_logging(level=settings.log_level, style=settings.log_format)
    stopping = Event()
    stop_on_signals(stopping)
    os.nice(_NICE)
    # Documents come and go by the thousand and never form cycles: looking for some costs a tenth
    gc.set_threshold(100_000, 20, 50)
    try:
        with IndexWriter(settings.index_dir, heap_bytes=settings.index_heap_bytes) as index:
            log.info("indexer_started", directory=str(settings.index_dir), serial=str(index.serial))
            _follow(settings, index, stopping)
    except IndexTaken as error:
        sys.exit(f"collinear indexer: {error}")
    log.info("indexer_stopped")


def _follow(settings: Settings, index: IndexWriter, stopping: Event) -> None:
    pause = 0.0
    loader = ParallelLoader(heap_bytes=settings.index_heap_bytes, stopping=stopping)
    while not stopping.is_set():
        try:
            with open_store(settings) as client:
                feed = CatalogFeed(client, catalog_keys(settings))
                feed.epoch()
                if pause:
                    log.info("store_answers_again")
                pause = 0.0
                Follower(
                    feed,
                    index,
                    commit_seconds=settings.index_commit_seconds,
                    stopping=stopping,
                    load=loader.load,
                ).run()
        except StoreUnavailable as error:
            if not pause:
                log.warning("store_unavailable", error=str(error))
            pause = min(max(pause * 2, 0.25), _LONGEST_PAUSE)
            stopping.wait(pause)
