"""Values too large for one write: in pieces and parts, beside the one in use, then swapped in."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import NamedTuple

import redis

from collinear.domain.errors import RunFenced

PART_BYTES = 128 * 2**20
"""Where a value goes on in the next key: a larger one would break replicas' buffers."""

PIECE_BYTES = 4 * 2**20
"""For one write: Redis is busy with it for a few milliseconds."""


class Fence(NamedTuple):
    """What a field of a hash must hold for the writer to go on."""

    key: str
    field: str
    value: str


class PartsWriter:
    """
    Writes one value, piece by piece, and swaps it in at once.

    Each part is of at most ``part_bytes``.  Readers see the old value until ``swap``, then the new
    one.  Whatever an earlier writer left unfinished is overwritten.

    Raises:
        RunFenced: From ``write`` and ``swap``, where a fence does not hold any more, or Redis has
            forgotten a piece.
    """

    def __init__(
        self,
        client: redis.Redis,
        name: Callable[[int], str],
        *,
        meta: str,
        fences: Sequence[Fence],
        part_bytes: int = PART_BYTES,
    ) -> None:
        """``name`` gives the key of each part, ``meta`` is the hash that names the serial."""
        script = files("collinear.store").joinpath("parts.lua").read_bytes()
        self._script = client.register_script(script)
        self._client = client
        self._name = name
        self._meta = meta
        self._fences = fences
        self._part_bytes = part_bytes
        self._sizes = [0]

    def write(self, piece: bytes) -> None:
        """Add a piece to the value."""
        if self._sizes[-1] and self._sizes[-1] + len(piece) > self._part_bytes:
            self._sizes.append(0)
        unfinished = self._unfinished(len(self._sizes) - 1)
        self._step("piece", [unfinished], self._sizes[-1], piece)
        self._sizes[-1] += len(piece)

    @property
    def size(self) -> int:
        """Bytes that were written so far."""
        return sum(self._sizes)

    def discard(self) -> None:
        """Take back what was written and not swapped in, to give Redis its memory back."""
        self._client.unlink(*map(self._unfinished, range(len(self._sizes))))

    def swap(self, field: str, serial: str) -> None:
        """Put the value in the place of the old one, and the serial that it is true for in meta."""
        count = len(self._sizes)
        self._step(
            "swap",
            [
                *map(self._unfinished, range(count)),
                *map(self._name, range(count)),
                *self._surplus(self._name, count),
                *self._surplus(self._unfinished, count),
            ],
            field,
            serial,
            *self._sizes,
        )

    def _unfinished(self, part: int) -> str:
        first = f"{self._name(0)}:unfinished"
        return f"{first}:{part}" if part else first

    def _surplus(self, name: Callable[[int], str], count: int) -> list[str]:
        names: list[str] = []
        while self._client.exists(name(count + len(names))):
            names.append(name(count + len(names)))
        return names

    def _step(self, step: str, names: Sequence[str], *arguments: bytes | str | int) -> None:
        held = [text for fence in self._fences for text in (fence.field, fence.value)]
        answer = self._script(
            [self._meta, *(fence.key for fence in self._fences), *names],
            [step, len(self._fences), *held, *arguments],
        )
        if answer != b"ok":
            raise RunFenced(f"what is written to {self._name(0)} is in other hands")
