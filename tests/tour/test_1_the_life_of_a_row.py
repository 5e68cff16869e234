"""The life of one dataset, from the Hub to the answer.  Read this first."""

from tests.hubs import RunningHub
from tests.tour.conftest import LivingCatalog
from tests.waiting import wait_until


def test_a_row_on_the_hub_can_be_found_by_its_words(
    hub: RunningHub, catalog: LivingCatalog
) -> None:
    """It appears in lists and in search, graded, without anybody asking for it."""
    hub.add(id="acme/squad", description="reading comprehension", downloads=120_000)

    wait_until(lambda: catalog.search("comprehension") == ["acme/squad"], "the row", within=30)

    assert catalog.ids() == ["acme/squad"]
    found = catalog.get("ACME/Squad").json()
    assert found["impact_level"] == "high"
    assert found["impact_assessment"]["assessment_method"] == "downloads"
    assert found["ranks"]["downloads"]["rank"] == 1


def test_a_commit_on_the_hub_is_seen_within_a_delta(
    hub: RunningHub, catalog: LivingCatalog
) -> None:
    """Words that came with a commit are found; words that went are not found any more."""
    hub.add(id="acme/notes", description="handwritten letters")
    wait_until(lambda: catalog.search("letters") == ["acme/notes"], "the first words", within=30)

    hub.edit("acme/notes", commit=True, description="typed telegrams")

    wait_until(lambda: catalog.search("telegrams") == ["acme/notes"], "the new words", within=20)
    assert catalog.search("letters") == []


def test_a_renamed_dataset_is_found_under_both_names(
    hub: RunningHub, catalog: LivingCatalog
) -> None:
    """The old address leads to the new one."""
    hub.add(id="acme/Old-name")
    wait_until(lambda: catalog.ids() == ["acme/Old-name"], "the first load", within=30)

    hub.rename("acme/Old-name", "acme/fresh")
    catalog.refresh()

    old = catalog.get("acme/Old-name")
    assert (old.status_code, old.headers["location"]) == (308, "/api/datasets/acme/fresh")
    assert catalog.get("ACME/Old-Name").headers["location"] == old.headers["location"]
    wait_until(lambda: catalog.search("fresh") == ["acme/fresh"], "the index to follow")
    assert catalog.search("old-name") == []


def test_a_dataset_that_left_the_hub_is_gone(hub: RunningHub, catalog: LivingCatalog) -> None:
    """From the lists, from search, and by its id."""
    hub.add(id="acme/stays")
    hub.add(id="acme/goes")
    wait_until(lambda: len(catalog.ids()) == 2, "the first load", within=30)

    hub.delete("acme/goes")
    summary = catalog.refresh()

    assert summary["deleted"] == 1
    assert catalog.ids() == ["acme/stays"]
    assert catalog.get("acme/goes").status_code == 404
    wait_until(lambda: catalog.search("acme") == ["acme/stays"], "the index to follow")
