"""The worker's Celery application."""

from celery import Celery

from collinear.settings import Settings
from collinear.store.parquet.copy import ParquetCopy
from collinear.store.schedule import Schedule
from collinear.sync.walk import Sync
from collinear.wiring.queue import create_celery
from collinear.worker.observing import Observing
from collinear.worker.tasks import OVERSEE, add_tasks


def create_worker(
    settings: Settings, sync: Sync, schedule: Schedule, parquet: ParquetCopy, observing: Observing
) -> Celery:
    """The application with its tasks, which work with what they are given here."""
    celery = create_celery(settings)
    celery.conf.worker_consumer = "collinear.worker.consumer:PatientConsumer"
    add_tasks(celery, sync, schedule, parquet, observing.task_class())
    return celery


def create_beat(settings: Settings) -> Celery:
    """
    The scheduler's application: every few seconds it lets a worker look at what is due.

    What is due when is in the store: beat itself remembers nothing, so that it may be
    killed, started twice or moved to another machine.
    """
    celery = create_celery(settings)
    celery.conf.beat_schedule = {
        "oversee": {
            "task": OVERSEE,
            "schedule": settings.oversee_seconds,
            # It does not expire: a worker whose clock is wrong would never look at anything
            "options": {"ignore_result": True},
        }
    }
    celery.conf.beat_scheduler = "celery.beat:Scheduler"
    return celery
