"""Where a page of the creation order ends."""

import pytest

from collinear.sync.boundaries import up_to


def rows(*numbers: int) -> list[dict[str, str]]:
    return [{"_id": f"{number:024x}"} for number in numbers]


@pytest.mark.parametrize(
    ("listed", "until", "kept", "met"),
    [
        pytest.param(rows(1, 2, 3), 2, rows(1, 2), True, id="the row itself"),
        pytest.param(rows(1, 2, 3), 3, rows(1, 2, 3), True, id="the last row"),
        pytest.param(rows(1, 2, 3), 4, rows(1, 2, 3), False, id="not there yet"),
        pytest.param(rows(1, 3, 4), 2, rows(1), True, id="it left: those behind it tell"),
        pytest.param(rows(3, 4), 2, [], True, id="it left with all before it"),
        pytest.param([], 2, [], False, id="an empty page"),
        pytest.param(rows(5, 1, 4), 1, rows(5, 1), True, id="another order, the row itself"),
        pytest.param(rows(5, 1, 4), 2, rows(5, 1, 4), False, id="another order: read on"),
    ],
)
def test_rows_up_to_a_boundary(
    listed: list[dict[str, str]], until: int, kept: list[dict[str, str]], met: bool
) -> None:
    """Rather a row too many than one too few: a row on no page would pass for a departure."""
    assert up_to(f"{until:024x}", listed) == (kept, met)
