"""The impact rule as a table, and what holds for every dataset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collinear.domain.impact import GIB, ImpactPolicy, Level, Metric, Threshold, assess

POLICY = ImpactPolicy()
COUNT = st.none() | st.integers(min_value=-1, max_value=2**50)
RANK = {level: rank for rank, level in enumerate(Level)}


@pytest.mark.parametrize(
    ("size_bytes", "downloads", "likes", "level", "method"),
    [
        pytest.param(None, None, None, "not_available", None, id="nothing known"),
        pytest.param(0, None, None, "low", "size_bytes", id="an empty dataset is known"),
        pytest.param(None, 0, None, "low", "downloads", id="no downloads is known"),
        pytest.param(None, None, 0, "low", "likes", id="no likes is known"),
        pytest.param(0, 0, 0, "low", "downloads", id="downloads decide a tie"),
        pytest.param(0, None, 0, "low", "likes", id="then likes"),
        pytest.param(GIB - 1, 0, 0, "low", "downloads", id="one byte short of medium"),
        pytest.param(GIB, 0, 0, "medium", "size_bytes", id="a gibibyte"),
        pytest.param(10 * GIB - 1, 0, 0, "medium", "size_bytes", id="one byte short of high"),
        pytest.param(10 * GIB, 0, 0, "high", "size_bytes", id="ten gibibytes"),
        pytest.param(None, 9_999, None, "low", "downloads", id="one download short of medium"),
        pytest.param(None, 10_000, None, "medium", "downloads", id="medium by downloads"),
        pytest.param(None, 100_000, None, "high", "downloads", id="high by downloads"),
        pytest.param(None, 0, 99, "low", "downloads", id="one like short of medium"),
        pytest.param(None, 0, 100, "medium", "likes", id="medium by likes"),
        pytest.param(None, 0, 1_000, "high", "likes", id="high by likes"),
        pytest.param(150 * 2**20, 5_000_000, 0, "high", "downloads", id="small and much used"),
        pytest.param(90 * 2**20, 5_000_000, 0, "high", "downloads", id="smaller is no higher"),
        pytest.param(10 * GIB, 100_000, 1_000, "high", "downloads", id="all high"),
        pytest.param(10 * GIB, 99_999, 1_000, "high", "likes", id="likes before size"),
    ],
)
def test_the_highest_level_that_any_metric_reaches(
    size_bytes: int | None,
    downloads: int | None,
    likes: int | None,
    level: str,
    method: str | None,
) -> None:
    impact = assess(POLICY, size_bytes=size_bytes, downloads=downloads, likes=likes)

    assert (impact.level, impact.method) == (level, method)


@given(size=COUNT, downloads=COUNT, likes=COUNT)
def test_the_method_is_a_metric_that_has_the_level(
    size: int | None, downloads: int | None, likes: int | None
) -> None:
    impact = assess(POLICY, size_bytes=size, downloads=downloads, likes=likes)

    assert impact.level is max(impact.levels.values(), key=RANK.__getitem__)
    if impact.method is None:
        assert impact.level is Level.NOT_AVAILABLE
        assert {size, downloads, likes} == {None}
    else:
        assert impact.levels[impact.method] is impact.level


@given(
    before=st.tuples(COUNT, COUNT, COUNT),
    metric=st.sampled_from([0, 1, 2]),
    more=st.integers(min_value=0, max_value=2**50),
)
def test_learning_or_raising_a_metric_never_lowers_the_level(
    before: tuple[int | None, ...], metric: int, more: int
) -> None:
    after = list(before)
    after[metric] = (before[metric] or 0) + more

    assert _rank(tuple(after)) >= _rank(before)


@given(
    size=COUNT, downloads=COUNT, likes=COUNT, medium=st.integers(0, 10), high=st.integers(10, 20)
)
def test_thresholds_are_what_decides(
    size: int | None, downloads: int | None, likes: int | None, medium: int, high: int
) -> None:
    threshold = Threshold(medium, high)
    policy = ImpactPolicy(size_bytes=threshold, downloads=threshold, likes=threshold)

    impact = assess(policy, size_bytes=size, downloads=downloads, likes=likes)

    known = [value for value in (size, downloads, likes) if value is not None]
    assert (impact.level is Level.HIGH) == any(value >= high for value in known)
    assert set(impact.levels) == set(Metric)


def _rank(metrics: tuple[int | None, ...]) -> int:
    size, downloads, likes = metrics
    return RANK[assess(POLICY, size_bytes=size, downloads=downloads, likes=likes).level]
