"""What can be done to a running sandbox, from Python and through the control endpoint."""

import time
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from collinear.domain import moments
from collinear.domain.errors import CatalogError
from collinear.sandbox.fill import digest, fill, object_id
from collinear.sandbox.orders import Sort
from collinear.sandbox.rowtext import EXTRAS, FIELDS, Row
from collinear.sandbox.world import Commit, World

_KNOWN = {*FIELDS, *EXTRAS}


class BadOperation(CatalogError):
    """The world cannot be changed in this way; the message says why."""


def add(world: World, row: Mapping[str, Any]) -> Row:
    """A new dataset, created now unless the row says otherwise; what it lacks is filled in."""
    _check(row)
    position, second = len(world.ids), _now(world)
    if object_id(second * 1000, position) <= world.newest_hub_id():
        second += 1
    filled = fill(row, position=position, created=second * 1000)
    if filled["id"] in world:
        raise BadOperation(f"{filled['id']!r} exists already")
    if world.has_hub_id(str(filled.get("_id")).lower()):
        raise BadOperation(f"the _id {filled['_id']} is taken")
    world.add(filled)
    return filled


def edit(world: World, dataset_id: str, fields: Mapping[str, Any], *, commit: bool = False) -> Row:
    """
    Other values for some fields; None removes a field.

    ``lastModified`` and ``sha`` move only where they are given, or with ``commit``.
    """
    _check(fields)
    slot = _slot(world, dataset_id)
    if isinstance(fields.get("id"), str) and fields["id"] != dataset_id:
        raise BadOperation("an edit does not change the id: rename the dataset")
    before = world.row(slot)
    changed = dict(fields)
    if commit:
        date = moments.to_text(max(_now(world) * 1000, _modified(before) + 1000))
        changed.setdefault("lastModified", date)
        changed.setdefault("sha", digest(before.get("sha"), world.hub_ids[slot], date).hex())
    if changed.get("sha", before.get("sha")) != before.get("sha"):
        head = Commit(str(before.get("sha")), str(before.get("lastModified")))
        world.heads.setdefault(slot, []).append(head)
    row = {**before, **changed}
    row = {key: row[key] for key in (*FIELDS, *EXTRAS) if row.get(key) is not None}
    world.replace(slot, row)
    return row


def rename(world: World, dataset_id: str, to: str) -> None:
    """Another id for the same dataset; the old one leads to it from now on."""
    slot = _slot(world, dataset_id)
    if not to:
        raise BadOperation('the new id ("to") is empty')
    if to in world:
        raise BadOperation(f"{to!r} exists already")
    world.rename(slot, to)


def delete(world: World, dataset_id: str) -> None:
    """No such dataset any more."""
    world.delete(_slot(world, dataset_id))


def churn(world: World, *, share: float, seed: int) -> int:
    """Some downloads more for a part of all datasets, as a day brings them; how many it befell."""
    rng = Random(seed)
    slots = [slot for slot in world.order(Sort.CREATED_AT).slots if rng.random() < share]

    def rows() -> Iterator[tuple[int, Row]]:
        for slot in slots:
            row = world.row(slot)
            more = rng.randrange(1, 40)
            for name in ("downloads", "downloadsAllTime"):
                value = row.get(name)
                row[name] = more + (value if type(value) is int else 0)
            yield slot, row

    world.replace_counts(rows())
    return len(slots)


def unlist(world: World, ids: list[str]) -> None:
    """The listing leaves out these datasets, and no others; each by itself is there as before."""
    world.unlisted = {_slot(world, dataset_id) for dataset_id in ids}


def _slot(world: World, dataset_id: str) -> int:
    slot = world.slot(dataset_id)
    if slot is None:
        raise BadOperation(f"no dataset is called {dataset_id!r}")
    return slot


def _now(world: World) -> int:
    """The present second; never before the creation of the youngest dataset."""
    return max(int(time.time()), int(world.newest_hub_id()[:8] or "0", 16))


def _check(fields: Mapping[str, Any]) -> None:
    unknown = sorted(set(fields) - _KNOWN)
    if unknown:
        raise BadOperation(
            f"unknown field {', '.join(unknown)}: the Hub's are {', '.join(sorted(_KNOWN))}"
        )


def _modified(row: Row) -> int:
    text = row.get("lastModified")
    moment = moments.parse(text) if isinstance(text, str) else None
    return 0 if moment is None else moment
