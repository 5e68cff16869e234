"""What can be asked of the catalog."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from collinear.domain import facets as counted
from collinear.domain import moments
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


TAG_FILTERS = counted.TAG_FILTERS
RANGE_FIELDS = ("downloads", "likes", "size_bytes")
MOMENT_FILTERS = {"modified": "last_modified", "created": "created_at"}

_OFFSET_WITH_A_LOST_PLUS = re.compile(r"(T.*) (\d\d:?\d\d)$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(value: object) -> datetime:
    """
    A date or moment of ISO 8601 as a moment of UTC; without a zone it is read as UTC.

    The plus of ``+02:00`` arrives as a blank where a caller forgot to encode it.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    text = _OFFSET_WITH_A_LOST_PLUS.sub(r"\1+\2", str(value))
    milliseconds = moments.parse_bound(text)
    if milliseconds is None:
        raise ValueError("must be a date or a moment such as 2026-01-31 or 2026-01-31T12:00:00Z")
    return _EPOCH + timedelta(milliseconds=milliseconds)


_Value = Annotated[str, Field(min_length=1, max_length=300)]
_Values = Annotated[list[_Value], Field(max_length=50)]
_Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
_Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": form} for form in ("date-time", "date")]}
    ),
]
_Facet = Annotated[str, WithJsonSchema({"type": "string", "enum": list(counted.OWN_FILTERS)})]
MOST_EXPLAINED = 100
"""Items whose scores are told: each takes a millisecond."""
_INCLUSIVE = "inclusive; a date alone is its first moment; without a zone it is UTC."


class DatasetQuery(BaseModel):
    """A page of the catalog: which datasets, in which order, from where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(10, ge=1, le=1000, description="Datasets on the page.")
    offset: int = Field(0, ge=0, le=2**53, description="How many to leave out before the page.")
    cursor: str | None = Field(
        None,
        min_length=1,
        max_length=8192,
        description="The `next_cursor` of the page before; goes with the same query "
        "(`limit` may change) and without `offset`.",
        examples=["eyJxIjoiMGMxZDllNGI2ZiJ9"],
    )
    search: str | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="Words to look for in id, name, author, description and tags; all must match. "
        'A phrase in quotes (`"reading comprehension"`) is found as it stands; `-word` leaves out '
        "what has the word; the last word is also found as the beginning of one. Typos are "
        "forgiven, and then words dropped, only where nothing matches without.",
        examples=["reading comprehension"],
    )
    explain: bool = Field(
        False,
        description="Show the parts of each item's score; for words in `search`, and with a "
        f"`limit` of at most {MOST_EXPLAINED}.",
    )
    highlight: bool = Field(
        False,
        description="Show where each item has the words of `search`: its texts as HTML in which "
        "only `<mark>` is markup.",
    )
    sort_by: SortField | None = Field(
        None,
        description="The order: by `downloads` in 30 days, `likes`, `size_bytes`, `last_modified` "
        "(the last commit), `created_at`, `trending_score` (the Hub's), `id` (the alphabet), or "
        "`relevance` (what fits `search` best; only with it). Default: `relevance` with `search`, "
        "else the order of creation. Datasets whose value is unknown come last.",
        examples=["downloads"],
    )
    sort_order: SortOrder | None = Field(
        None,
        description="Upwards (`asc`) or downwards (`desc`); unknown values come last in both. "
        "Default: `desc`; for `id` and the order of creation `asc`.",
        examples=["desc"],
    )
    author: _Values = Field(
        default_factory=list, description="Any of these namespaces (exact).", examples=[["openai"]]
    )
    tag: _Values = Field(
        default_factory=list,
        description="All of these tags (exact), such as `license:mit`.",
        examples=[["license:mit"]],
    )
    license: _Values = Field(
        default_factory=list,
        description="Any of these licences, such as `mit`.",
        examples=[["mit"]],
    )
    language: _Values = Field(
        default_factory=list, description="Any of these languages, such as `en`.", examples=[["en"]]
    )
    task: _Values = Field(
        default_factory=list,
        description="Any of these tasks, such as `question-answering`.",
        examples=[["question-answering"]],
    )
    modality: _Values = Field(
        default_factory=list,
        description="Any of these modalities, such as `image`.",
        examples=[["image"]],
    )
    format: _Values = Field(
        default_factory=list,
        description="Any of these file formats, such as `parquet`.",
        examples=[["parquet"]],
    )
    library: _Values = Field(
        default_factory=list,
        description="Any of these libraries, such as `polars`.",
        examples=[["polars"]],
    )
    size_category: _Values = Field(
        default_factory=list,
        description="Any of these, such as `1K<n<10K`.",
        examples=[["1K<n<10K"]],
    )
    impact_level: Annotated[list[Level], Field(max_length=10)] = Field(
        default_factory=list,
        description="Any of these impact levels: `high`, `medium` or `low` by the thresholds of "
        "`/api/impact-policy`, or `not_available` where no metric is known.",
        examples=[["high", "medium"]],
    )
    gated: Annotated[list[Literal["false", "true", "auto", "manual"]], Field(max_length=10)] = (
        Field(
            default_factory=list,
            description="Any of these: access is open to all (`false`), or must be asked for and "
            "is given at once (`auto`), by the owner (`manual`), or either (`true`).",
            examples=[["false"]],
        )
    )
    min_downloads: _Count | None = Field(
        None, description="At least so many in 30 days.", examples=[1000]
    )
    max_downloads: _Count | None = Field(
        None, description="At most so many in 30 days.", examples=[100000]
    )
    min_likes: _Count | None = Field(None, description="At least so many likes.", examples=[10])
    max_likes: _Count | None = Field(None, description="At most so many likes.", examples=[1000])
    min_size_bytes: _Count | None = Field(
        None, description="At least so many bytes.", examples=[1048576]
    )
    max_size_bytes: _Count | None = Field(
        None, description="At most so many bytes.", examples=[1073741824]
    )
    modified_after: _Moment | None = Field(
        None, description=f"Changed since; {_INCLUSIVE}", examples=["2026-01-01"]
    )
    modified_before: _Moment | None = Field(
        None, description=f"Changed until; {_INCLUSIVE}", examples=["2026-01-31T12:00:00Z"]
    )
    created_after: _Moment | None = Field(
        None, description=f"Created since; {_INCLUSIVE}", examples=["2026-01-01"]
    )
    created_before: _Moment | None = Field(
        None, description=f"Created until; {_INCLUSIVE}", examples=["2026-01-31T12:00:00Z"]
    )
    facets: Annotated[list[_Facet], BeforeValidator(counted.parse)] = Field(
        default_factory=list,
        description="Count what fits by these, as a comma list or repeated; each leaves out its "
        "own filter. Names of filters count values, those with `:histogram` count by buckets.",
        examples=[["license", "language", "created_at:histogram"]],
        json_schema_extra={"minItems": 1, "maxItems": counted.MOST_FACETS},
    )
    facet_limit: int = Field(
        counted.MOST_VALUES,
        ge=1,
        le=counted.MOST_VALUES,
        description="Values of each facet, the most frequent first; `facets_more` tells where "
        "there are others.",
    )

    @field_validator("search")
    @classmethod
    def _a_word(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("must hold at least one word")
        return value

    @field_validator("explain")
    @classmethod
    def _few_to_explain(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("limit", 0) > MOST_EXPLAINED:
            raise ValueError(f"goes with a limit of at most {MOST_EXPLAINED}")
        return value

    @field_validator("cursor")
    @classmethod
    def _cursor_or_offset(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("offset"):
            raise ValueError("goes without offset: the cursor is the place")
        return value

    @field_validator("sort_by")
    @classmethod
    def _relevance_to_words(cls, value: SortField | None, info: ValidationInfo) -> SortField | None:
        if value is SortField.RELEVANCE and "search" in info.data and info.data["search"] is None:
            raise ValueError("relevance needs search")
        return value

    @field_validator("max_downloads", "max_likes", "max_size_bytes")
    @classmethod
    def _not_below_the_least(cls, value: int | None, info: ValidationInfo) -> int | None:
        name = str(info.field_name).replace("max_", "min_")
        _in_order(info.data.get(name), value, name)
        return value

    @field_validator("modified_before", "created_before")
    @classmethod
    def _not_before_the_first(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        name = str(info.field_name).replace("_before", "_after")
        _in_order(info.data.get(name), value, name)
        return value

    @property
    def order(self) -> tuple[SortField | None, SortOrder]:
        """The order in force; the field None is the order of creation."""
        field = self.sort_by
        if field is None and self.search is not None:
            field = SortField.RELEVANCE
        upwards = field is None or field is SortField.ID
        return field, self.sort_order or (SortOrder.ASC if upwards else SortOrder.DESC)

    @property
    def filters(self) -> dict[str, Any]:
        """The words and filters that are set, each with its value as JSON would show it."""
        return self.model_dump(mode="json", exclude=_PLACE, exclude_defaults=True)

    @property
    def filters_text(self) -> str:
        """The same as one text: queries with equal texts find the same datasets."""
        return self.model_dump_json(exclude=_PLACE, exclude_defaults=True)

    @property
    def needs_index(self) -> bool:
        """Whether the stored orders alone cannot answer."""
        return bool(self.facets) or not self.is_whole

    @property
    def is_whole(self) -> bool:
        """Whether the list is the whole catalog: no words, no filters."""
        return _PLACE.issuperset(self.model_fields_set) or not self.filters

    def without(self, *filters: str) -> "DatasetQuery":
        """The same without some of its filters."""
        fields = type(self).model_fields
        return self.model_copy(
            update={name: fields[name].get_default(call_default_factory=True) for name in filters}
        )

    @property
    def identity(self) -> dict[str, Any]:
        """What makes two pages parts of one list: everything but place and page size."""
        if _PLACE.issuperset(self.model_fields_set):
            return {"order": self.order}  # as it would come out, for the most asked lists
        filters = {
            name: sorted(set(value)) if isinstance(value, list) else value
            for name, value in self.filters.items()
        }
        return {**filters, "order": self.order}


_PLACE = {
    "limit",
    "offset",
    "cursor",
    "sort_by",
    "sort_order",
    "explain",
    "highlight",
    "facets",
    "facet_limit",
}


def _in_order(least: Any, most: Any, name: str) -> None:
    if least is not None and most is not None and least > most:
        raise ValueError(f"must not be below {name}")
