"""The index on disk: what survives, what is replaced, and who may write."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from collinear.domain.change import Serial
from collinear.domain.errors import IndexNotReady
from collinear.domain.query import DatasetQuery
from collinear.search.generations import Generations, IndexTaken
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader, IndexState
from tests.search.datasets import HEAP, SERIAL, build, dataset, document, rows

LATER = Serial("epoch", "6-0")
ALL = DatasetQuery(sort_by="id")


def ids(reader: IndexReader) -> tuple[str, ...]:
    return reader.find(ALL).ids


def test_an_index_goes_on_where_its_last_commit_was(tmp_path: Path) -> None:
    """What was not committed is forgotten, together with its place in the stream."""
    reader = build(tmp_path, [dataset(1, "a/one")])
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        assert writer.serial == SERIAL
        writer.put(rows([dataset(2, "a/two")]))
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        assert writer.serial == SERIAL
        writer.put(rows([dataset(3, "a/three")]))
        writer.drop([dataset(1, "").hub_id, "f" * 24])
        writer.commit(LATER)
        assert writer.serial == LATER
        assert reader.state() == IndexState(LATER, 1)
        assert ids(reader) == ("a/three",)


def test_putting_again_replaces(tmp_path: Path) -> None:
    """A dataset is its hub_id: other words, another id, still one dataset."""
    reader = build(tmp_path, [dataset(1, "a/one", description="old")])
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        for _ in range(3):
            writer.put(rows([dataset(1, "b/new", description="fresh")]))
        writer.commit(LATER)
    assert ids(reader) == ("b/new",)
    assert reader.find(DatasetQuery(search="old")).total == 0
    assert reader.find(DatasetQuery(search="fresh")).total == 1
    assert reader.find(DatasetQuery(author=["a"])).total == 0


def test_a_row_that_is_no_document_is_left_out(tmp_path: Path) -> None:
    """One bad row never stops the others."""
    good = document(dataset(1, "a/good"))
    bad = [{}, {**good, "tags": None}, {**good, "downloads": "many"}, {**good, "id": 5}]
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        assert writer.put([*((0, row) for row in bad), (1, good)]) == 1
        writer.commit(SERIAL)
        writer.publish()
    assert ids(IndexReader(tmp_path)) == ("a/good",)


def test_readers_keep_the_old_index_while_a_new_one_is_built(tmp_path: Path) -> None:
    """A rebuild shows nothing until it is published, and then all of it at once."""
    reader = build(tmp_path, [dataset(1, "a/old")])
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        assert writer.serial is None
        assert not writer.is_first
        writer.put(rows([dataset(2, "a/new")]))
        writer.commit(LATER)
        assert ids(reader) == ("a/old",)
        writer.publish()
        assert ids(reader) == ("a/new",)
        assert len(list(tmp_path.glob("v*"))) == 2
    with IndexWriter(tmp_path, heap_bytes=HEAP):
        assert len(list(tmp_path.glob("v*"))) == 1
    assert ids(reader) == ("a/new",)


def test_commits_of_a_rebuild_leave_the_index_in_use(tmp_path: Path) -> None:
    """Also when one before is due to go: who starts to read just then needs what is published."""
    with IndexWriter(tmp_path, heap_bytes=HEAP, grace=0.0) as writer:
        writer.rebuild()
        writer.put(rows([dataset(1, "a/old")]))
        writer.commit(SERIAL)
        writer.publish()
        writer.rebuild()
        writer.put(rows([dataset(2, "a/new")]))
        writer.commit(LATER)
        assert ids(IndexReader(tmp_path)) == ("a/old",)
        writer.publish()
        writer.commit(LATER)
        assert ids(IndexReader(tmp_path)) == ("a/new",)
        assert len(list(tmp_path.glob("v*"))) == 1


def test_a_rebuild_that_was_cut_off_leaves_nothing(tmp_path: Path) -> None:
    """The next start goes on with the published index and removes the half one."""
    reader = build(tmp_path, [dataset(1, "a/old")])
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        writer.put(rows([dataset(2, "a/new")]))
        writer.commit(LATER)
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        assert writer.serial == SERIAL
        assert len(list(tmp_path.glob("v*"))) == 1
    assert ids(reader) == ("a/old",)


def _empty_meta(generation: Path) -> None:
    (generation / "meta.json").write_text("")


def _lost_segment(generation: Path) -> None:
    for path in generation.glob("*.store"):
        path.unlink()


def _torn_segment(generation: Path) -> None:
    for path in generation.glob("*.term"):
        path.write_bytes(path.read_bytes()[:-20])


def _lost_folder(generation: Path) -> None:
    shutil.rmtree(generation)


def _other_schema(generation: Path) -> None:
    meta = json.loads((generation / "meta.json").read_text())
    meta["schema"] = meta["schema"][:-1]
    (generation / "meta.json").write_text(json.dumps(meta))


@pytest.mark.parametrize(
    "damage", [_empty_meta, _lost_segment, _torn_segment, _lost_folder, _other_schema]
)
def test_a_damaged_index_is_built_anew(tmp_path: Path, damage: object) -> None:
    """A writer that cannot go on says so by having no serial, and rebuilds."""
    build(tmp_path, [dataset(1, "a/one")])
    generation = Generations(tmp_path).current()
    assert generation is not None
    damage(generation)  # type: ignore[operator]
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        assert writer.serial is None
        writer.rebuild()
        writer.put(rows([dataset(2, "a/two")]))
        writer.commit(LATER)
        writer.publish()
    assert ids(IndexReader(tmp_path)) == ("a/two",)


@pytest.mark.parametrize("name", ["v0-0123456789ab", "../etc", "", "v1-\x00"])
def test_an_index_of_another_schema_is_no_index(tmp_path: Path, name: str) -> None:
    """Neither for readers nor for the writer."""
    build(tmp_path, [dataset(1, "a/one")])
    (tmp_path / "current").write_text(name)
    assert IndexReader(tmp_path).state() is None
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        assert writer.serial is None


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """In this process and in another; the first one's end makes room, also a violent one."""
    with (
        IndexWriter(tmp_path, heap_bytes=HEAP),
        pytest.raises(IndexTaken, match="Another indexer"),
        IndexWriter(tmp_path, heap_bytes=HEAP),
    ):
        pass
    holder = (
        "import sys, time; from pathlib import Path; from collinear.search.index.writer import *\n"
        f"with IndexWriter(Path({str(tmp_path)!r}), heap_bytes={HEAP}):\n"
        "    print('mine', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"mine\n"
        with pytest.raises(IndexTaken), IndexWriter(tmp_path, heap_bytes=HEAP):
            pass
        process.kill()
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        assert writer.is_first


def test_readers_see_whole_commits_only(tmp_path: Path) -> None:
    """Threads that search all the time, through commits and a rebuild: no error, no half."""
    reader = build(tmp_path, [])
    stopping, wrong = threading.Event(), []

    def search() -> None:
        while not stopping.is_set():
            hits = reader.find(DatasetQuery(author=["a"], sort_by="likes", limit=1000))
            # A commit for position n holds n datasets; the first one was for position 5
            expected = 0 if hits.serial == SERIAL else hits.serial.order[0]
            if not hits.total == len(set(hits.ids)) == expected:
                wrong.append(hits)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
            for generation in range(2):
                writer.rebuild()
                for number in range(10, 22):
                    start = 0 if number == 10 else number - 1
                    writer.put(
                        rows(dataset(n, f"a/{n}", likes=n % 3) for n in range(start, number))
                    )
                    writer.commit(Serial("epoch", f"{number}-{generation}"))
                    if number == 11:
                        writer.publish()
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert not wrong
    assert reader.state() == IndexState(Serial("epoch", "21-1"), 21)


def test_an_index_of_another_version_is_replaced_and_not_taken_away(tmp_path: Path) -> None:
    """Processes of that version go on with it until the new one is there; others say so."""
    former = tmp_path / "v1-0123456789ab"
    former.mkdir()
    (tmp_path / "current").write_text(f"{former.name}\n")
    reader = IndexReader(tmp_path)
    with pytest.raises(IndexNotReady, match="another version"):
        reader.find(ALL)
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        assert writer.is_first
        writer.rebuild()
        writer.put(rows([dataset(1, "a/one")]))
        assert former.exists()
        writer.commit(SERIAL)
        writer.publish()
        assert ids(reader) == ("a/one",)
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        assert writer.serial == SERIAL
    assert not former.exists()
