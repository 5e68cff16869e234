"""Stored documents as answers: spliced, never parsed and printed again, as far as that goes."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import orjson
from fastapi import Request, Response

from collinear.api import conditions
from collinear.api.streams.lines import lines
from collinear.browse.catalog import Listing
from collinear.browse.discovery import Similar
from collinear.browse.readiness import IndexStatus
from collinear.domain.query import DatasetQuery
from collinear.search.facets import Facet, Values
from collinear.search.histograms import Histogram
from collinear.store import documents
from collinear.store.changes import Stretch
from collinear.store.letter_reader import Letters
from collinear.store.status import CatalogStatus

MEDIA_TYPE = "application/json"


def page(listing: Listing, query: DatasetQuery, headers: dict[str, str]) -> Response:
    """A ``listed.Page``; the tests parse it back to prove it."""
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
            "forgiven_words": listing.reading.forgiven_words if listing.reading else (),
            "dropped_words": listing.reading.dropped_words if listing.reading else (),
            **_facets(listing.facets),
        }
    )
    items = b",".join(_items(listing))
    body = b"".join((head[:-1], b',"items":[', items, b"]}"))
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


def _facets(facets: dict[str, Facet] | None) -> dict[str, Any]:
    """What was counted, and where there is more of it."""
    if facets is None:
        return {"facets": None, "facets_more": ()}
    shown = {
        name: facet.counts if isinstance(facet, Values) else _histogram(facet)
        for name, facet in facets.items()
    }
    more = [name for name, facet in facets.items() if isinstance(facet, Values) and facet.more]
    return {"facets": shown, "facets_more": more}


def _histogram(histogram: Histogram) -> dict[str, Any]:
    buckets = [
        {"from": bucket.start, "to": bucket.end, "count": bucket.count}
        for bucket in histogram.buckets
    ]
    return {"buckets": buckets, "unknown": histogram.unknown}


def _items(listing: Listing) -> Iterable[bytes]:
    """The documents, each with what was asked for beside it."""
    found: Iterable[bytes] = listing.documents
    if listing.highlights is not None:
        found = [
            _with(document, highlights=marks)
            for document, marks in zip(found, listing.highlights, strict=True)
        ]
    if listing.explanations is not None:
        found = [
            _with(document, explanation=listing.explanations.get(documents.parse(document)["id"]))
            for document in found
        ]
    return found


def _with(document: bytes, **more: Any) -> bytes:
    """A stored document with more fields at its end."""
    return document[:-1] + b"," + orjson.dumps(more)[1:]


def similar(found: Similar, headers: dict[str, str]) -> Response:
    """A ``found.SimilarDatasets``."""
    items = [
        _with(document, shared_tags=tags)
        for document, tags in zip(found.documents, found.shared_tags, strict=True)
    ]
    body = b"".join((b'{"items":[', b",".join(items), b"]}"))
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


def changes(stretch: Stretch) -> bytes:
    """The body of a ``models.Changes``; the documents are spliced in as they are stored."""
    after = orjson.dumps(
        {
            "next": stretch.next and str(stretch.next),
            "serial": stretch.newest and str(stretch.newest),
        }
    )
    shown = b",".join(lines(stretch.changes, stretch.documents))
    return b"".join((b'{"changes":[', shown, b"],", after[1:]))


def status(status: CatalogStatus, index: IndexStatus | None) -> dict[str, Any]:
    """The body of a ``states.CacheStatus``."""
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
        "rate_limit": status.rate_limit and asdict(status.rate_limit),
        "quarantine": status.quarantine,
        "freshness": status.freshness and asdict(status.freshness),
        "dead_letters": status.dead_letters,
        "hub_fields_missing": status.hub_fields_missing,
        "token_refused": status.token_refused,
        "queued": status.queued,
        "store_trouble": status.store_trouble,
    }


def dead_letters(letters: Letters) -> dict[str, Any]:
    """The body of a ``states.DeadLetters``."""
    return {"total": letters.total, "items": letters.items}


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


def unconfirmed(body: dict[str, Any], marks: Mapping[str, str]) -> Response:
    """Something that was true when it was last asked for; ``marks`` say so."""
    return Response(documents.to_bytes(body), headers=dict(marks), media_type=MEDIA_TYPE)


def state(body: dict[str, Any]) -> Response:
    """Something that is true now and not to be kept."""
    return Response(
        documents.to_bytes(body), headers={"Cache-Control": "no-store"}, media_type=MEDIA_TYPE
    )
