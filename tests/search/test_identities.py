"""From identities to the ordinals under which the index holds them."""

from pathlib import Path

from collinear.search.index.identities import find_ordinals
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from tests.search.datasets import FIRST_SECOND, HEAP, SERIAL, build, dataset, document, rows


def test_few_and_many_are_found_alike(tmp_path: Path) -> None:
    """One by one, or by a walk through all; those that are not there are left out."""
    many = [dataset(number, f"a/{number}", created_at=None) for number in range(500)]
    searcher = build(tmp_path, many, commits=3).commit().searcher
    for wanted in (many[7:10], many[::2]):
        hub_ids = [some.hub_id for some in wanted]
        strangers = [dataset(number, "").hub_id for number in range(600, 610)]
        found = find_ordinals(searcher, hub_ids + strangers)
        assert sorted(found) == [int(hub_id[8:], 16) for hub_id in hub_ids]
    assert find_ordinals(searcher, []) == []


def test_identities_that_share_a_half_are_told_apart(tmp_path: Path) -> None:
    """The second halves may be the same: the process and the counter of two machines."""
    twins = [
        document(dataset(1, f"a/{place}")) | {"hub_id": f"{FIRST_SECOND + place:08x}{5:016x}"}
        for place in range(3)
    ]
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        writer.put(list(enumerate(twins)))
        writer.commit(SERIAL)
        writer.publish()
        writer.drop([twins[1]["hub_id"]])
        writer.commit(SERIAL)
    searcher = IndexReader(tmp_path).commit().searcher
    assert find_ordinals(searcher, [twin["hub_id"] for twin in twins]) == [2, 0]


def test_many_can_leave_at_once(tmp_path: Path) -> None:
    """A run that removes a part of the catalog is one batch."""
    many = [dataset(number, f"a/{number}") for number in range(900)]
    build(tmp_path, many, commits=2)
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.drop([some.hub_id for some in many[:600]])
        writer.put(rows([dataset(0, "a/again")]))
        writer.commit(SERIAL)
    state = IndexReader(tmp_path).state()
    assert state is not None
    assert state.documents == 301
