"""A demo keeps its data as long as it is the same demo, and never takes those of others."""

import os
from pathlib import Path

import pytest

from collinear.local.demo import DemoSource, make_room
from collinear.local.errors import CannotStart


def filled(data_dir: Path) -> Path:
    """A trace of data, as a demo leaves them."""
    trace = data_dir / "valkey" / "appendonlydir"
    trace.mkdir(parents=True, exist_ok=True)
    return trace


def test_the_same_demo_goes_on(tmp_path: Path) -> None:
    """Started again with the same source, it has its catalog at once."""
    source = DemoSource(datasets=300, seed=1)
    assert not make_room(tmp_path, source)
    trace = filled(tmp_path)
    assert make_room(tmp_path, source)
    assert trace.exists()


def test_another_demo_begins_anew(tmp_path: Path) -> None:
    """Data of another source are of no use; nothing else in the directory is touched."""
    make_room(tmp_path, DemoSource(datasets=300, seed=1))
    trace = filled(tmp_path)
    (tmp_path / "index").mkdir()
    (tmp_path / "notes.txt").touch()

    assert not make_room(tmp_path, DemoSource(datasets=300, seed=2))

    assert not trace.exists()
    assert not (tmp_path / "index").exists()
    assert (tmp_path / "notes.txt").exists()


def test_a_file_that_was_written_again_is_another_source(tmp_path: Path) -> None:
    """By name, size and time; a file is too large to compare."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text("{}\n")
    source = DemoSource(datasets=None, rows=rows)
    make_room(tmp_path, source)
    filled(tmp_path)
    assert make_room(tmp_path, source)
    os.utime(rows, ns=(1, 1))
    assert not make_room(tmp_path, source)


def test_a_real_catalog_is_never_wiped(tmp_path: Path) -> None:
    """A directory with data and without the record of a demo belongs to `up`."""
    trace = filled(tmp_path)
    with pytest.raises(CannotStart, match="no demo made"):
        make_room(tmp_path, DemoSource(datasets=300))
    assert trace.exists()


def test_a_wipe_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    """Half a record still says that a demo was here, of no known source."""
    (tmp_path / "demo.json").write_text('{"datasets": 3')
    trace = filled(tmp_path)
    assert not make_room(tmp_path, DemoSource(datasets=300))
    assert not trace.exists()
