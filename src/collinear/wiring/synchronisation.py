"""What a worker works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from collinear.settings import Settings
from collinear.store.budget import Budget
from collinear.store.catalog import Catalog
from collinear.store.guard import check_store
from collinear.store.hub_findings import HubFindings
from collinear.store.letters import DeadLetters
from collinear.store.parquet.copy import ParquetCopy
from collinear.store.writer import CatalogWriter
from collinear.sync.fetching import Fetcher
from collinear.sync.limits import SyncLimits
from collinear.sync.walk import Sync
from collinear.wiring.hub import create_listing, open_hub
from collinear.wiring.queue import create_runs
from collinear.wiring.stores import catalog_keys, open_store


@contextmanager
def open_sync(settings: Settings, stopping: Event) -> Iterator[Sync]:
    """
    What a worker works with.

    Raises:
        WrongStore: This Redis must not hold the catalog; the sentence says why.
    """
    with open_store(settings) as client, open_hub(settings) as http:
        check_store(
            client,
            catalog_keys(settings),
            endpoint=settings.hf_endpoint,
            accept_endpoint=settings.accept_endpoint,
        )
        budget = Budget(client, catalog_keys(settings), share=settings.sync_share)
        fetcher = Fetcher(budget, stopping)
        findings = HubFindings(client, catalog_keys(settings))
        runs = create_runs(settings, client)
        yield Sync(
            listing=create_listing(
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
                catalog_keys(settings),
                settings.impact_policy,
                change_retention=settings.change_retention,
            ),
            catalog=Catalog(client, catalog_keys(settings), settings.impact_policy),
            letters=DeadLetters(client, catalog_keys(settings), keep=settings.dead_letters),
            endpoint=settings.hf_endpoint,
            page_size=settings.page_size,
            limits=sync_limits(settings),
        )


@contextmanager
def open_parquet(settings: Settings, stopping: Event) -> Iterator[ParquetCopy]:
    """What writes the Parquet file of each snapshot, until it is told to stop."""
    with open_store(settings) as client:
        yield ParquetCopy(
            client,
            catalog_keys(settings),
            stopping,
            wanted=settings.parquet,
            retry_seconds=settings.retry_seconds,
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
