"""A change as an entry of the stream, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from collinear.domain.change import Change, Op, Serial

FIELDS = ("op", "id", "hub_id", "previous_id", "changed", "at")
"""Every entry has these fields in this order: the stream then keeps their names only once."""


def to_change(epoch: str, position: str, entry: Mapping[str, str]) -> Change:
    """The change that an entry of ``PREFIX:changes`` announces."""
    return Change(
        serial=Serial(epoch, position),
        op=Op(entry["op"]),
        id=entry["id"],
        hub_id=entry["hub_id"],
        previous_id=entry["previous_id"] or None,
        changed=tuple(entry["changed"].split(",")) if entry["changed"] else (),
        at=entry["at"],
    )


def read_entry(epoch: str, entry: Sequence[Any]) -> Change:
    """The same, of an entry as a script returns it: the position, then names and values."""
    position, told = entry
    return to_change(
        epoch, position.decode(), dict(zip(FIELDS, map(_text, told[1::2]), strict=True))
    )


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogatepass")
