"""Celery, the schedule, and the desk where refreshes are asked for."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import redis
from celery import Celery

from collinear.refreshes import QUEUE, Refreshes
from collinear.settings import Settings
from collinear.store.run_records import Kind
from collinear.store.runs import Runs
from collinear.store.schedule import Schedule
from collinear.wiring.stores import (
    catalog_keys,
    find_store_url,
    open_prompt_store,
    open_store,
)

_CALLERS_PATIENCE = 1
"""Seconds that somebody who waits for an answer is kept waiting for Redis."""


def create_celery(settings: Settings, *, patience: float = 30) -> Celery:
    """
    The Celery application as everybody who sends a message needs it; it knows no task.

    It gives up on a silent broker after so many seconds of patience.

    Lost messages are found again in the books of the runs, so a message is acknowledged as
    soon as it is taken, and nothing is ever delivered twice on purpose.
    """
    redis_url = find_store_url(settings)
    # Every key lives under the catalog's prefix, the broker's and the results' too
    prefix = {"global_keyprefix": f"{settings.key_prefix}:celery:"}
    celery = Celery("collinear", set_as_current=False)
    celery.conf.update(
        broker_url=settings.broker_url or redis_url,
        broker_transport_options={
            **prefix,
            "socket_connect_timeout": min(patience, 5),
            "socket_timeout": patience,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # A Redis that refuses a command (it is full, its disk is) may take it again later
        broker_channel_error_retry=True,
        result_backend=redis_url,
        result_backend_transport_options=prefix,
        redis_socket_connect_timeout=min(patience, 5),
        redis_socket_timeout=patience,
        result_backend_always_retry=False,
        result_expires=7 * 86_400,
        task_default_queue=QUEUE,
        task_publish_retry_policy={"max_retries": 2, "interval_start": 0.1, "interval_max": 1},
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=True,
        worker_enable_prefetch_count_reduction=False,
        # nothing of ours is acknowledged late: this only says that the default will do
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_concurrency=settings.worker_concurrency,
        worker_pool="threads",
    )
    return celery


@contextmanager
def open_schedule(settings: Settings) -> Iterator[Schedule]:
    """The due times of the runs."""
    with open_store(settings) as client:
        yield Schedule(
            client,
            catalog_keys(settings),
            {
                Kind.FULL: settings.full_refresh_seconds,
                Kind.PAGES: settings.page_refresh_interval,
                Kind.DELTA: settings.delta_seconds,
            },
            retry_seconds=settings.retry_seconds,
        )


@asynccontextmanager
async def open_refreshes(settings: Settings) -> AsyncIterator[Refreshes]:
    """What people and programs ask for a refresh by."""
    with open_prompt_store(settings) as client:
        celery = create_celery(settings, patience=_CALLERS_PATIENCE)
        yield Refreshes(create_runs(settings, client), celery)


def create_runs(settings: Settings, client: redis.Redis) -> Runs:
    return Runs(client, catalog_keys(settings), lease_seconds=settings.lease_seconds)
