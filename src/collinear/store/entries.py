"""A change as an entry of the stream, and back."""

from collections.abc import Mapping

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
