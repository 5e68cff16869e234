"""The house rules that a program can check."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_file_has_one_idea(path: Path) -> None:
    """More than 350 lines are two ideas in one room."""
    assert len(path.read_text().splitlines()) <= 350


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_colour_follows_role(path: Path) -> None:
    """What the worker and the indexer do is never async."""
    parts = path.relative_to(ROOT / "src" / "collinear").parts
    if parts[0] in {"worker", "indexer", "sync", "follow.py", "domain", "search"}:
        assert "async def" not in path.read_text()


@pytest.mark.parametrize("name", ["main.txt", "dev.txt"])
def test_the_locks_have_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()

    assert "://" not in text
    for requirement in re.split(r"\n(?=\S)", text.strip()):
        assert "==" in requirement
        assert "--hash=sha256:" in requirement
