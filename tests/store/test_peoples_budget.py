"""The shared quota, asked by people: first in line, and never in synchronisation's name."""

import pytest
import redis

from collinear.store.budget import Budget
from collinear.store.keys import Keys


@pytest.fixture
def budget(store: redis.Redis, keys: Keys) -> Budget:
    return Budget(store, keys, share=0.5)


def test_people_use_what_synchronisation_leaves(budget: Budget) -> None:
    """Its half is over; theirs is not, down to the last request of the window."""
    budget.observe(remaining=10, reset=60, quota=10, window=300)
    while budget.take() == 0:
        pass
    assert [budget.ask() for _ in range(5)] == [0.0] * 5
    assert 59 < budget.ask() <= 60.001
    assert budget.state().remaining == 0


def test_what_people_ask_is_gone_for_synchronisation(budget: Budget) -> None:
    """They are first in line: ten of theirs are ten less for it."""
    budget.observe(remaining=20, reset=60, quota=20, window=300)
    for _ in range(10):
        assert budget.ask() == 0
    assert budget.take() > 0


def test_a_refusal_holds_for_people_too(budget: Budget) -> None:
    """The Hub has said no: nobody asks."""
    assert budget.block(30) == 30
    assert 29 < budget.ask() <= 30


def test_nobody_is_said_to_wait_for_peoples_sake(budget: Budget) -> None:
    """What the status tells is how long synchronisation waits."""
    budget.observe(remaining=0, reset=60, quota=10, window=300)
    assert budget.ask() > 0
    assert budget.state().waiting_until is None


def test_without_a_word_from_the_hub_people_ask(budget: Budget) -> None:
    assert budget.ask() == 0
