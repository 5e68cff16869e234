"""Where a page begins, and what it holds."""

from dataclasses import dataclass
from typing import NamedTuple

from collinear.domain.errors import BadCursor


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after the position that an earlier page named, or at an offset."""

    after: str | None
    offset: int
    limit: int

    def fields(self, kind: str, count: int) -> list[str] | None:
        """
        The ``count`` fields of the position; None where the offset counts.

        Raises:
            BadCursor: The position is none in this kind of order.
        """
        if self.after is None:
            return None
        parts = self.after.split(".", count)
        if len(parts) != count + 1 or parts[0] != kind:
            raise broken()
        return parts[1:]

    def numbers(self, kind: str, count: int) -> list[int] | None:
        """The same, for fields that are numbers of 64 bits."""
        fields = self.fields(kind, count)
        return None if fields is None else [to_number(field) for field in fields]


class Page(NamedTuple):
    """Some ids; ``total`` is None where it has to be counted apart."""

    ids: tuple[str, ...]
    total: int | None
    next: str | None


def kind(field: str, upwards: bool) -> str:
    """What positions in one order begin with."""
    return f"{field}-{'asc' if upwards else 'desc'}"


def to_number(text: str) -> int:
    """
    A field of a position as a number.

    Raises:
        BadCursor: It is none of 64 bits.
    """
    if text.isdecimal() and len(text) <= 20 and int(text) < 2**64:
        return int(text)
    raise broken()


def broken() -> BadCursor:
    """What to say about a position that cannot be read."""
    return BadCursor("This cursor is broken or goes with another query: start again without it.")
