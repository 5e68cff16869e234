"""Moments and serials: what is written is what is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collinear.domain import moments
from collinear.domain.change import Serial


@given(st.integers(moments.FIRST, moments.LAST))
def test_a_moment_survives_its_text(milliseconds: int) -> None:
    text = moments.to_text(milliseconds)

    assert moments.parse(text) == milliseconds
    assert len(text) == len("2026-11-22T07:00:00.000Z")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2022-03-02T23:29:04.000Z", "2022-03-02T23:29:04.000Z"),
        ("2022-03-02T23:29:04Z", "2022-03-02T23:29:04.000Z"),
        ("2022-03-02T23:29:04.123456+02:00", "2022-03-02T21:29:04.123Z"),
        ("2022-03-02", "2022-03-02T00:00:00.000Z"),
    ],
)
def test_moments_are_shown_in_utc_with_milliseconds(text: str, shown: str) -> None:
    milliseconds = moments.parse(text)

    assert milliseconds is not None
    assert moments.to_text(milliseconds) == shown


@pytest.mark.parametrize("text", ["", "yesterday", "0001-01-01T00:00:00+23:00", "1969-12-31"])
def test_what_is_no_moment_is_unknown(text: str) -> None:
    assert moments.parse(text) is None


def test_serials_of_one_epoch_are_ordered_by_number() -> None:
    early, late = Serial.parse("e1:999-9"), Serial.parse("e1:1000-10")

    assert early.order < late.order
    assert str(late) == "e1:1000-10"


@pytest.mark.parametrize("text", ["", "e1", "e1:", "e1:5", ":5-0", "e1:a-b", "e1:-1-2"])
def test_what_is_no_serial_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a serial"):
        Serial.parse(text)
