"""Moments and serials: what is written is what is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collinear.domain import moments
from collinear.domain.change import Serial


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("2026-01-31", 1_769_817_600_000),
        ("0045-04-03", moments.FIRST),
        ("0000-02-29T00:00:00-23:59", moments.FIRST),
        ("1970-01-01T00:00:00+14:00", moments.FIRST),
        ("9999-12-31T23:59:59-14:00", moments.LAST),
        ("2016-12-31t23:59:60z", 1_483_228_799_000),
        ("0000", None),
        ("10000-01-01", None),
        ("2026-02-30", None),
    ],
)
def test_a_bound_outside_of_the_calendar_is_its_end(text: str, bound: int | None) -> None:
    """A range from year 45 on is one from the beginning on; what is no date stays none."""
    assert moments.parse_bound(text) == bound


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
