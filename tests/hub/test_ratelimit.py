"""The Hub's rate limit as its headers tell it, and what is not believed of them."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from collinear.hub.ratelimit import RateLimit, read_rate_limit, read_wait

POLICY = '"fixed window";"api";q=500;w=300'


def headers(state: str, policy: str = POLICY) -> dict[str, str]:
    return {"ratelimit": state, "ratelimit-policy": policy}


def test_the_headers_of_the_hub() -> None:
    assert read_rate_limit(headers('"api";r=499;t=295')) == RateLimit(499, 295, 500, 300)
    assert read_rate_limit({"ratelimit": '"api"; r = 3 ; t = 9'}) == RateLimit(3, 9, None, None)


@pytest.mark.parametrize(
    "state",
    ["", "r=1;t=2", '"api";r=-1;t=5', '"api";r=1;t=-5', '"api";r=1;t=x', '"api";r=' + "9" * 5000],
)
def test_a_state_that_makes_no_sense_is_none(state: str) -> None:
    assert read_rate_limit(headers(state)) is None


@pytest.mark.parametrize(
    ("policy", "quota", "window"),
    [
        ("", None, None),
        ("q=0;w=300", None, 300),
        ("q=5;w=0", 5, None),
        ("q=5;w=999999", 5, None),
        ("q=-5;w=-300", None, None),
        ("q=" + "9" * 5000 + ";w=300", None, None),
    ],
)
def test_a_policy_is_believed_as_far_as_it_makes_sense(
    policy: str, quota: int | None, window: int | None
) -> None:
    """A quota of nothing, or a window of a week, would stall us for ever."""
    assert read_rate_limit(headers('"api";r=1;t=2', policy)) == RateLimit(1, 2, quota, window)


def test_a_wait_in_every_form() -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    before = {"date": "Sun, 22 Nov 2026 11:00:00 GMT"}

    assert read_wait({"retry-after": " 17 "}) == 17
    assert read_wait({"retry-after": "Sun, 22 Nov 2026 11:00:42 GMT", **before}) == 42
    assert read_wait({"retry-after": "Sun, 22 Nov 2026 10:00:00 GMT", **before}) == 0
    assert 88 < (read_wait({"retry-after": format_datetime(later, usegmt=True)}) or 0) <= 90
    assert read_wait(headers('"api";r=0;t=12')) == 12


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"retry-after": "soon"},
        {"retry-after": "-3"},
        {"retry-after": "²"},
        {"retry-after": "1" * 5000},
        {"retry-after": "Sun, 99 Nov 2026 99:99:99 GMT"},
        headers('"api";r=7;t=12'),
    ],
)
def test_no_wait_is_named(told: dict[str, str]) -> None:
    """With requests left, a 429 is about something else than the window."""
    assert read_wait(told) is None
