"""Every dataset of the sandbox: rows as bytes, their orders, and what happened to them."""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from collinear.domain import moments
from collinear.sandbox import rowtext
from collinear.sandbox.fill import id_second, object_id
from collinear.sandbox.orders import UNKNOWN, Order, Rank, Sort
from collinear.sandbox.rowtext import EXTRAS, Row
from collinear.sandbox.texts import HubIds, Texts

_STORED = (
    Sort.DOWNLOADS,
    Sort.LIKES,
    Sort.LAST_MODIFIED,
    Sort.TRENDING_SCORE,
    Sort.MAIN_SIZE,
)
_EXACT = 1 << 53
"""Whole numbers below are the same as floats."""
_SPREAD = 2_654_435_761
"""An odd number that scatters slots over 32 bits (Knuth)."""


_FIXED = {Sort.CREATED_AT, Sort.ID}
"""Orders that no count has a part in."""


class Commit(NamedTuple):
    """A head of `main`: its sha and when it was made (ISO text)."""

    sha: str
    date: str


class Moved(NamedTuple):
    """The id that the dataset has now."""

    to: str


class World:
    """
    All datasets, each in a slot of its own for ever.

    A slot holds the bytes that a listing answers, and beside them what the sandbox itself goes
    by: an edit may spoil what is served (drop the `_id`, say) without losing the dataset.
    """

    def __init__(self, *, derives_cards: bool = False) -> None:
        self.derives_cards = derives_cards
        """Whether a card is made up, from the tags, for a dataset that has none."""
        self.hub_ids = HubIds()
        self.ids: list[str] = []
        self.texts = Texts()
        """The row as JSON without extras; None where the dataset is deleted."""
        self.extras: dict[int, dict[str, Any]] = {}
        self.hidden: set[int] = set()
        """Private datasets."""
        self.unlisted: set[int] = set()
        """Datasets that the listing leaves out, as if its index had not heard of them."""
        self.redirects: dict[str, int] = {}
        self.heads: dict[int, list[Commit]] = {}
        """Earlier heads of `main`, oldest first, of datasets that were committed to."""
        self._slots: dict[str, int] = {}
        self._values = {sort: array("d") for sort in _STORED}
        self._measured = tuple((sort, sort.value, values) for sort, values in self._values.items())
        self._orders: dict[Sort, Order] = {}
        self._folded: dict[str, list[int]] | None = None

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, dataset_id: str) -> bool:
        return dataset_id in self._slots

    # Looking up

    def slot(self, dataset_id: str) -> int | None:
        """Where the dataset of exactly this id is."""
        return self._slots.get(dataset_id)

    def moved(self, dataset_id: str) -> Moved | None:
        """Where a renamed or wrongly cased id leads."""
        slot = self.redirects.get(dataset_id)
        if slot is not None and self.texts[slot] is not None:
            return Moved(self.ids[slot])
        if self._folded is None:
            self._folded = defaultdict(list)
            for known, place in self._slots.items():
                self._folded[known.lower()].append(place)
        found = self._folded.get(dataset_id.lower())
        return Moved(self.ids[found[0]]) if found else None

    def row(self, slot: int) -> Row:
        """The row as a listing serves it, with the extras."""
        text = self.texts[slot]
        row: Row = {} if text is None else rowtext.load(text)
        row.update(self.extras.get(slot, {}))
        return row

    def order(self, sort: Sort) -> Order:
        """All live slots by the given measure; built when first asked for, then kept."""
        order = self._orders.get(sort)
        if order is None:
            order = self._orders[sort] = self._build(sort)
        return order

    def value(self, sort: Sort, slot: int) -> float:
        """The measure that an order by value goes by; UNKNOWN where there is none."""
        if sort is Sort.LIKES_30D:
            likes = self._values[Sort.LIKES][slot]
            return likes if likes == UNKNOWN else likes * (slot * _SPREAD % 1024) // 4096
        if sort is Sort.NUM_ROWS:
            size = self._values[Sort.MAIN_SIZE][slot]
            return size if size == UNKNOWN else size // 400
        return self._values[sort][slot]

    def newest_hub_id(self) -> str:
        """The greatest `_id`; empty where there is none."""
        slots = self.order(Sort.CREATED_AT).slots
        return self.hub_ids[slots[-1]] if slots else ""

    def has_hub_id(self, hub_id: str) -> bool:
        """Whether a dataset has this `_id`."""
        order = self.order(Sort.CREATED_AT)
        place = order.before((0.0, hub_id))
        return place < len(order.slots) and self.hub_ids[order.slots[place]] == hub_id

    # Changing

    def add(self, row: Row) -> bool:
        """Take in a filled row, whose `_id` nobody has; False where its id is taken."""
        dataset_id, slot = row["id"], len(self.ids)
        hub_id: str = row.get("_id", "")
        if id_second(hub_id) is None:  # it is served as it is, and kept in creation order
            hub_id = object_id(moments.parse(row.get("createdAt", "")) or 0, slot)
        if dataset_id in self._slots:
            return False
        self.hub_ids.append(hub_id)
        self.ids.append(dataset_id)
        for _, _, values in self._measured:
            values.append(UNKNOWN)
        self._slots[dataset_id] = slot
        self.redirects.pop(dataset_id, None)
        self.texts.append(self._note(slot, row))
        if self._folded is not None:
            self._folded[dataset_id.lower()].append(slot)
        for order in self._orders.values():
            order.insert(slot)
        return True

    def replace(self, slot: int, row: Row) -> None:
        """Serve another row for the dataset in this slot."""
        for order in self._orders.values():
            order.remove(slot)
        self.texts[slot] = self._note(slot, row)
        for order in self._orders.values():
            order.insert(slot)

    def replace_counts(self, rows: Iterable[tuple[int, Row]]) -> None:
        """Serve rows that differ in counts only; orders by value are built anew when asked for."""
        for slot, row in rows:
            self.texts[slot] = self._note(slot, row)
        for sort in [sort for sort in self._orders if sort not in _FIXED]:
            del self._orders[sort]

    def rename(self, slot: int, new_id: str) -> None:
        """Call the dataset something else; its old id leads to it from now on."""
        old_id, row = self.ids[slot], self.row(slot)
        row["id"] = new_id
        if "author" in row and "/" in new_id:
            row["author"] = new_id.partition("/")[0]
        by_id = self._orders.pop(Sort.ID, None)
        if by_id is not None:
            by_id.remove(slot)
        self._forget(old_id, slot)
        self.ids[slot] = new_id
        self._slots[new_id] = slot
        self.redirects.pop(new_id, None)
        self.redirects[old_id] = slot
        if self._folded is not None:
            self._folded[new_id.lower()].append(slot)
        if by_id is not None:
            by_id.insert(slot)
            self._orders[Sort.ID] = by_id
        self.replace(slot, row)

    def delete(self, slot: int) -> None:
        """The dataset is gone, and so are the redirects to it."""
        for order in self._orders.values():
            order.remove(slot)
        self._forget(self.ids[slot], slot)
        self.texts[slot] = None
        self.extras.pop(slot, None)
        self.heads.pop(slot, None)
        self.hidden.discard(slot)
        self.unlisted.discard(slot)

    def _forget(self, dataset_id: str, slot: int) -> None:
        del self._slots[dataset_id]
        if self._folded is not None:
            self._folded[dataset_id.lower()].remove(slot)

    def _note(self, slot: int, row: Row) -> bytes:
        """Remember what the sandbox goes by; the bytes of the row without its extras."""
        for sort, name, values in self._measured:
            value = row.get(name)
            if type(value) is int and -_EXACT < value < _EXACT:
                values[slot] = value
            else:
                values[slot] = measure(sort, value)
        (self.hidden.add if row.get("private") is True else self.hidden.discard)(slot)
        extras = {key: row[key] for key in EXTRAS if key in row}
        if not extras:
            self.extras.pop(slot, None)
            return rowtext.dump(row)
        self.extras[slot] = extras
        return rowtext.dump({key: value for key, value in row.items() if key not in extras})

    def _build(self, sort: Sort) -> Order:
        live = self._slots.values()
        if sort is Sort.CREATED_AT:
            return Order(sorted(live, key=self.hub_ids.__getitem__), self._rank_by_hub_id)
        if sort is Sort.ID:
            return Order(sorted(live, key=self.ids.__getitem__), self._rank_by_id)
        slots = sorted(self.order(Sort.CREATED_AT).slots, key=lambda slot: -self.value(sort, slot))
        return Order(slots, lambda slot: (-self.value(sort, slot), self.hub_ids[slot]))

    def _rank_by_hub_id(self, slot: int) -> Rank:
        return (0.0, self.hub_ids[slot])

    def _rank_by_id(self, slot: int) -> Rank:
        return (0.0, self.ids[slot])


def measure(sort: Sort, value: object) -> float:
    """A served value as a number to sort by; UNKNOWN where it is missing or makes no sense."""
    if value is None:
        return UNKNOWN
    if sort is Sort.LAST_MODIFIED:
        moment = moments.parse(value) if isinstance(value, str) else None
        return UNKNOWN if moment is None else float(moment)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return UNKNOWN
    try:
        number = float(value)
    except OverflowError:
        return UNKNOWN
    return number if number == number else UNKNOWN
