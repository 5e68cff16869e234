"""A dataset as the catalog knows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from collinear.domain import moments
from collinear.domain.impact import Impact, ImpactPolicy, assess

Gated = Literal[False, "auto", "manual"]

_LAST_SECOND = 2**32 - 1
"""Later ones (after 2106) have no place of their own in the catalog order: dates out of nowhere."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """
    One dataset of the Hub, checked and translated; ``None`` is always "unknown".

    ``hub_id`` is the only stable identity: ``id`` changes when a dataset is renamed.
    Moments are milliseconds since 1970 (UTC), ``size_bytes`` is the main branch in bytes,
    ``downloads`` are those of the last 30 days.
    """

    hub_id: str
    id: str
    author: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    size_bytes: int | None = None
    downloads: int | None = None
    downloads_all_time: int | None = None
    likes: int | None = None
    trending_score: float | None = None
    gated: Gated = False
    private: bool = False
    disabled: bool = False
    sha: str | None = None
    created_at: int | None = None
    last_modified: int | None = None

    @property
    def name(self) -> str:
        """The id without its namespace."""
        return self.id.rpartition("/")[2]

    @property
    def created_second(self) -> int:
        """Seconds since 1970 of the creation; the first 8 digits of ``hub_id`` where unknown."""
        if self.created_at is not None:
            return min(self.created_at // 1000, _LAST_SECOND)
        return int(self.hub_id[:8], 16)

    def impact(self, policy: ImpactPolicy) -> Impact:
        """How much the dataset matters under the given thresholds."""
        return assess(
            policy, size_bytes=self.size_bytes, downloads=self.downloads, likes=self.likes
        )

    def to_document(self, policy: ImpactPolicy) -> dict[str, Any]:
        """The document that is stored and served: an item of the list."""
        impact = self.impact(policy)
        return {
            "id": self.id,
            "hub_id": self.hub_id,
            "author": self.author,
            "name": self.name,
            "description": self.description,
            "tags": self.tags,
            "size_bytes": self.size_bytes,
            "downloads": self.downloads,
            "downloads_all_time": self.downloads_all_time,
            "likes": self.likes,
            "trending_score": self.trending_score,
            "gated": self.gated,
            "private": self.private,
            "disabled": self.disabled,
            "sha": self.sha,
            "created_at": None if self.created_at is None else moments.to_text(self.created_at),
            "last_modified": (
                None if self.last_modified is None else moments.to_text(self.last_modified)
            ),
            "impact_level": impact.level,
            "impact_assessment": {
                "assessment_method": impact.method or "none",
                "levels": {metric.value: level for metric, level in impact.levels.items()},
            },
        }


def from_document(document: Mapping[str, Any]) -> Dataset:
    """The dataset that a stored document was made from."""
    created, modified = document["created_at"], document["last_modified"]
    return Dataset(
        hub_id=document["hub_id"],
        id=document["id"],
        author=document["author"],
        description=document["description"],
        tags=tuple(document["tags"]),
        size_bytes=document["size_bytes"],
        downloads=document["downloads"],
        downloads_all_time=document["downloads_all_time"],
        likes=document["likes"],
        trending_score=document["trending_score"],
        gated=document["gated"],
        private=document["private"],
        disabled=document["disabled"],
        sha=document["sha"],
        created_at=None if created is None else moments.parse(created),
        last_modified=None if modified is None else moments.parse(modified),
    )
