"""Changes of the catalog, and the serials that number them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self


class Op(StrEnum):
    """What happened to a dataset."""

    CREATE = "create"
    UPDATE = "update"
    MOVE = "move"
    DELETE = "delete"


class Serial(NamedTuple):
    """
    A position in the stream of changes, written ``EPOCH:STREAM-ID``.

    Serials of one epoch only grow.  The epoch changes when the store was emptied or
    restored: serials of different epochs say nothing about each other.
    """

    epoch: str
    position: str

    def __str__(self) -> str:
        return f"{self.epoch}:{self.position}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read what ``str()`` wrote.

        Raises:
            ValueError: The text is no serial.
        """
        epoch, colon, position = text.partition(":")
        first, dash, second = position.partition("-")
        if not (colon and dash and epoch and first.isdecimal() and second.isdecimal()):
            raise ValueError(f"not a serial: {text!r}")
        return cls(epoch, position)

    @property
    def order(self) -> tuple[int, int]:
        """What serials of one epoch are compared by."""
        first, _, second = self.position.partition("-")
        return int(first), int(second)


BEGINNING = "0-0"
"""The stream position before the first change."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one dataset; ``id`` is the new id of a move, the last id of a delete."""

    serial: Serial
    op: Op
    id: str
    hub_id: str
    previous_id: str | None
    changed: tuple[str, ...]
    at: str
