"""Where a page of the creation order ends."""

import pytest

from collinear.store.run_records import Segment
from collinear.sync.boundaries import joined, up_to


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


@pytest.mark.parametrize(
    ("walked", "kept"),
    [
        ([(None, "b"), ("/2", "d")], [(None, "b"), ("/2", "d")]),
        ([(None, None), ("/2", "d")], [(None, "d")]),
        ([(None, "b"), ("/2", None)], [(None, "b")]),
        ([(None, "b"), ("/1", "b"), ("/2", "d")], [(None, "b"), ("/2", "d")]),
        ([(None, None)], []),
    ],
    ids=["as they are", "an empty one first", "an empty end", "walked twice", "nothing"],
)
def test_a_page_map_has_pages_of_known_ends(
    walked: list[tuple[str | None, str | None]], kept: list[tuple[str | None, str | None]]
) -> None:
    """Each ends behind the one before it; none is left out."""
    assert joined([Segment(*one) for one in walked]) == [Segment(*one) for one in kept]
