"""Values as people read them; foreign text does nothing to the terminal."""

import json

import pytest

from collinear.cli import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (58_710_973, "58.7 MB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (123_456_789_012, "123 GB"),
        (2**63 - 1, "9.2 EB"),
    ],
)
def test_sizes(value: int | None, shown: str) -> None:
    assert text.size(value) == shown


def test_what_is_too_long_for_a_table() -> None:
    """An ellipsis stands for the rest."""
    assert text.shortened("short", 5) == "short"
    assert text.shortened("longer", 5) == "longe…"


def test_counts_and_durations() -> None:
    assert (text.count(None), text.count(0), text.count(1_234_567)) == ("-", "0", "1,234,567")
    assert [text.duration(s) for s in (0.4, 89, 90, 5_000, 12_000)] == [
        "0.4 s",
        "89 s",
        "2 min",
        "83 min",
        "3 h 20 min",
    ]


def test_escape_sequences_are_disarmed() -> None:
    """A description may say anything; the terminal obeys none of it."""
    evil = "\x1b]0;owned\x07 \x1b[2J\x9b31m a\r\nb \u202egnp.exe \ud800 end"
    shown = text.printable(evil)
    assert not {"\x1b", "\x07", "\x9b", "\r", "\n", "\u202e", "\ud800"} & set(shown)
    shown.encode()
    assert shown.endswith(" end")


def test_words_of_all_scripts_are_left_alone() -> None:
    """Also emoji that are joined from several."""
    words = "数据集 مجموعة données 👩\u200d🔬"
    assert text.printable(words) == words


def test_json_stays_the_same_value() -> None:
    """Only the spelling of what terminals obey changes."""
    value = {"id": "a\x9b31mb\u202e", "words": "数据集"}
    shown = text.printable_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(shown) == value
    assert "\x9b" not in shown
    assert "数据集" in shown
