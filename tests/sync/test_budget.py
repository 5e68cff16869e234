"""The Hub's quota as all workers share it: what is taken, what is waited for, what is believed."""

import threading
from collections.abc import Callable

import pytest
import redis

from collinear.store.budget import Budget
from collinear.store.keys import Keys

Shift = Callable[..., None]


@pytest.fixture
def budget(store: redis.Redis, keys: Keys) -> Budget:
    return Budget(store, keys, share=0.5)


@pytest.fixture
def shift(store: redis.Redis, keys: Keys) -> Shift:
    """Moves moments in the budget by seconds, as if so much time had passed (or come back)."""

    def shift(seconds: float, *names: str) -> None:
        for name in names or ("reset_at", "ended_at", "blocked_until"):
            value = store.hget(keys.budget, name)
            if value is not None:
                store.hset(keys.budget, name, int(value) + int(seconds * 1000))

    return shift


def take_all(budget: Budget, *, most: int = 1000) -> int:
    """How many requests are granted before somebody has to wait."""
    for taken in range(most):
        if budget.take() > 0:
            return taken
    return most


def test_without_a_word_from_the_hub_nobody_waits(budget: Budget) -> None:
    """A Hub without rate limit headers is asked as fast as it answers."""
    assert take_all(budget, most=50) == 50
    assert budget.state() == (None, None, None, None, None, None, 0.0)


def test_synchronisation_keeps_to_its_share(budget: Budget) -> None:
    """Half of the window is taken, the other half is left to people, until the window ends."""
    budget.observe(remaining=100, reset=60, quota=100, window=300)

    assert take_all(budget) == 50
    assert 59 < budget.take() <= 60.001
    state = budget.state()
    assert (state.quota, state.window, state.remaining) == (100, 300, 50)
    assert 59 < state.waiting_seconds <= 60
    assert state.waiting_until == state.reset_at


def test_what_people_used_is_not_taken(budget: Budget) -> None:
    """An answer tells that others were there: the reserve is theirs all the same."""
    budget.observe(remaining=100, reset=60, quota=100, window=300)
    budget.take()
    budget.observe(remaining=60, reset=60, quota=100, window=300)

    assert take_all(budget) == 10


@pytest.mark.parametrize(("quota", "share"), [(1, 0.01), (1, 0.5), (2, 0.1), (3, 0.01), (7, 1)])
def test_one_request_in_a_window_is_always_ours(
    store: redis.Redis, keys: Keys, quota: int, share: float
) -> None:
    """However tiny the quota: something must go on."""
    budget = Budget(store, keys, share=share)
    budget.observe(remaining=quota, reset=60, quota=quota, window=300)

    assert take_all(budget) == max(1, int(quota * share))


def test_many_threads_do_not_rush_into_a_new_window(
    store: redis.Redis, keys: Keys, shift: Shift
) -> None:
    """A window ends while eight threads wait: together they take a share, not eight."""
    budget = Budget(store, keys, share=0.5)
    budget.observe(remaining=10, reset=60, quota=20, window=300)
    assert budget.take() > 0
    shift(-61)

    granted: list[int] = []
    threads = [
        threading.Thread(target=lambda: granted.append(take_all(budget, most=20))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(granted) == 10


def test_the_first_answer_of_a_window_corrects_the_guess(budget: Budget, shift: Shift) -> None:
    """The Hub counts its windows by its own clock: the guessed end gives way to the real one."""
    budget.observe(remaining=51, reset=60, quota=100, window=300)
    take_all(budget)
    shift(-300)
    assert [budget.take() for _ in range(10)] == [0.0] * 10
    budget.observe(remaining=97, reset=20, quota=100, window=300)

    state = budget.state()
    # ten were granted, though the Hub has seen but three of them yet
    assert state.remaining == 90
    assert take_all(budget) == 40
    assert 19 < budget.take() <= 20.001


def test_a_late_answer_of_the_last_window_is_not_believed(budget: Budget, shift: Shift) -> None:
    """It was overtaken by the end of its window, and knows nothing of the new one."""
    budget.observe(remaining=50, reset=60, quota=100, window=300)
    assert budget.take() > 0
    shift(-61)
    assert budget.take() == 0
    budget.observe(remaining=2, reset=1, quota=100, window=300)

    assert budget.state().remaining == 99


def test_the_least_end_is_the_truest_and_is_waited_out(budget: Budget, shift: Shift) -> None:
    """Seconds are rounded up and answers travel: every end is too late, the least one least."""
    budget.observe(remaining=90, reset=200, quota=100, window=300)
    budget.observe(remaining=80, reset=197, quota=100, window=300)
    budget.observe(remaining=85, reset=199, quota=100, window=300)

    assert budget.state().remaining == 80
    take_all(budget)
    assert 196 < budget.take() <= 197.001
    shift(-196)
    assert 0 < budget.take() <= 1.001


def test_a_new_window_is_told_from_the_old_one(budget: Budget) -> None:
    """An answer whose end lies a window later speaks of the next one: it begins whole."""
    budget.observe(remaining=3, reset=1, quota=100, window=300)
    budget.observe(remaining=99, reset=300, quota=100, window=300)

    assert budget.state().remaining == 99


def test_another_quota_is_believed_at_once(budget: Budget) -> None:
    """A token that is set or refused changes who we are: what is left is counted anew."""
    budget.observe(remaining=400, reset=200, quota=500, window=300)
    budget.observe(remaining=990, reset=250, quota=1000, window=300)

    assert (budget.state().quota, budget.state().remaining) == (1000, 990)


def test_a_hub_that_tells_no_policy_is_believed_in_what_it_shows(budget: Budget) -> None:
    """Without a quota, the most that was left is taken for it, and half of that is kept."""
    budget.observe(remaining=40, reset=10, quota=None, window=None)

    assert take_all(budget) == 20
    assert 9 < budget.take() <= 10.001


@pytest.mark.parametrize("jump", [3_600, 86_400 * 365])
def test_a_clock_that_jumps_back_stalls_nobody(budget: Budget, shift: Shift, jump: int) -> None:
    """Redis's clock is set back: what was to come soon is not waited for longer than a window."""
    budget.observe(remaining=5, reset=10, quota=100, window=30)
    budget.block(7)
    shift(jump)

    assert 0 < budget.take() <= 30.001
    shift(-30.1)
    budget.observe(remaining=99, reset=20, quota=100, window=30)
    assert budget.take() == 0
    assert take_all(budget) > 40


def test_absurd_numbers_stall_nobody(budget: Budget) -> None:
    """A year to wait: no longer than a window, and ten minutes where no window is known."""
    assert budget.block(1e9) == 600
    assert 599 < budget.take() <= 600.001
    budget.observe(remaining=0, reset=999_999_999, quota=10, window=60)

    assert 59 < budget.take() <= 60.001
    assert budget.block(1e9) == 60


def test_a_block_holds_for_everybody(store: redis.Redis, keys: Keys, budget: Budget) -> None:
    """The Hub has said no to one worker: all wait, and the longest no counts."""
    budget.block(30)
    budget.block(2)

    assert 29 < Budget(store, keys, share=1).take() <= 30.001
    assert 29 < budget.state().waiting_seconds <= 30.01  # rounded up


def test_the_wait_is_forgotten_when_it_is_over(budget: Budget, shift: Shift) -> None:
    """Somebody is granted a request, so nobody waits any more."""
    budget.block(30)
    budget.take()
    shift(-31, "blocked_until")

    assert budget.take() == 0
    assert budget.state().waiting_until is None
    assert budget.state().waiting_seconds == 0
