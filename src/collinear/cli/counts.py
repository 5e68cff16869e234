"""Facets as tables for people."""

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from collinear.cli import text
from collinear.domain.facets import measure
from collinear.search.facets import Facet, Values
from collinear.search.histograms import Bucket, Histogram

SHOWN = 10
"""Values of a facet that a person is shown unless they ask for another number."""


def tables(facets: Mapping[str, Facet]) -> RenderableType:
    """One table for each facet, below each other."""
    return Group(*[part for name, facet in facets.items() for part in _table(name, facet)])


def _table(name: str, facet: Facet) -> Iterator[RenderableType]:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column((measure(name) or name).upper(), overflow="fold", min_width=20)
    table.add_column("DATASETS", justify="right", no_wrap=True)
    for words, count in _rows(name, facet):
        table.add_row(text.printable(words), text.count(count))
    yield Text()
    yield table
    if isinstance(facet, Values) and facet.more:
        yield Text("There are more: --facet-limit shows so many.", style="dim")


def _rows(name: str, facet: Facet) -> Iterator[tuple[str, int]]:
    if isinstance(facet, Histogram):
        for bucket in facet.buckets:
            yield _bounds(name, bucket), bucket.count
        if facet.unknown:
            yield "unknown", facet.unknown
    else:
        yield from facet.counts.items()


def _bounds(name: str, bucket: Bucket) -> str:
    """``10 to 99``, ``1.0 kB to 10 kB``, ``2024-03``."""
    start, end = bucket.start, bucket.end
    if isinstance(start, str):
        return f"{start[:7]}{'' if end else ' and later'}"
    if isinstance(end, str):
        return f"before {end[:7]}"
    if start is not None and end is not None and end - start == 1:
        return str(start)
    if measure(name) == "size_bytes":
        shown = f"to {text.size(end)}" if end else "and more"
        return f"{text.size(start)} {shown}"
    return f"{text.count(start)} {f'to {text.count(end - 1)}' if end else 'and more'}"
