"""A change as bytes: one line of JSON, and that line as an event."""

from collections.abc import Iterator, Mapping, Sequence

from collinear.domain.change import Change
from collinear.store import documents

Documents = Mapping[str, bytes] | None
"""By hub_id, without those that are gone; None where nobody asked for them."""


def lines(changes: Sequence[Change], found: Documents) -> Iterator[bytes]:
    """Each change as a ``models.Change`` without a line break; documents as they are stored."""
    return (_line(change, found) for change in changes)


def events(changes: Sequence[Change], found: Documents) -> list[bytes]:
    """
    Each change as a Server-Sent Event whose id is its serial.

    They have no name of their own: ``onmessage`` gets them all, and nothing but them.
    """
    return [
        b"id: %b\ndata: %b\n\n" % (str(change.serial).encode(), line)
        for change, line in zip(changes, lines(changes, found), strict=True)
    ]


def notice(name: str, data: bytes, *, id: str = "") -> bytes:
    """An event about the stream itself; without an ``id`` a listener's place stays as it was."""
    numbered = b"id: %b\n" % id.encode() if id else b""
    return b"%bevent: %b\ndata: %b\n\n" % (numbered, name.encode(), data)


def _line(change: Change, found: Documents) -> bytes:
    head = documents.to_bytes(
        {
            "serial": str(change.serial),
            "op": change.op.value,
            "id": change.id,
            "hub_id": change.hub_id,
            "previous_id": change.previous_id,
            "changed": change.changed,
            "at": change.at,
        }
    )
    if found is None:
        return head
    return b"".join((head[:-1], b',"document":', found.get(change.hub_id, b"null"), b"}"))
