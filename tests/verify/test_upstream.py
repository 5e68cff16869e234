"""A sample of the catalog beside the Hub's own rows: what drifted, and what time explains."""

from collections.abc import Iterator

import pytest
import redis

from collinear.domain.errors import HubUnavailable
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.verify.drift import Drift, Kind
from collinear.verify.upstream import Upstream, UpstreamReport
from collinear.wiring.checking import open_upstream
from tests.hubs import RunningHub
from tests.sync.conftest import Walker
from tests.verify.conftest import NAMES


@pytest.fixture
def sampled(catalog: Walker, settings: Settings, hub: RunningHub) -> Iterator[Upstream]:
    with open_upstream(settings.model_copy(update={"hf_endpoint": hub.url})) as upstream:
        yield upstream


def drifts(report: UpstreamReport) -> dict[str, Drift]:
    return {drift.id: drift for drift in report.drifts}


def make_old(store: redis.Redis, keys: Keys) -> None:
    """Everything was last seen long ago, so that a commit of now came later."""
    store.set(keys.seen, (1_000_000_000).to_bytes(4, "big") * 8)


def test_what_the_hub_shows_is_what_we_have(sampled: Upstream) -> None:
    report = sampled.sample(100, seed=1)

    assert report.asked == report.same == len(NAMES) + 1
    assert report.drifts == []
    assert report.listed > 0


def test_each_kind_of_drift_has_a_name(
    sampled: Upstream, hub: RunningHub, store: redis.Redis, keys: Keys
) -> None:
    make_old(store, keys)
    hub.edit("acme/set-0", downloads=31, likes=4)
    hub.edit("acme/set-1", commit=True, tags=["license:mit"])
    hub.edit("acme/set-2", gated="auto", lastModified="2001-01-01T00:00:00.000Z")
    hub.delete("Beta/set-0")
    hub.rename("Beta/set-1", "Beta/set-9")
    hub.delete("Beta/set-2")
    hub.add(id="Beta/set-2")
    hub.edit("acme/new", downloads="many")

    report = sampled.sample(100, seed=1)

    found = drifts(report)
    assert found["acme/set-0"].kind is Kind.STALE
    assert found["acme/set-0"].changed == {"downloads": (0, 31), "likes": (None, 4)}
    assert found["acme/set-0"].last_seen == 1_000_000_000
    assert found["acme/set-1"].kind is Kind.NEWER
    assert found["acme/set-2"].kind is Kind.CHANGED
    assert found["acme/set-2"].changed["gated"] == (False, "auto")
    assert found["Beta/set-0"].kind is Kind.GONE
    assert found["Beta/set-1"].kind is Kind.RENAMED
    assert found["Beta/set-1"].changed["id"] == ("Beta/set-1", "Beta/set-9")
    assert found["acme/new"].kind is Kind.UNREADABLE
    replaced = [drift for drift in report.drifts if drift.kind is Kind.REPLACED]
    assert [drift.id for drift in replaced] == ["Beta/set-2"]
    assert report.unexpected == len(report.drifts) - 2


def test_what_a_page_of_the_listing_shows_is_looked_for(
    sampled: Upstream, hub: RunningHub, store: redis.Redis, keys: Keys
) -> None:
    """The catalog cannot tell what it lacks: a page of the Hub's own listing can."""
    hub.add(id="acme/unheard")
    store.delete(keys.page_map)  # without it, the page is the first

    report = sampled.sample(1, seed=1)

    assert [(drift.id, drift.kind) for drift in report.drifts] == [("acme/unheard", Kind.MISSING)]


def test_the_same_seed_takes_the_same_datasets(sampled: Upstream, hub: RunningHub) -> None:
    def asked(seed: int) -> list[str]:
        hub.clear_requests()
        assert sampled.sample(3, seed=seed).asked == 3
        return [line.partition("?")[0] for line in hub.requests if "/api/datasets/" in line]

    assert asked(7) == asked(7)
    assert asked(7) != asked(8)


def test_a_sample_stays_within_the_share_of_synchronisation(
    sampled: Upstream, hub: RunningHub, store: redis.Redis, keys: Keys
) -> None:
    """What others have left of the window is all that a sample takes."""
    hub.quota(40, window=2)
    sampled.sample(100, seed=1)
    sampled.sample(100, seed=2)

    sampled.sample(100, seed=3)

    assert not [line for line in hub.requests if line.endswith(" 429")]


def test_a_hub_that_is_away_is_an_error(sampled: Upstream, hub: RunningHub) -> None:
    hub.fault("500", times=100)

    with pytest.raises(HubUnavailable):
        sampled.sample(1, seed=1)
