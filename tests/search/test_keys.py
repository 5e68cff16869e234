"""Sort keys keep the order of what they stand for, and are unique."""

from hypothesis import example, given
from hypothesis import strategies as st

from collinear.search import keys

counts = st.integers(0, 2**63 - 1) | st.integers(2**39 - 3, 2**39 + 3) | st.integers(0, 100)
moments = st.integers(0, 253_402_300_799_999)
scores = st.floats(allow_nan=False)


@given(counts, counts)
@example(2**39 - 2, 2**39 - 1)
@example(2**39 - 1, 2**39)
@example(2**63 - 2, 2**63 - 1)
def test_counts_keep_their_order(a: int, b: int) -> None:
    """More is never before less; below 550 GB every byte counts, above 35 bits of it."""
    low, high = sorted((a, b))
    assert 1 <= keys.count_value(low) <= keys.count_value(high) <= keys.LAST_VALUE
    if low < high < 2**39 or high - low > high >> 34:
        assert keys.count_value(low) < keys.count_value(high)


@given(moments, moments)
def test_moments_keep_their_order(a: int, b: int) -> None:
    """Every millisecond from 2010 to 2044 counts."""
    low, high = sorted((a, b))
    assert 1 <= keys.moment_value(low) <= keys.moment_value(high) <= keys.LAST_VALUE
    if 1_262_304_000_000 <= low < high <= 2_361_815_627_000:
        assert keys.moment_value(low) < keys.moment_value(high)


@given(scores, scores)
@example(-0.0, 0.0)
@example(-1.5, -1.25)
@example(float("-inf"), float("inf"))
def test_scores_keep_their_order(a: float, b: float) -> None:
    """Negative, broken and enormous ones too."""
    low, high = sorted((a, b))
    assert 1 <= keys.score_value(low) <= keys.score_value(high) <= keys.LAST_VALUE
    if low == high:
        assert keys.score_value(low) == keys.score_value(high)
    if 0 <= low + 1 / 512 < high < 2**28 or low < 0 <= high or -(2**49) < low * 0.98 < high < -1:
        assert keys.score_value(low) < keys.score_value(high)


def test_what_is_unknown_is_below_all_that_is_known() -> None:
    """An unknown value has keys below the first known one, whatever the ordinal."""
    for value in keys.count_value(None), keys.moment_value(None), keys.score_value(None):
        assert value == 0
    assert keys.score_value(float("nan")) == 0
    assert keys.key(0, 2**24 - 1) < keys.FIRST_KNOWN == keys.key(1, 0)
    assert keys.key(keys.LAST_VALUE, 2**24 - 1) == 2**64 - 1


@given(
    st.integers(0, 2**32 - 2),
    st.binary(min_size=12, max_size=12),
    st.binary(min_size=12, max_size=12),
)
def test_creation_keys_order_by_second_and_identity(second: int, a: bytes, b: bytes) -> None:
    """The two halves together are the catalog's order."""
    first, other = keys.creation_key(second, a.hex()), keys.creation_key(second, b.hex())
    assert (first < other) == (a < b)
    assert all(0 <= half < 2**64 for half in first)
    assert keys.creation_key(second, a.hex()) < keys.creation_key(second + 1, b.hex())


def test_an_identity_that_is_none_is_ordered_somehow() -> None:
    """A test double's short name does not stop the index."""
    for strange in "zebra", "", "\ud800", "f" * 30:
        assert all(0 <= half < 2**64 for half in keys.creation_key(-5, strange))


def test_a_count_below_zero_is_kept_as_zero() -> None:
    """The Hub has none; a mirror with a fault may."""
    assert keys.count_value(-5) == keys.count_value(0)
