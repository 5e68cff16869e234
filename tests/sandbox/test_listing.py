"""The listing: cursors, orders, filters, shapes."""

import httpx2
import pytest

from tests.hubs import RunningHub, running_hub


def test_an_added_dataset_is_listed(hub: RunningHub) -> None:
    """A partial row is filled in and served."""
    hub.add(id="acme/squad", downloads=5)
    (row,) = httpx2.get(hub.url + "/api/datasets").json()
    assert (row["id"], row["author"], row["downloads"]) == ("acme/squad", "acme", 5)
    assert int(row["_id"][:8], 16) > 0
    assert "likes" not in row


@pytest.mark.parametrize(
    "query",
    [
        "sort=createdAt",
        "sort=createdAt&direction=1",
        "sort=downloads",
        "sort=lastModified",
        "sort=id",
        "",
    ],
)
def test_following_the_links_meets_every_dataset_once(query: str) -> None:
    """Whatever the order, with unknown values and equal ones."""
    rows = [{"id": f"a/{n}", "downloads": n % 3 or None} for n in range(10)]
    with running_hub(rows, page_cap=3) as hub:
        url: str | None = f"{hub.url}/api/datasets?{query}"
        met: list[str] = []
        while url:
            answer = httpx2.get(url)
            met += [row["id"] for row in answer.json()]
            url = answer.links.get("next", {}).get("url")
        assert sorted(met) == [f"a/{n}" for n in range(10)]
