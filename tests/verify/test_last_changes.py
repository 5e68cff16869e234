"""The marks of last changes lead where they should, or the report says so."""

import redis

from collinear.store.keys import Keys
from tests.agreement import stored_documents
from tests.verify.conftest import Look

ID = "Beta/set-1"


def ordinal(store: redis.Redis, keys: Keys) -> int:
    hub_id = stored_documents(store, keys)[ID]["hub_id"]
    identity: bytes = store.hget(keys.identities, hub_id) or b""
    return int(identity.partition(b" ")[0])


def said(look: Look) -> list[str]:
    return [f"{subject} {problem}" for subject, problem in look().get("marks", [])]


def test_a_last_change_of_another_or_of_nobody(look: Look, store: redis.Redis, keys: Keys) -> None:
    """Anybody's entry, and one that never was."""
    at = ordinal(store, keys) * 8
    other = store.getrange(keys.last_changes, *((0, 7) if at else (8, 15)))
    store.setrange(keys.last_changes, at, other)
    assert said(look) == [f"{ID} has the last change of another dataset"]

    store.setrange(keys.last_changes, at, b"\x7f" + bytes(7))
    assert said(look) == [f"{ID} has a last change that is not among the changes"]


def test_no_mark_and_a_trimmed_change_are_in_order(
    look: Look, store: redis.Redis, keys: Keys
) -> None:
    """A store of an earlier version has none; old changes are not kept for ever."""
    store.xtrim(keys.changes, maxlen=1, approximate=False)
    assert said(look) == []
    store.setrange(keys.last_changes, ordinal(store, keys) * 8, bytes(8))
    assert said(look) == []
    store.delete(keys.last_changes)
    assert said(look) == []
