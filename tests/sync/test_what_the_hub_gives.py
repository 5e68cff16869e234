"""An older Hub, a Hub that learns, and a token that is refused: what becomes of a run."""

import json
from threading import Event, Thread
from typing import Any, cast

import redis
from pydantic import SecretStr

from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.run_records import Kind
from collinear.wiring.synchronisation import open_sync
from tests.agreement import assert_agreement, stored_ids
from tests.hubs import RunningHub
from tests.sync.conftest import Walker
from tests.waiting import wait_until

REVOKED = SecretStr("hf_revoked_long_ago")


def meta(store: redis.Redis, keys: Keys, name: str) -> Any:
    return json.loads(cast(bytes, store.hget(keys.meta, name)) or b"null")


def sizes(store: redis.Redis, keys: Keys) -> list[int | None]:
    documents = cast("list[bytes]", store.hvals(keys.documents))
    return sorted(
        (json.loads(text)["size_bytes"] for text in documents), key=lambda size: size or 0
    )


def run(settings: Settings, kind: Kind) -> dict[str, Any]:
    """A whole run by a worker that starts for it."""
    with open_sync(settings, Event()) as sync:
        return Walker(sync).run(kind)


def test_a_hub_that_learns_to_tell_sizes(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """
    First it lacks them, and they stay unknown; then a worker starts that finds them.

    The page map was written when nobody asked for sizes: its cursors ask for them now.
    """
    for n in range(5):
        hub.add(id=f"acme/set-{n}", mainSize=n + 1)
    hub.lack("mainSize", "trendingScore")
    run(sync_settings, Kind.FULL)

    assert sizes(store, keys) == [None] * 5
    assert meta(store, keys, "hub_fields")["missing"] == ["mainSize", "trendingScore"]
    assert "mainSize" not in "".join(hub.requests)

    hub.lack()
    summary = run(sync_settings, Kind.PAGES)

    assert summary["updated"] == 5
    assert sizes(store, keys) == [1, 2, 3, 4, 5]
    assert meta(store, keys, "hub_fields")["missing"] == []
    assert_agreement(store, keys)


def test_a_hub_that_forgets_a_field_in_the_middle_of_a_run(
    hub: RunningHub, walker: Walker, store: redis.Redis, keys: Keys
) -> None:
    """Its refusal names what is left: the same page is asked for again, and the run goes on."""
    for n in range(5):
        hub.add(id=f"acme/set-{n}", mainSize=n + 1)
    walker.run()
    hub.lack("sha")

    walker.run(Kind.PAGES)

    assert meta(store, keys, "hub_fields")["missing"] == ["sha"]
    refused = [line for line in hub.requests if line.endswith(" 400") and "__probe__" not in line]
    assert len(refused) == 1
    assert stored_ids(store, keys) == [f"acme/set-{n}" for n in range(5)]


def test_a_refused_token_is_told_and_gone_without(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """The run succeeds as an anonymous caller's; a good token later takes the word back."""
    hub.add(id="acme/widgets")
    run(sync_settings.model_copy(update={"hf_token": REVOKED}), Kind.FULL)

    assert stored_ids(store, keys) == ["acme/widgets"]
    told = meta(store, keys, "token_refused")["message"]
    assert told.startswith(f"HF_TOKEN is refused by {hub.url}: going on without it")
    assert "revoked" not in told

    run(sync_settings.model_copy(update={"hf_token": SecretStr("hf_good")}), Kind.DELTA)
    assert meta(store, keys, "token_refused") is None


def test_or_the_run_waits_for_a_token(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """With `stop` nothing is asked anonymously, and the status says what to do at once."""
    hub.add(id="acme/widgets")
    strict = sync_settings.model_copy(update={"hf_token": REVOKED, "invalid_token": "stop"})
    stopping = Event()
    failed: list[BaseException] = []

    def work() -> None:
        with open_sync(strict, stopping) as sync:
            try:
                Walker(sync).run()
            except Exception as error:  # it is looked at where the test waits for it
                failed.append(error)

    worker = Thread(target=work)
    worker.start()
    told = wait_until(lambda: store.hget(keys.meta, "last_error"), "the trouble to be told")
    stopping.set()
    worker.join(20)

    assert "HF_TOKEN is refused" in json.loads(cast(bytes, told))["message"]
    assert [type(error).__name__ for error in failed] == ["HandedBack"]
    assert stored_ids(store, keys) == []
    assert all(line.endswith(" 401") for line in hub.requests)


def test_a_wrong_endpoint_is_told_at_once(
    hub: RunningHub, sync_settings: Settings, store: redis.Redis, keys: Keys
) -> None:
    """What an operator must set right is not kept for three failures; it heals by itself."""
    hub.add(id="acme/widgets")
    hub.fault("html")
    with open_sync(sync_settings, Event()) as sync:
        worker = Thread(target=Walker(sync).run)
        worker.start()
        told = wait_until(lambda: store.hget(keys.meta, "last_error"), "the trouble to be told")
        worker.join(30)

    assert "sent a web page instead of a listing: check HF_ENDPOINT." in str(told)
    assert store.hget(keys.meta, "last_error") == b""
    assert stored_ids(store, keys) == ["acme/widgets"]
