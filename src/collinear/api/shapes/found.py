"""The shapes of what was not asked for by name: suggestions and similar datasets."""

from pydantic import Field

from collinear.api.shapes.models import Answer, Count, DatasetItem


class SuggestedName(Answer):
    """A name that begins as typed, or one of whose words does."""

    text: str = Field(description="The name as it is written.", examples=["gsm8k"])
    count: Count = Field(
        description="Datasets called so, but for case and separators.", examples=[31]
    )
    id: str = Field(description="The most used of them.", examples=["openai/gsm8k"])


class SuggestedAuthor(Answer):
    """An author, for the filter `author`."""

    text: str = Field(description="The namespace.", examples=["openai"])
    count: Count = Field(description="Datasets of the author.", examples=[24])


class SuggestedTag(Answer):
    """A tag, found with its prefix and without."""

    text: str = Field(
        description="The tag with its prefix.", examples=["task_categories:question-answering"]
    )
    count: Count = Field(description="Datasets that have the tag.", examples=[8123])
    filter: str = Field(description="The filter of the list that it is for.", examples=["task"])
    value: str = Field(description="The value of that filter.", examples=["question-answering"])


class Suggestions(Answer):
    """For a search box; of each kind first what is exactly as typed, then the most used."""

    names: list[SuggestedName]
    authors: list[SuggestedAuthor]
    tags: list[SuggestedTag]


class SimilarItem(DatasetItem):
    """A dataset that is like the other one."""

    shared_tags: list[str] = Field(
        description="Tags that both have.", examples=[["language:en", "license:mit"]]
    )


class SimilarDatasets(Answer):
    """Other datasets, those most alike first; of one author two at most."""

    items: list[SimilarItem]
