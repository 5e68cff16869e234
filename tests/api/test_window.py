"""What all who listen read from: every change behind its start, in any portions, in bounds."""

import pytest

from collinear.api.streams.window import Bounds, Window
from collinear.domain.change import Serial


def serial(number: int) -> Serial:
    return Serial("e", f"{1000 + number // 10}-{number % 10}")


def filled(window: Window, first: int, count: int) -> None:
    """Changes that are numbers, as their own bytes."""
    numbers = range(first, first + count)
    window.add([serial(n) for n in numbers], [f"{n} ".encode() for n in numbers])


def rest(window: Window, place: Serial) -> list[int]:
    """All that a listener at this place is given."""
    found = b""
    while piece := window.after(place):
        found, place = found + piece.body, piece.end
    return [int(number) for number in found.split()]


@pytest.fixture
def window() -> Window:
    return Window(serial(0), Bounds(changes=100, size=10_000))


def test_from_any_place_on_nothing_is_missing(window: Window) -> None:
    """Also in the middle of what came together, and from places between two changes."""
    for first, count in ((1, 1), (2, 9), (11, 1), (12, 60)):
        filled(window, first, count)
    for place in range(72):
        assert rest(window, serial(place)) == list(range(place + 1, 72))
    assert rest(window, Serial("e", "1000-99")) == list(range(10, 72))
    assert rest(window, Serial("e", "2000-0")) == []


def test_it_forgets_the_oldest_by_number(window: Window) -> None:
    """As they came, together; what it has it has from its start to its end."""
    for first in range(1, 1001, 10):
        filled(window, first, 10)
    assert (window.start, window.end) == (serial(900), serial(1000))
    assert rest(window, window.start) == list(range(901, 1001))


def test_it_forgets_the_oldest_by_size() -> None:
    window = Window(serial(0), Bounds(changes=10_000, size=50))
    for first in range(1, 1001, 2):
        filled(window, first, 2)
    assert rest(window, window.start) == list(range(989, 1001))  # 49 bytes


def test_what_came_last_is_there_however_large_it_is() -> None:
    """A listener that reads at once loses nothing."""
    window = Window(serial(0), Bounds(changes=2, size=2))
    filled(window, 1, 50)
    assert rest(window, serial(0)) == list(range(1, 51))
    filled(window, 51, 50)
    assert window.start == serial(50)
    assert rest(window, serial(50)) == list(range(51, 101))


def test_a_place_of_another_epoch_is_behind_it_all(window: Window) -> None:
    """Who waits for what follows it is woken at once."""
    assert not window.is_beyond(serial(0))
    assert window.is_beyond(Serial("other", serial(0).position))
    filled(window, 1, 1)
    assert window.is_beyond(serial(0))
    assert not window.is_beyond(serial(1))
