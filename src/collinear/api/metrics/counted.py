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
from collinear.telemetry.tally import MORE, SUM, Family, parts_of


class Processes(Protocol):
    """The processes that answer at this address."""

    def totals(self) -> Iterable[Mapping[str, float]]:
        """What each of them has counted."""


class Counted(Collector):
    """What the API processes behind this address, and all workers, have counted."""

    def __init__(self, processes: Processes, counters: Counters | None) -> None:
        self._processes = processes
        self._counters = counters

    def collect(self) -> Iterable[Metric]:
        """One family for each name of the table, also where nothing was counted yet."""
        found: dict[str, dict[tuple[str, ...], float]] = defaultdict(lambda: defaultdict(float))
        for part, totals in self._parts():
            for text, number in totals.items():
                name, *labels = parts_of(text)
                if (family := FAMILIES.get(name)) is not None:  # not what another version left
                    found[name][tuple([part, *labels] if family.parted else labels)] += number
        for name, family in FAMILIES.items():
            yield _to_metric(family, found[name])

    def _parts(self) -> Iterable[tuple[str, Mapping[str, float]]]:
        for totals in self._processes.totals():
            yield "api", totals
        if self._counters is not None:
            yield "workers", self._counters.totals


def _to_metric(family: Family, numbers: Mapping[tuple[str, ...], float]) -> Metric:
    names = ("part", *family.labels) if family.parted else family.labels
    if family.bounds:
        return _histogram(family, names, numbers)
    of = GaugeMetricFamily if family.level else CounterMetricFamily
    metric: Metric = of(family.name, family.text, labels=names)
    for labels, number in sorted(numbers.items()):
        if len(labels) == len(names):  # what another version has left may differ
            metric.add_metric(labels, number)  # type: ignore[attr-defined]
    return metric


def _histogram(
    family: Family, names: tuple[str, ...], numbers: Mapping[tuple[str, ...], float]
) -> Metric:
    metric = HistogramMetricFamily(family.name, family.text, labels=names)
    bounds = [*(str(bound) for bound in family.bounds), MORE]
    series = {labels[:-1] for labels in numbers if len(labels) == len(names) + 1}
    for labels in sorted(series):
        total, buckets = 0.0, []
        for bound in bounds:
            total += numbers.get((*labels, bound), 0)
            buckets.append((bound, total))
        metric.add_metric(labels, buckets, numbers.get((*labels, SUM), 0))
    return metric
