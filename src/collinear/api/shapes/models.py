"""
The shapes of the answers, for OpenAPI and for those who read them.

Answers are spliced from stored bytes and never pass through these models; the contract tests
parse real answers with them.  Every field has an example: the examples of the answers are made
of them.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from collinear.domain.impact import Level

Count = Annotated[int, Field(ge=0)]
SERIAL = "d41d8cd98f00:1763791200000-0"
RUN_ID = "5f2b6d0c1d9e4b6f8a7c3e2d1b0a9f8e"
MOMENT = "2026-11-22T07:00:00.000Z"


class Answer(BaseModel):
    """What all answers are: without a field that is not described."""

    model_config = ConfigDict(extra="forbid")


class Levels(Answer):
    """The level that each metric reaches by itself."""

    downloads: Level = Field(examples=["high"])
    likes: Level = Field(examples=["high"])
    size_bytes: Level = Field(examples=["low"])


Method = Literal["downloads", "likes", "size_bytes", "none"]
_DECIDED = Field(
    description="The metric that decided: of those that reach the level downloads, then likes, "
    "then size_bytes; none where no metric is known.",
    examples=["downloads"],
)
_LEVEL = Field(
    description="The highest level that any metric reaches; not_available where none is known.",
    examples=["high"],
)


class ImpactSummary(Answer):
    """Which metric decided the impact, and the level of each."""

    assessment_method: Method = _DECIDED
    levels: Levels


class DatasetItem(Answer):
    """One dataset; what is unknown is null, never 0."""

    id: str = Field(
        description="Namespace and name; changes on a rename.", examples=["openai/gsm8k"]
    )
    hub_id: str = Field(
        description="The identity that stays.", examples=["641a36394097fa34bd332e4a"]
    )
    author: str | None = Field(
        description="The namespace; null for the oldest, which have none.", examples=["openai"]
    )
    name: str = Field(description="The id without the namespace.", examples=["gsm8k"])
    description: str | None = Field(
        description="The beginning of the card, untouched: text of strangers, never markup.",
        examples=["Grade school math word problems"],
    )
    tags: list[str] = Field(
        description="In the Hub's order, untouched.",
        examples=[["task_categories:text-generation", "language:en", "license:mit"]],
    )
    size_bytes: Count | None = Field(
        description="The files of the main branch, in bytes.", examples=[58710973]
    )
    downloads: Count | None = Field(description="In the last 30 days.", examples=[480123])
    downloads_all_time: Count | None = Field(
        description="Since the Hub counts.", examples=[9120456]
    )
    likes: Count | None = Field(description="Hearts of users.", examples=[1031])
    trending_score: float | None = Field(
        description="How much it is talked about now, by the Hub's own measure.", examples=[12]
    )
    gated: Literal[False] | Literal["auto", "manual"] = Field(
        description="Whether access must be asked for, and who decides: nobody (false), a form "
        "(auto), or the owner (manual).",
        examples=[False],
    )
    private: bool = Field(description="Always false: private datasets are not stored.")
    disabled: bool = Field(description="Whether the Hub has closed it.")
    sha: str | None = Field(
        description="The newest commit of the main branch.",
        examples=["e53f048856ff4f594e959d75785d2c2d37b678ee"],
    )
    created_at: AwareDatetime | None = Field(
        description="When it was created.", examples=["2022-04-12T10:22:10.000Z"]
    )
    last_modified: AwareDatetime | None = Field(
        description="When it was committed to last.", examples=["2024-01-04T12:05:15.000Z"]
    )
    impact_level: Level = _LEVEL
    impact_assessment: ImpactSummary


class Threshold(Answer):
    """The least values that reach the levels."""

    medium: Count = Field(description="From here on medium.", examples=[10_000])
    high: Count = Field(description="From here on high.", examples=[100_000])


class ImpactPolicy(Answer):
    """The thresholds in force: bytes for the size, counts for the others."""

    size_bytes: Threshold = Field(examples=[{"medium": 2**30, "high": 10 * 2**30}])
    downloads: Threshold
    likes: Threshold = Field(examples=[{"medium": 100, "high": 1000}])


class Metrics(Answer):
    """What the impact was read from."""

    size_bytes: Count | None = Field(description="In bytes.", examples=[58710973])
    downloads: Count | None = Field(description="In 30 days.", examples=[480123])
    likes: Count | None = Field(description="Hearts of users.", examples=[1031])


class ImpactAssessment(Answer):
    """The impact in full."""

    dataset_id: str = Field(description="The dataset that is graded.", examples=["openai/gsm8k"])
    impact_level: Level = _LEVEL
    assessment_method: Method = _DECIDED
    levels: Levels
    metrics: Metrics
    thresholds: ImpactPolicy


class Rank(Answer):
    """Where a dataset stands among those whose value is known."""

    rank: int = Field(
        ge=1, description="1 for the highest value; equal values share it.", examples=[42]
    )
    percentile: float = Field(
        ge=0, le=100, description="Share of datasets with a lower value.", examples=[99.99]
    )
    of: int = Field(ge=1, description="Datasets whose value is known.", examples=[1041234])


class Ranks(Answer):
    """Ranks by measure; null where the dataset's value is unknown."""

    downloads: Rank | None
    likes: Rank | None
    size_bytes: Rank | None


class LastChange(Answer):
    """The newest change of a dataset, as the changes tell it."""

    serial: str = Field(description="Its place in the stream.", examples=[SERIAL])
    op: Literal["create", "update", "move"] = Field(
        description="What happened; a move is a rename.", examples=["update"]
    )
    changed: list[str] = Field(
        description="The fields that differ; none with create.", examples=[["downloads", "likes"]]
    )
    at: AwareDatetime = Field(description="When it was stored.", examples=[MOMENT])
    previous_id: str | None = Field(description="The id before a move.", examples=[None])


class Detail(DatasetItem):
    """One dataset with its impact in full and its place among all."""

    impact_assessment: ImpactAssessment  # type: ignore[assignment]  # more than in the list
    ranks: Ranks
    last_seen: AwareDatetime | None = Field(
        description="When the Hub last showed it.", examples=[MOMENT]
    )
    last_change: LastChange | None = Field(
        description="What changed last; null where that is not kept any more."
    )
    card_data: dict[str, object] | None = Field(
        None,
        description="The metadata of the dataset's card at `sha`, as the Hub reads it; null where "
        "it has none. Only with `expand=card_data`.",
        examples=[{"license": "mit", "language": ["en"]}],
    )
    card_data_truncated: bool | None = Field(
        None,
        description="Whether `card_data` is left out because it is larger than 256 KiB. Only with "
        "`expand=card_data`.",
        examples=[False],
    )


class Change(Answer):
    """One change of one dataset."""

    serial: str = Field(
        description="Its place in the stream: later ones are greater.", examples=[SERIAL]
    )
    op: Literal["create", "update", "move", "delete"] = Field(
        description="What happened; a move is a rename, with or without other changes.",
        examples=["update"],
    )
    id: str = Field(
        description="The new id of a move, the last id of a delete.", examples=["openai/gsm8k"]
    )
    hub_id: str = Field(
        description="The identity that stays.", examples=["641a36394097fa34bd332e4a"]
    )
    previous_id: str | None = Field(description="The id before a move.", examples=[None])
    changed: list[str] = Field(
        description="The fields that differ; none with create and delete.",
        examples=[["downloads", "likes"]],
    )
    at: AwareDatetime = Field(description="When it was stored.", examples=[MOMENT])
    document: DatasetItem | None = Field(
        None,
        description="The dataset as it is now, null if it is gone; only with `include=document`.",
    )


class Changes(Answer):
    """Changes in a row, the oldest first; none is left out."""

    changes: list[Change]
    next: str | None = Field(
        description="What to send as `since` next; the same as `serial` at the end.",
        examples=[SERIAL],
    )
    serial: str | None = Field(description="The newest change.", examples=[SERIAL])


class CommitAuthor(Answer):
    """The first author of a commit."""

    name: str | None = Field(
        description="As the Hub knows them; null where it does not.", examples=["ada"]
    )


class Commit(Answer):
    """One commit."""

    id: str = Field(
        description="The commit's hash.", examples=["e53f048856ff4f594e959d75785d2c2d37b678ee"]
    )
    title: str = Field(description="The first line of its message.", examples=["Update README.md"])
    message: str = Field(description="What follows the title.", examples=[""])
    author: CommitAuthor
    authors: list[str] = Field(description="All who made it.", examples=[["ada"]])
    date: AwareDatetime = Field(
        description="When it was made.", examples=["2024-01-04T12:05:15.000Z"]
    )


FilePath = Annotated[str, Field(examples=["main/train-00000-of-00001.parquet"])]


class File(Answer):
    """One file of a revision."""

    path: str = Field(
        description="In the repository.", examples=["main/train-00000-of-00001.parquet"]
    )
    size: Count | None = Field(
        description="In bytes; null where the Hub does not say.", examples=[2306545]
    )
    oid: str = Field(
        description="The git object id.", examples=["c04d7b5e4cd5a0d2ef8b2f1c1f6d6f8c3f1d2a90"]
    )


class FileAddress(Answer):
    """Where a file can be fetched."""

    download_url: str = Field(
        description="At the Hub, never signed; a gated file needs the caller's own token there.",
        examples=[
            "https://huggingface.co/datasets/openai/gsm8k/resolve/main/"
            "main/train-00000-of-00001.parquet"
        ],
        json_schema_extra={"format": "uri"},
    )
    size: Count | None = Field(
        description="In bytes; null where the Hub does not say.", examples=[2306545]
    )


class Alive(Answer):
    """The process works."""

    status: Literal["alive"] = Field(description="That it is.")
