"""A Hub that lives: every few seconds a few datasets change by themselves."""

from collections.abc import Iterator
from contextlib import suppress
from random import Random

from collinear.sandbox import operations
from collinear.sandbox.generate import generate
from collinear.sandbox.operations import BadOperation
from collinear.sandbox.orders import Sort
from collinear.sandbox.world import World

_NEW_ONES = 100_000
"""New datasets are taken from a generated world of this size, from its end."""


_SETTLED = 200
"""Steps in which datasets change but none comes: a first load can be held against its source."""


class Life:
    """
    What happens to a world, one step at a time; which datasets it befalls, the seed decides.

    Those that the world began with are used and committed to, but never leave: names change
    hands and datasets go among those that came later.
    """

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._rng = Random(f"life {seed}")
        self._steps = 0
        self._new = _newborn(seed)
        self._born_here: list[str] = []

    def step(self) -> list[str]:
        """Let a few things happen; what happened, for whoever wants to tell."""
        self._steps += 1
        actions = [self._used, self._used, self._used, self._committed]
        if self._steps > _SETTLED:
            if self._steps % 2 == 0:
                actions.append(self._born)
            if self._steps % 7 == 0:
                actions.append(self._renamed)
            if self._steps % 11 == 0:
                actions.append(self._deleted)
        happened = []
        for action in actions:
            with suppress(BadOperation):  # nobody is there, or the name is taken: next time
                happened.append(action())
        return happened

    def _any(self) -> str:
        """The id of some dataset, rather a young one; raises BadOperation in an empty world."""
        slots = self._world.order(Sort.CREATED_AT).slots
        if not slots:
            raise BadOperation("there is no dataset")
        return self._world.ids[slots[-1 - int(len(slots) * self._rng.random() ** 3)]]

    def _used(self) -> str:
        dataset_id = self._any()
        row = self._row(dataset_id)
        more = 1 + int(self._rng.random() * 40)
        fields = {
            name: value + more
            for name in ("downloads", "downloadsAllTime")
            if isinstance(value := row.get(name), int)
        }
        if isinstance(likes := row.get("likes"), int) and self._rng.random() < 0.5:
            fields["likes"] = likes + 1
        operations.edit(self._world, dataset_id, fields)
        return f"{dataset_id} was downloaded {more} times"

    def _committed(self) -> str:
        dataset_id = self._any()
        description = str(self._row(dataset_id).get("description", "")).partition("\n\nUpdate ")[0]
        text = f"{description}\n\nUpdate {self._steps}: a few rows were corrected."
        operations.edit(self._world, dataset_id, {"description": text}, commit=True)
        return f"{dataset_id} was committed to"

    def _born(self) -> str:
        row = next(self._new)
        for key in ("_id", "sha", "createdAt", "lastModified"):
            del row[key]
        row.update(downloads=0, downloadsAllTime=0, likes=0)
        self._born_here.append(operations.add(self._world, row)["id"])
        return f"{self._born_here[-1]} is new"

    def _renamed(self) -> str:
        dataset_id = self._one_born_here()
        to = f"{dataset_id}-renamed-{self._steps}"
        operations.rename(self._world, dataset_id, to)
        self._born_here.append(to)
        return f"{dataset_id} is called {to} now"

    def _deleted(self) -> str:
        dataset_id = self._one_born_here()
        operations.delete(self._world, dataset_id)
        return f"{dataset_id} is gone"

    def _one_born_here(self) -> str:
        if not self._born_here:
            raise BadOperation("nobody was born yet")
        return self._born_here.pop(self._rng.randrange(len(self._born_here)))

    def _row(self, dataset_id: str) -> dict[str, object]:
        slot = self._world.slot(dataset_id)
        return {} if slot is None else self._world.row(slot)


def _newborn(seed: int) -> Iterator[dict[str, object]]:
    while True:
        seed += 1_000_003
        for made in generate(_NEW_ONES, seed):
            yield made.row
