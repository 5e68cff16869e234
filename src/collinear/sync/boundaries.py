"""
Where the pages of the creation order end.

The order goes by ``hub_id``, and so does its cursor.  A page ends with its last row: while that
one is listed, it is recognised; when it has left, the rows behind it tell.
"""

from collections.abc import Sequence
from typing import Any

from collinear.hub.wire import hub_id_of
from collinear.store.run_records import Page, Segment


def pages_of(page_map: Sequence[Segment]) -> list[Page]:
    """The pages of a page-wise run; the last one goes on to the end."""
    return [
        *(Page(segment.cursor, segment.last) for segment in page_map[:-1]),
        Page(page_map[-1].cursor),
    ]


def end_of(rows: Sequence[Any]) -> str | None:
    """The hub_id of the last row; None where it cannot be read: the page then has no known end."""
    return hub_id_of(rows[-1]) if rows else None


def last_of(rows: Sequence[Any]) -> str | None:
    """The hub_id of the last row that has one."""
    return next((hub_id for row in reversed(rows) if (hub_id := hub_id_of(row))), None)


def up_to(until: str, rows: list[Any]) -> tuple[list[Any], bool]:
    """The rows up to the boundary, and whether they meet it; one that has left is met too."""
    hub_ids = [hub_id_of(row) for row in rows]
    if until in hub_ids:
        return rows[: hub_ids.index(until) + 1], True
    known = [hub_id for hub_id in hub_ids if hub_id is not None]
    if not known or known[-1] < until or known != sorted(known):
        # Where a Hub orders its rows otherwise, only the row itself can tell: rather read on
        # than leave out rows that would then pass for departures.
        return rows, False
    within = [at for at, hub_id in enumerate(hub_ids) if hub_id is not None and hub_id <= until]
    return rows[: within[-1] + 1] if within else [], True


def joined(segments: Sequence[Segment]) -> list[Segment]:
    """
    The page map with pages of known ends only.

    A page that was empty, or whose last row could not be read, is one with the page behind it.
    One that ends where the page before it ends was walked twice, after an answer that was empty
    only the first time.
    """
    whole: list[Segment] = []
    waiting: list[str | None] = []
    for segment in segments:
        if segment.last is None:
            waiting.append(segment.cursor)
            continue
        cursor = waiting[0] if waiting else segment.cursor
        waiting.clear()
        if not whole or whole[-1].last != segment.last:
            whole.append(Segment(cursor, segment.last))
    return whole
