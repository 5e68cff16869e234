"""The stream of changes, entry by entry, and the catalog that it leads to."""

import re
from collections.abc import Iterator

from collinear.domain import moments
from collinear.domain.change import BEGINNING, Change, Op
from collinear.domain.dataset import Dataset
from collinear.domain.impact import ImpactPolicy
from collinear.store.entries import FIELDS, to_change
from collinear.store.ledger import Entry

_HUB_ID = re.compile(r"[0-9a-f]{24}")
_OPS = frozenset(op.value.encode() for op in Op)
_NAMES = frozenset(Dataset(hub_id="0" * 24, id="a/a").to_document(ImpactPolicy()))
"""The fields of a document."""


class Malformed(Exception):
    """An entry of the stream announces nothing that could be; the sentence says why."""


def read_entry(epoch: str, entry: Entry) -> Change:
    """
    The change that an entry announces.

    Raises:
        Malformed: It is none.
    """
    missing = [name for name in FIELDS if name.encode() not in entry.fields]
    if missing:
        raise Malformed(f"has no {', '.join(missing)}")
    if entry.fields[b"op"] not in _OPS:
        raise Malformed(f"has the op {entry.fields[b'op']!r}")
    try:
        texts = {name.decode(): value.decode() for name, value in entry.fields.items()}
    except UnicodeDecodeError as error:
        raise Malformed("is no UTF-8") from error
    change = to_change(epoch, entry.position, texts)
    for reason in _reasons(change):
        raise Malformed(reason)
    return change


def _reasons(change: Change) -> Iterator[str]:
    op = change.op
    if not change.id:
        yield "names no dataset"
    if not _HUB_ID.fullmatch(change.hub_id):
        yield f"has the hub_id {change.hub_id!r}"
    if (op is Op.MOVE) != (change.previous_id is not None):
        yield f"is a {op}, and its previous id is {change.previous_id!r}"
    if op is Op.MOVE and change.previous_id == change.id:
        yield "moves a dataset to where it is"
    if op is Op.UPDATE and not change.changed:
        yield "updates nothing"
    if op in {Op.CREATE, Op.DELETE} and change.changed:
        yield f"is a {op} that names changed fields"
    if not _NAMES.issuperset(change.changed):
        yield f"names fields that no document has: {','.join(change.changed)}"
    if moments.parse(change.at) is None:
        yield f"has no moment: {change.at!r}"


def key_of(hub_id: str) -> int:
    """A hub_id as a number: half the memory, and it can be turned back."""
    return int(hub_id, 16)


def hub_id_of(key: int) -> str:
    """What ``key_of`` was given."""
    return f"{key:024x}"


class Replay:
    """
    hub_id -> id as the changes so far leave it; some 130 bytes a dataset.

    ``complete`` says that it begins with all that there was: then a change of a dataset that
    was never created is wrong.  Otherwise what is not known yet is believed.
    """

    def __init__(self, *, complete: bool) -> None:
        self.complete = complete
        self.position = BEGINNING
        self._held: dict[int, int] = {}
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[int]:
        return iter(self._held)

    def begin_with(self, hub_id: str, id_: str) -> bool:
        """A dataset that is there before the first change; False where it is already."""
        key = key_of(hub_id)
        if key in self._held:
            return False
        self._held[key] = hash(id_)
        return True

    def apply(self, change: Change) -> str | None:
        """Go on by one change; what is wrong with it, if anything is."""
        self.position = change.serial.position
        key, held = key_of(change.hub_id), self._held.get(key_of(change.hub_id))
        wrong = self._wrong(change, key, held)
        if change.op is Op.DELETE:
            self._held.pop(key, None)
            if not self.complete:
                self._gone.add(key)
        else:
            self._held[key] = hash(change.id)
            self._gone.discard(key)
        return wrong

    def _wrong(self, change: Change, key: int, held: int | None) -> str | None:
        before = change.previous_id if change.op is Op.MOVE else change.id
        if change.op is Op.CREATE:
            return None if held is None else "creates a dataset that is there"
        if held is None:
            if self.complete:
                return f"is a {change.op} of a dataset that was never created"
            return f"is a {change.op} of a dataset that is gone" if key in self._gone else None
        return None if held == hash(before) else f"is a {change.op} of another id than it has"

    def agrees(self, hub_id: str, id_: str | None) -> bool:
        """Whether the changes lead to this id (None: to nothing) for the dataset."""
        key = key_of(hub_id)
        held = self._held.get(key)
        if held is None and not self.complete and key not in self._gone:
            return True
        return held == (None if id_ is None else hash(id_))
