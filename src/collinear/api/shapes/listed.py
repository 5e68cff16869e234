"""The shape of a page of the list, for OpenAPI and for those who read it."""

from datetime import date

from pydantic import Field

from collinear.api.shapes.models import Answer, Count, DatasetItem


class WordScore(Answer):
    """What a word gives to a score: as much as its best field."""

    word: str = Field(description="A part of a word, as it is looked for.", examples=["gsm8k"])
    score: float = Field(description="The best of its fields.", examples=[11.5])
    fields: dict[str, float] = Field(
        description="By name, author, tags and description.", examples=[{"name": 11.5}]
    )


class Explanation(Answer):
    """`score` is (all of `exactness` + all of `words`) times `popularity`."""

    score: float = Field(description="What the order is by.", examples=[41.4])
    exactness: dict[str, float] = Field(
        description="By what of id or name is just as typed.", examples=[{"name": 24.0}]
    )
    words: list[WordScore]
    popularity: float = Field(
        ge=1, description="From downloads and likes; 1.2 at the most.", examples=[1.16]
    )


class Highlights(Answer):
    """
    The texts in which words of the search were found, as HTML: `<mark>` stands around what was
    found, all else is escaped, and signs of control and of direction are left out.
    """

    id: str | None = Field(
        None, description="The id with its marks.", examples=["openai/<mark>gsm8k</mark>"]
    )
    name: str | None = Field(
        None, description="The name with its marks.", examples=["<mark>gsm8k</mark>"]
    )
    author: str | None = Field(
        None, description="The namespace with its marks.", examples=["<mark>openai</mark>"]
    )
    description: str | None = Field(
        None,
        description="A passage of some 300 characters, with … where it was cut.",
        examples=["Grade school <mark>math</mark> word problems"],
    )
    tags: list[str] | None = Field(
        None, description="Those that have a mark.", examples=[["language:<mark>en</mark>"]]
    )


class FoundItem(DatasetItem):
    """One dataset of a list, with what was asked for beside it."""

    explanation: Explanation | None = Field(
        None, description="Only with `explain`; null where the index has not followed yet."
    )
    highlights: Highlights | None = Field(
        None, description="Only with `highlight`; empty where no text has a mark."
    )


class Bucket(Answer):
    """The datasets from one bound on and below the next: a count, bytes, or midnight in UTC."""

    start: int | date | None = Field(
        alias="from", description="Included; null where there is no lower bound.", examples=[0]
    )
    end: int | date | None = Field(
        alias="to", description="Not included; null where there is no upper bound.", examples=[1]
    )
    count: Count = Field(description="Datasets in it.", examples=[7])


class Histogram(Answer):
    """From the first bucket with a dataset in it to the last; those between may be empty."""

    buckets: list[Bucket]
    unknown: Count = Field(description="Datasets whose value is not known.", examples=[0])


class Page(Answer):
    """A page of a list."""

    total: Count = Field(description="Datasets that fit, on all pages.", examples=[1234])
    current_page: int | None = Field(ge=1, description="From 1; null with a cursor.", examples=[1])
    total_pages: Count = Field(description="Pages of this size.", examples=[124])
    next_page: int | None = Field(ge=1, description="Null on the last.", examples=[2])
    prev_page: int | None = Field(ge=1, description="Null on the first.", examples=[None])
    next_cursor: str | None = Field(
        description="For the next page; null on the last.", examples=["eyJxIjoiMGMxZDllNGI2ZiJ9"]
    )
    warming_up: bool = Field(description="Until the first full load has completed.")
    refreshing: bool = Field(description="While a full or page-wise refresh goes on.")
    forgiven_words: list[str] = Field(
        description="Words of the search in which typos were forgiven: nothing has them as typed.",
        examples=[[]],
    )
    dropped_words: list[str] = Field(
        description="Words of the search that the items need not have: nothing has all of them.",
        examples=[[]],
    )
    facets: dict[str, dict[str, Count] | Histogram] | None = Field(
        description="Only with `facets`. By the name that was asked for: values with the number of "
        "datasets that have them, the most frequent first, or a histogram.",
        examples=[
            {
                "license": {"mit": 410, "apache-2.0": 377},
                "likes:histogram": {"buckets": [{"from": 0, "to": 1, "count": 7}], "unknown": 0},
            }
        ],
    )
    facets_more: list[str] = Field(
        description="The facets that have more values than are shown; see `facet_limit`.",
        examples=[["license"]],
    )
    items: list[FoundItem]
