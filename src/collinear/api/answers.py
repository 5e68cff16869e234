"""Stored documents as answers: spliced, never parsed and printed again, as far as that goes."""

from typing import Any

import orjson
from fastapi import Request, Response

from collinear.api import conditions
from collinear.browse.catalog import IndexStatus, Listing
from collinear.domain.query import DatasetQuery
from collinear.store import documents
from collinear.store.reader import Found, Standing
from collinear.store.status import CatalogStatus

MEDIA_TYPE = "application/json"


def page(listing: Listing, query: DatasetQuery, headers: dict[str, str]) -> Response:
    """A ``models.Page``; the tests parse it back to prove it."""
    pages = -(-listing.total // query.limit)
    current = None if query.cursor else query.offset // query.limit + 1
    more = current is not None and query.offset + query.limit < listing.total
    head = orjson.dumps(
        {
            "total": listing.total,
            "current_page": current,
            "total_pages": pages,
            "next_page": current + 1 if current is not None and more else None,
            "prev_page": (min(current - 1, pages) or None) if current is not None else None,
            "next_cursor": listing.next_cursor,
            "warming_up": listing.version.warming_up,
            "refreshing": listing.version.refreshing,
        }
    )
    body = b"".join((head[:-1], b',"items":[', b",".join(listing.documents), b"]}"))
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


def detail(
    found: Found, standing: Standing, thresholds: dict[str, Any], headers: dict[str, str]
) -> Response:
    """A ``models.Detail``."""
    document = documents.parse(found.document)
    summary = document["impact_assessment"]
    body = documents.to_bytes(
        {
            **document,
            "impact_assessment": {
                "dataset_id": document["id"],
                "impact_level": document["impact_level"],
                "assessment_method": summary["assessment_method"],
                "levels": summary["levels"],
                "metrics": {name: document[name] for name in thresholds},
                "thresholds": thresholds,
            },
            "ranks": {
                name: rank._asdict() if rank else None for name, rank in standing.ranks.items()
            },
            "last_seen": standing.last_seen,
        }
    )
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


def status(status: CatalogStatus, index: IndexStatus | None) -> dict[str, Any]:
    """The body of a ``models.CacheStatus``."""
    progress = status.progress
    return {
        "last_update": status.last_update,
        "total_items": status.total_items,
        "warming_up": status.version.warming_up,
        "refreshing": status.version.refreshing,
        "progress": progress
        and {
            "run_id": progress.run_id,
            "kind": progress.kind,
            "pages_done": progress.pages_done,
            "pages_total": progress.pages_total,
            "rows": progress.rows,
            "started_at": progress.started_at,
            "eta_seconds": progress.eta_seconds,
        },
        "last_error": status.last_error,
        "held_removals": status.held_removals,
        "serial": status.version.serial or None,
        "index": index
        and {
            "serial": index.serial,
            "documents": index.documents,
            "lag_seconds": index.lag_seconds,
        },
    }


def made(request: Request, body: object, serial: str) -> Response:
    """Something that was made anyway, with a tag of its own."""
    content = body if isinstance(body, bytes) else documents.to_bytes(body)  # type: ignore[arg-type]
    etag = conditions.body_tag(request, content)
    headers = conditions.headers(etag, serial)
    if conditions.has(request, etag):
        return conditions.not_modified(headers)
    return Response(content, headers=headers, media_type=MEDIA_TYPE)


def accepted(body: dict[str, Any]) -> Response:
    """Something that will be done."""
    return Response(
        documents.to_bytes(body),
        status_code=202,
        headers={"Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


def state(body: dict[str, Any]) -> Response:
    """Something that is true now and not to be kept."""
    return Response(
        documents.to_bytes(body), headers={"Cache-Control": "no-store"}, media_type=MEDIA_TYPE
    )
