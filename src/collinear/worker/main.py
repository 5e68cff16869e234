"""The processes of the worker and of the scheduler."""

import os
import signal
import warnings
from threading import Event

from celery import signals
from celery.exceptions import SecurityWarning
from celery.worker import state

from collinear.settings import Settings
from collinear.store.trouble import TroubleLog, takes_writes
from collinear.telemetry import configure_logging, get_logger
from collinear.wiring.queue import open_schedule
from collinear.wiring.stopping import ENDINGS, stop_on_signals
from collinear.wiring.stores import open_store, wait_for_store
from collinear.wiring.synchronisation import open_parquet, open_sync
from collinear.worker.app import create_beat, create_worker
from collinear.worker.newest import following_newest
from collinear.worker.observing import open_observing
from collinear.worker.tasks import OVERSEE

log = get_logger(__name__)

_NICE = 5
"""On a busy machine answering comes before refreshing; indexing comes after both."""


def run_worker(settings: Settings) -> None:
    """
    Work until told to stop: the page in hand is finished, a waiting one handed back.

    Raises:
        WrongStore: This Redis must not hold the catalog; the sentence says why.
    """
    configure_logging(level=settings.log_level, style=settings.log_format)
    stopping = Event()
    stop_on_signals(stopping)
    os.nice(_NICE)
    if not wait_for_store(settings, stopping):
        return
    trouble = TroubleLog()
    trouble.listen()
    # It may run as root in a container: it deserialises nothing but JSON
    warnings.filterwarnings("ignore", category=SecurityWarning)
    with (
        open_store(settings) as client,
        open_observing(settings) as observing,
        open_sync(settings, stopping) as sync,
        open_schedule(settings) as schedule,
        open_parquet(settings, stopping) as parquet,
        following_newest(sync, schedule, stopping, every=settings.oversee_seconds),
    ):
        worker = create_worker(settings, sync, schedule, parquet, observing)

        def begin(**_: object) -> None:
            if stopping.is_set():  # told to stop before Celery listened
                state.should_stop = 0  # type: ignore[assignment]
            worker.send_task(OVERSEE, ignore_result=True)

        def look(**_: object) -> None:
            if trouble.told and takes_writes(client):
                trouble.over()

        signals.setup_logging.connect(_keep_logging)
        signals.worker_ready.connect(begin, weak=False)
        signals.task_postrun.connect(look, weak=False)
        signals.worker_shutting_down.connect(lambda **_: stopping.set(), weak=False)
        worker.worker_main(
            ["--quiet", "worker", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        )


def run_beat(settings: Settings) -> None:
    """Let a worker look every few seconds at what is due, until told to stop."""
    configure_logging(level=settings.log_level, style=settings.log_format)
    stopping = Event()
    stop_on_signals(stopping)
    if not wait_for_store(settings, stopping):
        return
    # From here on nothing waits for the event: until Celery listens, the signal ends the process.
    # Nothing is in hand yet, and an exception would be raised into the midst of an import.
    for number in ENDINGS:
        signal.signal(number, lambda *_: os._exit(0))
    signals.setup_logging.connect(_keep_logging)
    beat = create_beat(settings)
    # Loading the backend now and not later: once Celery listens, its handler raises, and an
    # import in progress would swallow that
    backend = type(beat.backend).__name__
    trouble = TroubleLog()
    trouble.listen()
    signals.after_task_publish.connect(lambda **_: trouble.over(), weak=False)
    log.info("beat_started", every=settings.oversee_seconds, backend=backend)
    beat.Beat(loglevel=settings.log_level, quiet=True).run()


def _keep_logging(**_: object) -> None:
    """Celery leaves logging alone once somebody listens to this signal."""
