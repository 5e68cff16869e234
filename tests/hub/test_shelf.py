"""The memory of answers: bounded in real bytes, the newest first, the last one for bad days."""

import math
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest

from collinear.hub.questions import MAIN, Answer, At, Card, Commits, FileInfo, Files, Question
from collinear.hub.shelf import Shelf

MOST = 2_000_000
_SPARE = 300_000
"""Bytes of small objects that Python keeps for the next one, at the most."""


def at(number: int, revision: str = MAIN, commit: str | None = "c" * 40) -> At:
    return At(f"{number:024x}", f"acme/set-{number}", revision, commit)


@pytest.mark.parametrize(
    "asked",
    [
        lambda n: FileInfo(at(n, f"revision-{n}" + "r" * 200, None), f"{n}" + "é数" * 2000),
        lambda n: Commits(at(n), f"p={n}", 100),
        lambda n: Card(at(n)),
        lambda n: Files(at(n, f"{n:040x}", f"{n:040x}"), f"cursor={n}" + "x" * 300),
    ],
)
@pytest.mark.parametrize("size", [2, 90_000])
def test_all_that_is_held_counts(asked: Callable[[int], Question], size: int) -> None:
    """Long names, small answers, tables: real memory stays below what was allowed."""
    shelf = Shelf(MOST)
    tracemalloc.start()
    try:
        for number in range(3_000 if size < 1000 else 100):
            answer = Answer(bytes(size), f"cursor={number}", number)
            shelf.put(asked(number), answer, commit=f"{number:040x}", seconds=math.inf)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.5 * MOST < held < MOST + _SPARE


def test_the_longest_unasked_goes_first_and_the_largest_is_not_kept() -> None:
    """What somebody wants stays."""
    shelf = Shelf(10_000)
    questions = [Card(at(number)) for number in range(20)]
    for question in questions:
        shelf.put(question, Answer(b"x" * 1000), commit=None, seconds=60)
        assert shelf.get(questions[0]) is not None
    assert shelf.get(questions[1]) is None
    huge = Card(at(99))
    assert shelf.put(huge, Answer(b"x" * 20_000), commit=None, seconds=60).answer.body
    assert shelf.get(huge) is None
    assert shelf.get(questions[0]) is not None


def test_no_room_at_all_is_allowed() -> None:
    """Everything is asked for, and nothing kept."""
    shelf = Shelf(0)
    shelf.put(Card(at(1)), Answer(b"{}"), commit=None, seconds=60)
    assert shelf.last(Card(at(1))) is None


def test_another_commit_or_another_time_is_another_answer() -> None:
    """The old one is the last one known until the new one comes."""
    shelf = Shelf(MOST)
    before, after = Files(at(1, commit="a" * 40)), Files(at(1, commit="b" * 40))
    shelf.put(before, Answer(b"[1]"), commit="a" * 40, seconds=math.inf)
    assert shelf.get(after) is None
    last = shelf.last(after)
    assert last is not None
    assert (last.answer.body, last.commit, last.stale) == (b"[1]", "a" * 40, True)
    shelf.put(after, Answer(b"[2]"), commit="b" * 40, seconds=math.inf)
    assert shelf.get(before) is None

    branch = Files(at(1, "dev", None))
    shelf.put(branch, Answer(b"[3]"), commit=None, seconds=-1)
    assert shelf.get(branch) is None
    assert shelf.last(branch) is not None


def test_what_main_stands_at_is_known_by_its_commit() -> None:
    """And a dataset that was renamed meanwhile is the same one."""
    shelf = Shelf(MOST)
    commit = "a" * 40
    shelf.put(Files(at(1, commit=commit)), Answer(b"[1]"), commit=commit, seconds=math.inf)
    by_commit = Files(at(1, commit, commit))
    assert shelf.get(by_commit) is not None
    renamed = replace(by_commit, at=by_commit.at._replace(dataset_id="other/name"))
    assert shelf.get(renamed) is not None
    assert shelf.get(Files(at(1, "b" * 40, "b" * 40))) is None
