"""Dataset cards: the metadata block that a README begins with, read back from the tags."""

from typing import Any

from collinear.sandbox.rowtext import Row

_LISTS = (
    "annotations_creators",
    "language_creators",
    "language",
    "multilinguality",
    "size_categories",
    "source_datasets",
    "task_categories",
    "task_ids",
)
_COMPUTED = {"format", "library", "modality", "region", "arxiv", "doi", "benchmark"}
"""Prefixes of tags that the Hub adds by itself: they stand in no card."""


def card_of(row: Row) -> dict[str, Any]:
    """The card that would lead to the row's tags; empty where it has none."""
    tags = row.get("tags")
    if not isinstance(tags, list) or not tags:
        return {}
    card: dict[str, Any] = {}
    free: list[str] = []
    for tag in tags:
        prefix, colon, value = str(tag).partition(":")
        if not colon or not value:
            free.append(str(tag))
        elif prefix == "license":
            card["license"] = value
        elif prefix in _LISTS:
            card.setdefault(prefix, []).append(value)
        elif prefix not in _COMPUTED:
            free.append(str(tag))
    if free:
        card["tags"] = free
    if isinstance(row.get("id"), str):
        name = row["id"].rpartition("/")[2]
        card["pretty_name"] = name.replace("-", " ").replace("_", " ").title()
    return card


def readme(row: Row, card: dict[str, Any]) -> str:
    """The text of README.md: the card as YAML, then the description."""
    lines = ["---"]
    for key, value in card.items():
        if isinstance(value, list):
            lines += [f"{key}:", *(f"- {_scalar(item)}" for item in value)]
        elif not isinstance(value, dict):
            lines.append(f"{key}: {_scalar(value)}")
    lines += ["---", "", f"# {row.get('id')}", "", str(row.get("description") or "").strip(), ""]
    return "\n".join(lines)


def _scalar(value: object) -> str:
    text = str(value)
    plain = text.replace("-", "").replace("_", "").replace(" ", "").isalnum()
    return text if plain else "'" + text.replace("'", "''").replace("\n", " ") + "'"
