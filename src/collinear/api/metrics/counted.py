"""Numbers that were counted, as families of Prometheus."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from collinear.store.counter_reader import Counters
from collinear.telemetry.families import FAMILIES
from collinear.telemetry.tally import MORE, SUM, Family, Tally, parts_of


class Others(Protocol):
    """The other processes that answer at the same address."""

    def totals(self) -> Iterable[Mapping[str, float]]:
        """What each of them has counted."""


class Counted(Collector):
    """What this process, those beside it, and all workers have counted."""

    def __init__(self, tally: Tally, others: Others, counters: Counters | None) -> None:
        self._tally = tally
        self._others = others
        self._counters = counters

    def collect(self) -> Iterable[Metric]:
        """One family for each name of the table, also where nothing was counted yet."""
        # what is told here must never be more than what the next process knows of this one
        parts = [*self._others.totals(), self._tally.totals()]
        if self._counters is not None:
            parts.append(self._counters.totals)
        found: dict[str, dict[tuple[str, ...], float]] = defaultdict(lambda: defaultdict(float))
        for part in parts:
            for text, number in part.items():
                name, *labels = parts_of(text)
                found[name][tuple(labels)] += number
        for name, family in FAMILIES.items():
            yield _to_metric(family, found.get(name, {}))


def _to_metric(family: Family, numbers: Mapping[tuple[str, ...], float]) -> Metric:
    if family.bounds:
        return _histogram(family, numbers)
    of = GaugeMetricFamily if family.level else CounterMetricFamily
    metric: Metric = of(family.name, family.text, labels=family.labels)
    for labels, number in sorted(numbers.items()):
        if len(labels) == len(family.labels):  # what another version has left may differ
            metric.add_metric(labels, number)  # type: ignore[attr-defined]
    return metric


def _histogram(family: Family, numbers: Mapping[tuple[str, ...], float]) -> Metric:
    metric = HistogramMetricFamily(family.name, family.text, labels=family.labels)
    bounds = [*(str(bound) for bound in family.bounds), MORE]
    series = {labels[:-1] for labels in numbers if len(labels) == len(family.labels) + 1}
    for labels in sorted(series):
        total, buckets = 0.0, []
        for bound in bounds:
            total += numbers.get((*labels, bound), 0)
            buckets.append((bound, total))
        metric.add_metric(labels, buckets, numbers.get((*labels, SUM), 0))
    return metric
