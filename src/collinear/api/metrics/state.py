"""The state of the catalog, as it is when it is asked for."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from collinear.browse.readiness import IndexStatus
from collinear.domain import moments
from collinear.store.run_records import Kind
from collinear.store.status import CatalogStatus, Freshness, RateLimit


class CatalogState(Collector):
    """Levels that Redis and the index tell; what is not known is left out."""

    def __init__(self, status: CatalogStatus | None, index: IndexStatus | None, now: float) -> None:
        """``status`` None: the store does not answer."""
        self._status = status
        self._index = index
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """One family for each."""
        status, index = self._status, self._index
        yield gauge("collinear_store_up", "Whether Redis answers.", status is not None)
        if status is None:
            return
        yield gauge("collinear_datasets", "Datasets in the catalog.", status.total_items)
        yield gauge(
            "collinear_refreshing",
            "Whether a full or page-wise refresh goes on.",
            status.version.refreshing,
        )
        yield gauge(
            "collinear_warming_up",
            "Whether the first full load is yet to complete.",
            status.version.warming_up,
        )
        updated = moments.parse(status.last_update) if status.last_update else None
        if updated is not None:
            yield gauge(
                "collinear_last_update_age_seconds",
                "Seconds since the last complete run.",
                max(self._now - updated / 1000, 0),
            )
        yield gauge(
            "collinear_last_run_failed", "Whether the last run failed.", bool(status.last_error)
        )
        held = status.held_removals or {}
        yield gauge(
            "collinear_held_removals", "Removals that wait for consent.", held.get("count", 0)
        )
        yield gauge(
            "collinear_quarantine",
            "Whether a run was stopped because the Hub's answers looked wrong.",
            status.quarantine is not None,
        )
        yield gauge("collinear_dead_letters", "Rows that are set aside now.", status.dead_letters)
        yield gauge(
            "collinear_hub_fields_missing",
            "Fields that this Hub does not tell.",
            len(status.hub_fields_missing),
        )
        yield gauge(
            "collinear_store_trouble",
            "Whether Redis answers, but stores nothing.",
            status.store_trouble is not None,
        )
        yield from _quota(status.rate_limit)
        yield _freshness(status.freshness)
        yield from self._run(status)
        yield gauge("collinear_index_open", "Whether a search index is open.", index is not None)
        if index is not None:
            yield gauge(
                "collinear_index_documents", "Documents in the search index.", index.documents
            )
            yield gauge(
                "collinear_index_lag_seconds",
                "Age of the oldest change that the index lacks.",
                index.lag_seconds,
            )
            if index.silent_seconds is not None:
                yield gauge(
                    "collinear_indexer_silent_seconds",
                    "Seconds since the indexer's last sign of life.",
                    index.silent_seconds,
                )

    def _run(self, status: CatalogStatus) -> Iterable[Metric]:
        last = status.last_run
        family = GaugeMetricFamily(
            "collinear_run", "The run that goes on, or the last one.", labels=["kind", "state"]
        )
        if last is not None:
            family.add_metric([last.kind, last.state], 1)
        yield family
        queued = GaugeMetricFamily(
            "collinear_queued_runs", "Runs that wait for their turn.", labels=["kind"]
        )
        for kind in Kind:
            queued.add_metric([kind.value], kind.value in status.queued)
        yield queued
        progress = status.progress
        for field, name, text in (
            ("pages_done", "collinear_run_pages_done", "Pages that the run has stored."),
            ("pages_total", "collinear_run_pages_total", "Pages of the run, where known."),
            ("rows", "collinear_run_rows", "Rows that the run has read."),
        ):
            family = GaugeMetricFamily(name, text, labels=["kind"])
            value = getattr(progress, field, None)
            if progress is not None and value is not None:
                family.add_metric([progress.kind], value)
            yield family


def _quota(limit: RateLimit | None) -> Iterable[Metric]:
    """What is not known is left out: 0 would say that nothing is left."""
    if limit is None:
        return
    for name, text, value in (
        ("collinear_quota", "Requests that the Hub grants in a window.", limit.quota),
        ("collinear_quota_remaining", "Requests that are left of the quota.", limit.remaining),
        (
            "collinear_quota_reset_seconds",
            "Seconds until the window of the quota ends.",
            limit.reset_seconds,
        ),
        (
            "collinear_quota_share",
            "The part of the quota that synchronisation may use.",
            limit.share,
        ),
        (
            "collinear_quota_waiting_seconds",
            "Seconds for which synchronisation holds its requests back.",
            limit.waiting_seconds,
        ),
    ):
        if value is not None:
            yield gauge(name, text, value)


def _freshness(freshness: Freshness | None) -> Metric:
    family = GaugeMetricFamily(
        "collinear_freshness_seconds",
        "Seconds since this part of the datasets was last seen on the Hub.",
        labels=["part"],
    )
    if freshness is not None:
        family.add_metric(["0.5"], freshness.p50_seconds)
        family.add_metric(["0.99"], freshness.p99_seconds)
        family.add_metric(["1"], freshness.oldest_seconds)
    return family


def gauge(name: str, text: str, value: float) -> Metric:
    """A level without labels."""
    return GaugeMetricFamily(name, text, value=float(value))
