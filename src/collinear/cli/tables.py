"""Datasets and states as tables for people."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from collinear.browse.catalog import Listing
from collinear.browse.discovery import Similar
from collinear.browse.readiness import IndexStatus
from collinear.cli import text
from collinear.cli.asking import Shown
from collinear.domain.query import DatasetQuery
from collinear.store import documents
from collinear.store.letter_reader import Letters
from collinear.store.status import CatalogStatus, Progress, RateLimit

_IMPACT = {"high": "bold red", "medium": "yellow", "low": "green"}
_MANY_TAGS = 40
_ROW = 60
"""Characters of a row whose identity cannot be read."""
_LETTER_ID = 200
"""Characters of the id of a row that was set aside: it may be of any length."""


def page(listing: Listing, query: DatasetQuery, hub: str) -> RenderableType:
    """A page of datasets, and how to get the next one."""
    if not listing.total:
        return Text(_nothing(listing, query))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("ID", overflow="fold", min_width=20)
    table.add_column("IMPACT")
    for name in ("DOWNLOADS", "LIKES", "SIZE"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("MODIFIED", no_wrap=True)
    for stored in listing.documents:
        item = documents.parse(stored)
        table.add_row(
            _id(item["id"], hub),
            _impact(item["impact_level"]),
            text.count(item["downloads"]),
            text.count(item["likes"]),
            text.size(item["size_bytes"]),
            (item["last_modified"] or "-")[:10],
        )
    return Group(table, Text(_footer(listing, query), style="dim"))


def similar(found: Similar, hub: str) -> RenderableType:
    """Datasets that are like another one, and the tags that they share with it."""
    if not found.documents:
        return Text("No dataset is like it.")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("ID", overflow="fold", min_width=20)
    for name in ("DOWNLOADS", "LIKES"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("SHARED TAGS", overflow="fold")
    for stored, shared in zip(found.documents, found.shared_tags, strict=True):
        item = documents.parse(stored)
        table.add_row(
            _id(item["id"], hub), text.count(item["downloads"]), text.count(item["likes"]),
            _tags(shared),
        )  # fmt: skip
    return table


def dataset(shown: Shown) -> RenderableType:
    """Everything that is known of one dataset."""
    item = documents.parse(shown.found.document)
    levels = item["impact_assessment"]["levels"]
    table = _fields()
    table.add_row("id", _id(item["id"], shown.hub))
    table.add_row("address", _address(item["id"], shown.hub))
    table.add_row("hub id", item["hub_id"])
    table.add_row("author", text.printable(item["author"] or "-"))
    method = item["impact_assessment"]["assessment_method"]
    table.add_row("impact", Text.assemble(_impact(item["impact_level"]), f" by {method}"))
    for name, shown_as in (("downloads", text.count), ("likes", text.count), ("size", text.size)):
        field = "size_bytes" if name == "size" else name
        words = f"{shown_as(item[field])}{_rank(shown, field)}, {levels[field]}"
        table.add_row(name, words if item[field] is not None else "-")
    table.add_row("downloads ever", text.count(item["downloads_all_time"]))
    table.add_row("trending score", text.count(item["trending_score"]))
    table.add_row("gated", item["gated"] or "no")
    if item["disabled"]:
        table.add_row("disabled", "yes")
    table.add_row("created", item["created_at"] or "-")
    table.add_row("modified", item["last_modified"] or "-")
    table.add_row("revision", text.printable(item["sha"] or "-"))
    table.add_row("last seen", shown.standing.last_seen or "-")
    last = shown.standing.last_change
    fields = f" ({', '.join(last.changed)})" if last and last.changed else ""
    table.add_row("last change", f"{last.op} {last.at}{fields}" if last else "-")
    table.add_row("tags", _tags(item["tags"]))
    table.add_row("description", text.printable(item["description"] or "-"))
    return table


def status(status: CatalogStatus, index: IndexStatus | None) -> RenderableType:
    """The state of the catalog."""
    table = _fields()
    warming = " (the first load is not complete)" if status.version.warming_up else ""
    table.add_row("datasets", f"{status.total_items:,}{warming}")
    table.add_row("last update", status.last_update or "never")
    table.add_row("refresh", progress(status.progress) if status.progress else "none")
    table.add_row("serial", status.version.serial or "-")
    if index:
        lag = f"{text.duration(index.lag_seconds)} behind" if index.lag_seconds else "up to date"
        table.add_row("index", f"{index.documents:,} datasets, {lag}")
    else:
        table.add_row("index", Text("not open: no search yet", style="yellow"))
    for name, words, style in _worth_saying(status):
        table.add_row(name, Text(text.printable(words), style=style))
    return table


def _worth_saying(status: CatalogStatus) -> Iterator[tuple[str, str, str]]:
    """What has something to tell, as name, words and style: first how it is, then what is wrong."""
    if status.queued:
        yield "queued", ", ".join(status.queued), ""
    if status.freshness:
        ages = status.freshness
        half, most, all_of = map(
            text.duration, (ages.p50_seconds, ages.p99_seconds, ages.oldest_seconds)
        )
        yield "seen", f"half within {half}, 99 % within {most}, all within {all_of}", ""
    if status.rate_limit:
        yield "quota", _quota(status.rate_limit), ""
    if status.hub_fields_missing:
        missing = ", ".join(status.hub_fields_missing)
        yield "not told", f"this Hub does not tell {missing}", "yellow"
    if status.token_refused:
        yield "token", status.token_refused, "yellow"
    if status.dead_letters:
        words = f"{_rows(status.dead_letters)}; 'collinear status --dead-letters' tells why"
        yield "set aside", words, "yellow"
    if status.held_removals:
        held = status.held_removals
        yield (
            "held removals",
            f"{held['count']:,} of {held['of']:,} datasets; "
            "'collinear refresh --accept-removals' removes them",
            "yellow",
        )
    if status.quarantine:
        found = status.quarantine
        yield (
            "quarantine",
            f"{found.get('reason')} (a {found.get('kind')} run, {found.get('at')})",
            "red",
        )
    error = status.last_error
    if error and error.get("message") != (status.quarantine or {}).get("reason"):
        yield "last error", f"{error.get('message')} ({error.get('at')})", "red"
    if status.store_trouble:
        yield "store", status.store_trouble, "bold red"


def _quota(limit: RateLimit) -> str:
    """``412 of 500 requests left, whole again in 3 min; we use 50 %``."""
    if limit.quota is not None:
        left = limit.quota if limit.remaining is None else limit.remaining
        words = f"{left:,} of {limit.quota:,} requests left"
        if limit.reset_seconds:
            words += f", whole again in {text.duration(limit.reset_seconds)}"
    else:
        words = "the Hub tells none"
    words += f"; synchronisation may use {limit.share:.0%}"
    if limit.waiting_seconds:
        words += f", and waits for {text.duration(limit.waiting_seconds)}"
    return words


def dead_letters(letters: Letters) -> RenderableType:
    """The rows that could not be stored, and why."""
    if not letters.total:
        return Text("Every row of the Hub could be stored.")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("ID", overflow="fold", min_width=20)
    table.add_column("REASON", overflow="fold", min_width=20)
    table.add_column("TIMES", justify="right", no_wrap=True)
    table.add_column("SINCE", no_wrap=True)
    table.add_column("LAST", no_wrap=True)
    for letter in letters.items:
        name = letter["id"] or letter["hub_id"] or letter["row"][:_ROW]
        table.add_row(
            text.printable(text.shortened(str(name), _LETTER_ID)),
            text.printable(str(letter["reason"])),
            text.count(letter["times"]),
            letter["first_at"][:16],
            letter["at"][:16],
        )
    return Group(table, Text(f"{_rows(letters.total)}; each run tries again.", style="dim"))


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def progress(progress: Progress) -> str:
    """``full, page 12 of 1,500, 12,000 datasets, about 7 min left``."""
    of = f" of {progress.pages_total:,}" if progress.pages_total else ""
    left = (
        f", about {text.duration(progress.eta_seconds)} left"
        if progress.eta_seconds is not None
        else ""
    )
    return f"{progress.kind}, page {progress.pages_done:,}{of}, {progress.rows:,} datasets{left}"


def summary(outcome: dict[str, Any]) -> str:
    """What a refresh came to, in one line."""
    found = outcome.get("summary") or {}
    names = ("created", "updated", "moved", "deleted", "unchanged", "rejected")
    counts = ", ".join(f"{found[name]:,} {name}" for name in names if found.get(name) is not None)
    took = f" in {text.duration(found['seconds'])}" if found.get("seconds") is not None else ""
    return f"{outcome['kind']} refresh succeeded{took}: {found.get('rows', 0):,} seen, {counts}"


def _fields() -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _id(dataset_id: str, hub: str) -> Text:
    link = Style(link=_address(dataset_id, hub))
    return Text(text.printable(dataset_id), style=link)


def _address(dataset_id: str, hub: str) -> str:
    return f"{hub}/datasets/{quote(dataset_id, errors='replace')}"


def _impact(level: str) -> Text:
    return Text("unknown" if level == "not_available" else level, style=_IMPACT.get(level, "dim"))


def _rank(shown: Shown, field: str) -> str:
    rank = shown.standing.ranks.get(field)
    return f" (rank {rank.rank:,} of {rank.of:,})" if rank else ""


def _tags(tags: list[str]) -> str:
    more = f", and {len(tags) - _MANY_TAGS:,} more" if len(tags) > _MANY_TAGS else ""
    return text.printable(", ".join(tags[:_MANY_TAGS]) or "-") + more


def _nothing(listing: Listing, query: DatasetQuery) -> str:
    if listing.version.warming_up:
        return "Nothing yet: the first load goes on ('collinear status' tells how far it is)."
    if not query.is_whole:
        return "No dataset fits: try fewer words or filters."
    return "The catalog is empty: the Hub has no public dataset."


def _footer(listing: Listing, query: DatasetQuery) -> str:
    shown, first = len(listing.documents), query.offset + 1
    if query.cursor:
        words = f"{shown:,} of {listing.total:,} datasets."
    elif not shown:
        words = f"{listing.total:,} datasets; none behind {query.offset:,}."
    else:
        words = f"{first:,} to {first + shown - 1:,} of {listing.total:,} datasets."
    if not query.cursor and shown and query.offset + shown < listing.total:
        words += f" The next: --offset {query.offset + shown}."
    if listing.version.warming_up:
        words += " The first load goes on: there will be more."
    return words + _reading(listing)


def _reading(listing: Listing) -> str:
    """How the words were taken, where that was not as they were typed."""
    if listing.reading is None or not listing.reading.mark:
        return ""
    words = "No dataset has all the words as typed."
    if forgiven := listing.reading.forgiven_words:
        words += f" With typos: {', '.join(forgiven)}."
    if dropped := listing.reading.dropped_words:
        words += f" Without: {', '.join(dropped)}."
    return "\n" + text.printable(words)
