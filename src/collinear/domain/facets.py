"""What the datasets of a list can be counted by."""

from difflib import get_close_matches

TAG_FILTERS = {
    "license": "license:",
    "language": "language:",
    "task": "task_categories:",
    "modality": "modality:",
    "format": "format:",
    "library": "library:",
    "size_category": "size_categories:",
}
"""The filters that stand for a prefix of the Hub's tags."""

_HISTOGRAM = ":histogram"
_BY_VALUE = ("author", "tag", *TAG_FILTERS, "impact_level", "gated")
_ALONG_A_MEASURE = {
    "size_bytes": ("min_size_bytes", "max_size_bytes"),
    "downloads": ("min_downloads", "max_downloads"),
    "likes": ("min_likes", "max_likes"),
    "created_at": ("created_after", "created_before"),
    "last_modified": ("modified_after", "modified_before"),
}

OWN_FILTERS = {name: (name,) for name in _BY_VALUE} | {
    f"{measure}{_HISTOGRAM}": own for measure, own in _ALONG_A_MEASURE.items()
}
"""Every facet with the filters that it leaves out, so that it shows what else could be chosen."""

MOST_FACETS = 50
"""Names in one question, also if some are the same."""
MOST_VALUES = 10_000
"""Values of one facet in one answer."""


def measure(facet: str) -> str | None:
    """What a histogram is of; None for a facet that counts values."""
    return facet.removesuffix(_HISTOGRAM) if facet.endswith(_HISTOGRAM) else None


def parse(asked: object) -> object:
    """
    The facets that a comma list names, or several of them, each once.

    Raises:
        ValueError: One is unknown; it is named, and what there is.
    """
    parts = [asked] if isinstance(asked, str) else asked
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        return asked  # not for us to refuse
    names = [name.strip() for part in parts for name in part.split(",")]
    if len(names) > MOST_FACETS:
        raise ValueError(f"must not name more than {MOST_FACETS}")
    for name in names:
        if name not in OWN_FILTERS:
            raise ValueError(_unknown(name))
    return list(dict.fromkeys(names))


def _unknown(name: str) -> str:
    stem, _, kind = name[:100].partition(":")
    near = [facet for facet in OWN_FILTERS if stem and facet.startswith(stem)]
    near.sort(key=lambda facet: facet.endswith(kind), reverse=True)
    near += get_close_matches(name[:100], OWN_FILTERS, n=1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(OWN_FILTERS)}"
    return f"{name[:100]!r} is unknown; {advice}"
