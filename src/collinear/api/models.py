"""
The shapes of the answers, for OpenAPI and for those who read them.

Answers are spliced from stored bytes and never pass through these models; the contract tests
parse real answers with them.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from collinear.domain.impact import Level

Count = Annotated[int, Field(ge=0)]


class Answer(BaseModel):
    """What all answers are: without a field that is not described."""

    model_config = ConfigDict(extra="forbid")


class Levels(Answer):
    """The level that each metric reaches by itself."""

    downloads: Level
    likes: Level
    size_bytes: Level


Method = Literal["downloads", "likes", "size_bytes", "none"]


class ImpactSummary(Answer):
    """Which metric decided the impact, and the level of each."""

    assessment_method: Method
    levels: Levels


class DatasetItem(Answer):
    """One dataset; what is unknown is null, never 0."""

    id: str = Field(description="Namespace and name; changes on a rename.", examples=["org/name"])
    hub_id: str = Field(description="The identity that stays.")
    author: str | None
    name: str
    description: str | None
    tags: list[str] = Field(description="In the Hub's order, untouched.")
    size_bytes: Count | None = Field(description="The files of the main branch, in bytes.")
    downloads: Count | None = Field(description="In the last 30 days.")
    downloads_all_time: Count | None
    likes: Count | None
    trending_score: float | None
    gated: Literal[False, "auto", "manual"]
    private: bool
    disabled: bool
    sha: str | None = Field(description="The newest commit of the main branch.")
    created_at: AwareDatetime | None
    last_modified: AwareDatetime | None
    impact_level: Level
    impact_assessment: ImpactSummary


class Threshold(Answer):
    """The least values that reach the levels."""

    medium: int
    high: int


class ImpactPolicy(Answer):
    """The thresholds in force: bytes for the size, counts for the others."""

    size_bytes: Threshold
    downloads: Threshold
    likes: Threshold


class Metrics(Answer):
    """What the impact was read from."""

    size_bytes: int | None
    downloads: int | None
    likes: int | None


class ImpactAssessment(Answer):
    """The impact in full."""

    dataset_id: str
    impact_level: Level
    assessment_method: Method
    levels: Levels
    metrics: Metrics
    thresholds: ImpactPolicy


class Rank(Answer):
    """Where a dataset stands among those whose value is known."""

    rank: int = Field(ge=1, description="1 for the highest value; equal values share it.")
    percentile: float = Field(ge=0, le=100, description="Share of datasets with a lower value.")
    of: int = Field(ge=1, description="Datasets whose value is known.")


class Ranks(Answer):
    """Ranks by measure; null where the dataset's value is unknown."""

    downloads: Rank | None
    likes: Rank | None
    size_bytes: Rank | None


class Detail(DatasetItem):
    """One dataset with its impact in full and its place among all."""

    impact_assessment: ImpactAssessment  # type: ignore[assignment]  # more than in the list
    ranks: Ranks
    last_seen: AwareDatetime | None = Field(description="When the Hub last showed it.")


class Progress(Answer):
    """How far the run that is going on has come."""

    run_id: str
    kind: Literal["full", "pages", "delta"]
    pages_done: Count
    pages_total: int | None
    rows: Count
    started_at: AwareDatetime | None
    eta_seconds: float | None


class LastError(Answer):
    """What the last run failed of."""

    at: AwareDatetime
    message: str


class HeldRemovals(Answer):
    """Removals that wait for `collinear refresh --accept-removals`."""

    run_id: str
    count: int
    of: int


class IndexState(Answer):
    """How far the search index has followed."""

    serial: str
    documents: int
    lag_seconds: float = Field(
        description="Age of the oldest change that it lacks, or of the indexer's last sign "
        "of life where it seems to be gone."
    )


class Quarantine(Answer):
    """A run that was stopped because the Hub's answers looked wrong; nothing was overwritten."""

    run_id: str
    kind: str
    at: AwareDatetime
    reason: str


class RateLimit(Answer):
    """The Hub's quota, as its answers to any process of ours told it."""

    quota: int | None = Field(description="Requests in a window; null where the Hub says none.")
    remaining: int | None = Field(description="Requests that are left of it.")
    reset_seconds: Count = Field(description="Until the window ends; 0 where none has begun.")
    window_seconds: int | None
    share: float = Field(description="The part of the quota that synchronisation may use.")
    waiting_seconds: Count = Field(
        description="For how long synchronisation holds its requests back; 0: it does not."
    )


class Freshness(Answer):
    """How many seconds ago half, 99 % and all of the datasets were last seen on the Hub."""

    p50_seconds: Count
    p99_seconds: Count
    oldest_seconds: Count


class CacheStatus(Answer):
    """The state of the catalog."""

    last_update: AwareDatetime | None
    total_items: Count
    warming_up: bool
    refreshing: bool
    progress: Progress | None
    last_error: LastError | None
    held_removals: HeldRemovals | None
    serial: str | None
    index: IndexState | None
    rate_limit: RateLimit | None = Field(description="Null until the Hub has told something.")
    quarantine: Quarantine | None = Field(
        description="Waits for a run that finds the Hub in order, or for a refresh with "
        "`accept_upstream`."
    )
    freshness: Freshness | None = Field(description="Null before the first run has ended.")
    dead_letters: Count = Field(description="Rows that are set aside now.")
    hub_fields_missing: list[str] = Field(description="Fields that this Hub does not tell.")
    token_refused: str | None = Field(description="That the Hub refuses `HF_TOKEN`, if so.")
    queued: list[str] = Field(description="The kinds of the runs that wait for their turn.")
    store_trouble: str | None = Field(description="Why Redis does not store anything, if so.")


class DeadLetter(Answer):
    """A row that could not be stored."""

    id: str | None
    hub_id: str | None
    reason: str
    first_at: AwareDatetime = Field(description="When it was set aside for the first time.")
    at: AwareDatetime = Field(description="When it was tried last.")
    run_id: str
    times: int = Field(ge=1, description="How often it was tried.")
    row: str = Field(description="How it begins, as the Hub sent it.")


class DeadLetters(Answer):
    """Rows that are set aside now, those that were tried last first."""

    total: Count
    items: list[DeadLetter]


class Change(BaseModel):
    """One change of one dataset."""

    serial: str = Field(examples=["d41d8cd98f00:1763791200000-0"])
    op: Literal["create", "update", "move", "delete"]
    id: str = Field(description="The new id of a move, the last id of a delete.")
    hub_id: str
    previous_id: str | None = Field(description="The id before a move.")
    changed: list[str] = Field(description="The fields that differ; none with create and delete.")
    at: AwareDatetime
    document: DatasetItem | None = Field(
        None,
        description="The dataset as it is now, null if it is gone; only with `include=document`.",
    )


class Changes(Answer):
    """Changes in a row, the oldest first; none is left out."""

    changes: list[Change]
    next: str | None = Field(
        description="What to send as `since` next; the same as `serial` at the end."
    )
    serial: str | None = Field(description="The newest change.")


class RefreshAccepted(Answer):
    """A refresh is queued, or one like it is on its way already."""

    status: Literal["accepted", "already_running"]
    task_id: str
    run_id: str


class RefreshProgress(Answer):
    """How far a refresh has come."""

    pages_done: Count
    pages_total: int | None
    rows: Count
    started_at: AwareDatetime | None


class RefreshOutcome(BaseModel):
    """What became of a refresh."""

    state: Literal["PENDING", "STARTED", "SUCCESS", "FAILURE"]
    run_id: str | None
    kind: Literal["full", "pages", "delta"] | None
    progress: RefreshProgress | None
    summary: dict[str, object] | None = Field(description="Counts, once it has succeeded.")
    error: str | None = Field(description="Why it has failed, if it has.")
    quarantined: bool = Field(
        description="Whether it has failed because the Hub's answers looked wrong."
    )


class CommitAuthor(Answer):
    """The first author of a commit."""

    name: str | None


class Commit(Answer):
    """One commit."""

    id: str
    title: str
    message: str
    author: CommitAuthor
    authors: list[str]
    date: AwareDatetime


class File(Answer):
    """One file of a revision."""

    path: str
    size: int
    oid: str


class FileAddress(Answer):
    """Where a file can be fetched."""

    download_url: str


class Ready(Answer):
    """The process can serve."""

    status: Literal["ready"]
    datasets: int


class Alive(Answer):
    """The process works."""

    status: Literal["alive"]
