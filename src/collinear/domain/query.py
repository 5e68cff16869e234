"""What can be asked of the catalog."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from collinear.domain.impact import Level


class SortField(StrEnum):
    """What a list can be ordered by; each but relevance is a sorted set of the store."""

    DOWNLOADS = "downloads"
    LIKES = "likes"
    SIZE_BYTES = "size_bytes"
    LAST_MODIFIED = "last_modified"
    CREATED_AT = "created_at"
    TRENDING_SCORE = "trending_score"
    ID = "id"
    RELEVANCE = "relevance"


class SortOrder(StrEnum):
    """Upwards or downwards; unknown values come last in both."""

    ASC = "asc"
    DESC = "desc"


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

RANGE_FIELDS = ("downloads", "likes", "size_bytes")
MOMENT_FILTERS = {"modified": "last_modified", "created": "created_at"}

_Value = Annotated[str, Field(min_length=1, max_length=300)]
_Values = Annotated[list[_Value], Field(max_length=50)]
_Count = Annotated[int, Field(ge=0, le=2**63 - 1)]


class DatasetQuery(BaseModel):
    """A page of the catalog: which datasets, in which order, from where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(10, ge=1, le=1000, description="Datasets on the page.")
    offset: int = Field(0, ge=0, le=2**53, description="How many to leave out before the page.")
    cursor: str | None = Field(
        None,
        min_length=1,
        max_length=2000,
        description="The `next_cursor` of the page before; goes with the same query.",
    )
    search: str | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="Words to look for in id, name, author, description and tags; all must match.",
    )
    sort_by: SortField | None = Field(
        None, description="Default: `relevance` with `search`, else the order of creation."
    )
    sort_order: SortOrder | None = Field(
        None, description="Default: `desc`; for `id` and the order of creation `asc`."
    )
    author: _Values = Field([], description="Any of these namespaces (exact).")
    tag: _Values = Field([], description="All of these tags (exact).")
    license: _Values = Field([], description="Any of these licences, such as `mit`.")
    language: _Values = Field([], description="Any of these languages, such as `en`.")
    task: _Values = Field([], description="Any of these tasks, such as `question-answering`.")
    modality: _Values = Field([], description="Any of these modalities, such as `image`.")
    format: _Values = Field([], description="Any of these file formats, such as `parquet`.")
    library: _Values = Field([], description="Any of these libraries, such as `polars`.")
    size_category: _Values = Field([], description="Any of these, such as `1K<n<10K`.")
    impact_level: Annotated[list[Level], Field(max_length=10)] = Field(
        [], description="Any of these impact levels."
    )
    gated: Annotated[list[Literal["false", "true", "auto", "manual"]], Field(max_length=10)] = (
        Field([], description="Any of these; `true` stands for `auto` and `manual`.")
    )
    min_downloads: _Count | None = Field(None, description="At least so many in 30 days.")
    max_downloads: _Count | None = Field(None, description="At most so many in 30 days.")
    min_likes: _Count | None = Field(None, description="At least so many likes.")
    max_likes: _Count | None = Field(None, description="At most so many likes.")
    min_size_bytes: _Count | None = Field(None, description="At least so many bytes.")
    max_size_bytes: _Count | None = Field(None, description="At most so many bytes.")
    modified_after: AwareDatetime | None = Field(None, description="Inclusive, ISO 8601.")
    modified_before: AwareDatetime | None = Field(None, description="Inclusive, ISO 8601.")
    created_after: AwareDatetime | None = Field(None, description="Inclusive, ISO 8601.")
    created_before: AwareDatetime | None = Field(None, description="Inclusive, ISO 8601.")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> "DatasetQuery":
        if self.sort_by is SortField.RELEVANCE and self.search is None:
            raise ValueError("sort_by=relevance needs search")
        if self.cursor is not None and self.offset:
            raise ValueError("use cursor or offset, not both")
        return self

    @property
    def order(self) -> tuple[SortField | None, SortOrder]:
        """The order in force; the field None is the order of creation."""
        field = self.sort_by
        if field is None and self.search is not None:
            field = SortField.RELEVANCE
        upwards = field is None or field is SortField.ID
        return field, self.sort_order or (SortOrder.ASC if upwards else SortOrder.DESC)

    @property
    def needs_index(self) -> bool:
        """Whether the stored orders alone cannot answer."""
        asked = self.model_dump(
            exclude={"limit", "offset", "cursor", "sort_by", "sort_order"}, exclude_defaults=True
        )
        return bool(asked)
