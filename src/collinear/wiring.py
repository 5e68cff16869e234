"""The one place where settings become living objects, and where they are closed again."""

import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import httpx2
import redis
import redis.asyncio
from celery import Celery
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from collinear import __version__
from collinear.domain.errors import StoreUnavailable, WrongStore
from collinear.hub.listing import HubListing
from collinear.hub.repos import HubRepos
from collinear.refreshes import QUEUE, Refreshes
from collinear.settings import Settings
from collinear.store.budget import Budget
from collinear.store.catalog import Catalog
from collinear.store.feed import CatalogFeed
from collinear.store.guard import check_store
from collinear.store.hub_findings import HubFindings
from collinear.store.keys import Keys
from collinear.store.ledger import Ledger
from collinear.store.letters import DeadLetters
from collinear.store.run_records import Kind
from collinear.store.runs import Runs
from collinear.store.schedule import Schedule
from collinear.store.survey import Survey
from collinear.store.trouble import HOPELESS, explain
from collinear.store.writer import CatalogWriter
from collinear.sync.fetching import Fetcher
from collinear.sync.limits import SyncLimits
from collinear.sync.walk import Sync
from collinear.telemetry import get_logger
from collinear.verify.upstream import Turns, Upstream
from collinear.verify.verification import Verification

log = get_logger(__name__)


ENDINGS = (signal.SIGTERM, signal.SIGINT)
"""The signals that tell a process to stop."""

_CALLERS_PATIENCE = 2
"""Seconds that somebody who waits for an answer is kept waiting for Redis."""


def address_file(data_dir: Path) -> Path:
    """Where the embedded server writes down how to reach it: ``{"url": "redis://..."}``."""
    return data_dir / "valkey" / "address.json"


def find_store_url(settings: Settings) -> str:
    """
    The Redis of the system: ``REDIS_URL``, else the embedded server of the data directory.

    Raises:
        StoreUnavailable: Neither is set and no embedded server has run here.
    """
    if settings.redis_url:
        return settings.redis_url
    for data_dir in (settings.data_dir, settings.data_dir / "demo"):
        try:
            return str(json.loads(address_file(data_dir).read_text())["url"])
        except FileNotFoundError:
            continue
    raise StoreUnavailable(
        f"No system is running in {settings.data_dir}: start one with 'collinear up' "
        "(or 'collinear demo'), or set REDIS_URL or COLLINEAR_DATA_DIR."
    )


@contextmanager
def open_store(settings: Settings, *, patience: float = 30) -> Iterator[redis.Redis]:
    """A client for what is not the API; it gives up on a silent Redis after so many seconds."""
    with redis.Redis.from_url(
        find_store_url(settings),
        protocol=2,
        decode_responses=False,
        health_check_interval=30,
        socket_timeout=patience,
        socket_connect_timeout=min(patience, 5),
    ) as client:
        yield client


@asynccontextmanager
async def open_async_store(settings: Settings) -> AsyncIterator[redis.asyncio.Redis]:
    """A client for what the API does: it gives up after seconds, and opens no storm of sockets."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        find_store_url(settings),
        protocol=2,
        decode_responses=False,
        socket_timeout=2,
        socket_connect_timeout=2,
        max_connections=64,
        timeout=2,
        # A kept connection dies with its server: one more try finds the new one, or nobody
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
    async with redis.asyncio.Redis.from_pool(pool) as client:
        yield client


def create_repos(settings: Settings) -> HubRepos:
    """Who asks the Hub about single datasets, on behalf of the API's callers."""
    token = settings.hf_token.get_secret_value() if settings.hf_token else None
    return HubRepos(
        settings.hf_endpoint,
        token=token,
        within=min(settings.hub_timeout, 15),
        memory=settings.hub_cache_bytes,
    )


def keys(settings: Settings) -> Keys:
    """The names of all keys."""
    return Keys(settings.key_prefix)


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
def open_sync(settings: Settings, stopping: Event) -> Iterator[Sync]:
    """
    What a worker works with.

    Raises:
        WrongStore: This Redis must not hold the catalog; the sentence says why.
    """
    with open_store(settings) as client, _open_hub(settings) as http:
        check_store(
            client,
            keys(settings),
            endpoint=settings.hf_endpoint,
            accept_endpoint=settings.accept_endpoint,
        )
        budget = Budget(client, keys(settings), share=settings.sync_share)
        fetcher = Fetcher(budget, stopping)
        findings = HubFindings(client, keys(settings))
        runs = _runs(settings, client)
        yield Sync(
            listing=_listing(
                settings,
                http,
                budget,
                before=fetcher.wait_for_turn,
                on_fields=findings.fields,
                on_refused_token=findings.token_refused,
            ),
            fetcher=fetcher,
            runs=runs,
            writer=CatalogWriter(
                client,
                keys(settings),
                settings.impact_policy,
                change_retention=settings.change_retention,
            ),
            catalog=Catalog(client, keys(settings), settings.impact_policy),
            letters=DeadLetters(client, keys(settings), keep=settings.dead_letters),
            endpoint=settings.hf_endpoint,
            page_size=settings.page_size,
            limits=sync_limits(settings),
        )


def sync_limits(settings: Settings) -> SyncLimits:
    """What a run may do unasked."""
    return SyncLimits(
        max_removal_share=settings.max_removal_share,
        max_removal_count=settings.max_removal_count,
        delta_overlap_seconds=settings.delta_overlap_seconds,
        quarantine_share=settings.quarantine_share,
        quarantine_rows=settings.quarantine_rows,
    )


@contextmanager
def open_schedule(settings: Settings) -> Iterator[Schedule]:
    """The due times of the runs."""
    with open_store(settings) as client:
        yield Schedule(
            client,
            keys(settings),
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
    with open_store(settings, patience=_CALLERS_PATIENCE) as client:
        celery = create_celery(settings, patience=_CALLERS_PATIENCE)
        yield Refreshes(_runs(settings, client), celery)


@contextmanager
def open_verification(settings: Settings) -> Iterator[Verification]:
    """What compares all that is stored of the catalog, and the index of the data directory."""
    with open_store(settings) as client:
        yield Verification(
            Survey(client, keys(settings)),
            Ledger(client, keys(settings)),
            CatalogFeed(client, keys(settings)),
            policy=settings.impact_policy,
            index_dir=settings.index_dir,
        )


@contextmanager
def open_upstream(settings: Settings) -> Iterator[Upstream]:
    """What asks the catalog's own Hub about a sample; the token goes to the Hub that is set."""
    with open_store(settings) as client:
        ledger = Ledger(client, keys(settings))
        endpoint = ledger.books().meta.get("endpoint") or settings.hf_endpoint
        if endpoint != settings.hf_endpoint:
            settings = settings.model_copy(update={"hf_endpoint": endpoint, "hf_token": None})
        budget = Budget(client, keys(settings), share=settings.sync_share)
        turns = Turns(budget)
        with _open_hub(settings) as http:
            listing = _listing(settings, http, budget, before=turns.wait)
            yield Upstream(Survey(client, keys(settings)), ledger, listing, turns)


def _runs(settings: Settings, client: redis.Redis) -> Runs:
    return Runs(client, keys(settings), lease_seconds=settings.lease_seconds)


def _listing(settings: Settings, http: httpx2.Client, budget: Budget, **hooks: Any) -> HubListing:
    return HubListing(
        http,
        page_size=settings.page_size,
        timeout=settings.hub_timeout,
        observe=lambda limit: budget.observe(**limit._asdict()),
        drop_refused_token=settings.invalid_token == "anonymous",  # noqa: S105
        **hooks,
    )


def _open_hub(settings: Settings) -> httpx2.Client:
    headers = {"user-agent": f"collinear-data-tool/{__version__}"}
    if settings.hf_token:
        headers["authorization"] = f"Bearer {settings.hf_token.get_secret_value()}"
    return httpx2.Client(
        base_url=settings.hf_endpoint, headers=headers, timeout=settings.hub_timeout
    )


def wait_for_store(settings: Settings, stopping: Event) -> bool:
    """
    Wait until Redis answers, also while it loads its data; False: told to stop before.

    Raises:
        WrongStore: It does not let us in, or is no Redis: waiting would not help.
    """
    said = False
    while not stopping.is_set():
        try:
            with open_store(settings) as client:
                client.ping()
                return True
        except (redis.RedisError, StoreUnavailable) as error:
            if (sentence := explain(error)) in HOPELESS:
                raise WrongStore(sentence) from error
            if not said:
                log.warning("waiting_for_redis", error=str(error))
                said = True
        stopping.wait(0.5)
    return False


def stop_on_signals(stopping: Event) -> None:
    """Let the signals that tell a process to stop set the event; nothing is interrupted."""

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in ENDINGS:
        signal.signal(number, stop)
