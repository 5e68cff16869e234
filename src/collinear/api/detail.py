"""One dataset as an answer: its document, its impact in full, its place among all."""

from typing import Any

from fastapi import Response

from collinear.api.answers import MEDIA_TYPE
from collinear.domain.change import Change
from collinear.store import documents
from collinear.store.reader import Found, Standing


def detail(
    found: Found,
    standing: Standing,
    thresholds: dict[str, Any],
    headers: dict[str, str],
    card: bytes | None = None,
) -> Response:
    """A ``models.Detail``; ``card`` is the JSON of its card, empty for one that is too large."""
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
            "last_change": standing.last_change and _told(standing.last_change),
        }
    )
    if card is not None:
        more = b'"card_data":%b,"card_data_truncated":%b}'
        body = body[:-1] + b"," + more % (card or b"null", b"false" if card else b"true")
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


def _told(change: Change) -> dict[str, Any]:
    """A ``models.LastChange``."""
    return {
        "serial": str(change.serial),
        "op": change.op.value,
        "changed": change.changed,
        "at": change.at,
        "previous_id": change.previous_id,
    }
