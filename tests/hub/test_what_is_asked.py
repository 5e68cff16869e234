"""Requests to the Hub are counted by what they are about, in a few words, whatever the id."""

import pytest

from collinear.hub.connection import asked_about


@pytest.mark.parametrize(
    ("address", "about"),
    [
        ("/api/datasets?limit=1000&sort=createdAt", "listing"),
        ("/api/datasets/org/name", "dataset"),
        ("/api/datasets/org/name?expand=sha", "dataset"),
        ("/api/datasets/org/commits", "dataset"),
        ("/api/datasets/squad", "dataset"),
        ("/api/datasets/org/name/commits/main?p=2", "commits"),
        ("/api/datasets/squad/commits/main", "commits"),
        ("/api/datasets/org/name/tree/main/data?recursive=true", "files"),
        ("/api/datasets/org/name/paths-info/main", "file"),
        ("/datasets/org/name/resolve/main/README.md", "file"),
        ("/", "file"),
    ],
)
def test_an_address_is_about_one_of_a_few_things(address: str, about: str) -> None:
    assert asked_about(address) == about
