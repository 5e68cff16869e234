"""The shapes of what is true of the system now: its state, its rows in doubt, its refreshes."""

from typing import Literal

from pydantic import AwareDatetime, Field, RootModel

from collinear.api.shapes.models import MOMENT, RUN_ID, SERIAL, Answer, Count

TASK_ID = "7d0a6b1e-5f0c-4f5e-9d7e-2b1c3a4d5e6f"
Kind = Literal["full", "pages", "delta", "regrade"]
_KIND = (
    "full (everything, in a row), pages (everything, from the map of the last walk), delta (what "
    "was committed to lately) or regrade (the thresholds changed: no Hub is asked)."
)


class Progress(Answer):
    """How far the run that is going on has come."""

    run_id: str = Field(description="The name of the run.", examples=[RUN_ID])
    kind: Kind = Field(description=_KIND, examples=["full"])
    pages_done: Count = Field(description="Pages of the Hub that are stored.", examples=[12])
    pages_total: Count | None = Field(description="Null while nobody can know.", examples=[1500])
    rows: Count = Field(description="Rows that were read.", examples=[12000])
    started_at: AwareDatetime | None = Field(description="When it began.", examples=[MOMENT])
    eta_seconds: float | None = Field(
        ge=0, description="Until it is through at the pace so far.", examples=[420]
    )


class LastError(Answer):
    """What the last run failed of."""

    at: AwareDatetime = Field(description="When it failed.", examples=[MOMENT])
    message: str = Field(description="Why.", examples=["The Hub did not answer in time."])


class HeldRemovals(Answer):
    """Removals that wait for `collinear refresh --accept-removals`."""

    run_id: str = Field(description="The run that held them.", examples=[RUN_ID])
    count: Count = Field(description="Datasets that would go.", examples=[30000])
    of: Count = Field(description="Datasets in the catalog.", examples=[1041234])


class IndexState(Answer):
    """How far the search index has followed."""

    serial: str = Field(description="The newest change that it knows.", examples=[SERIAL])
    documents: Count = Field(description="Datasets in it.", examples=[1041234])
    lag_seconds: float = Field(
        ge=0,
        description="Age of the oldest change that it lacks, or of the indexer's last sign "
        "of life where it seems to be gone.",
        examples=[0.4],
    )


class Quarantine(Answer):
    """A run that was stopped because the Hub's answers looked wrong; nothing was overwritten."""

    run_id: str = Field(description="The run that was stopped.", examples=[RUN_ID])
    kind: Kind = Field(description=_KIND, examples=["full"])
    at: AwareDatetime = Field(description="When it was stopped.", examples=[MOMENT])
    reason: str = Field(
        description="What looked wrong.", examples=["downloads: 998 of 1000 rows lost their value."]
    )


class RateLimit(Answer):
    """The Hub's quota, as its answers to any process of ours told it."""

    quota: Count | None = Field(
        description="Requests in a window; null where the Hub says none.", examples=[1000]
    )
    remaining: Count | None = Field(description="Requests that are left of it.", examples=[870])
    reset_seconds: Count = Field(
        description="Until the window ends; 0 where none has begun.", examples=[231]
    )
    window_seconds: Count | None = Field(
        description="The length of a window; null where the Hub says none.", examples=[300]
    )
    share: float = Field(
        gt=0,
        le=1,
        description="The part of the quota that synchronisation may use.",
        examples=[0.5],
    )
    waiting_seconds: Count = Field(
        description="For how long synchronisation holds its requests back; 0: it does not.",
        examples=[0],
    )


class Freshness(Answer):
    """How many seconds ago half, 99 % and all of the datasets were last seen on the Hub."""

    p50_seconds: Count = Field(description="Half of them were seen since.", examples=[1800])
    p99_seconds: Count = Field(description="99 % of them were seen since.", examples=[3500])
    oldest_seconds: Count = Field(description="All of them were seen since.", examples=[3600])


class CacheStatus(Answer):
    """The state of the catalog."""

    last_update: AwareDatetime | None = Field(
        description="When the last complete run ended.", examples=[MOMENT]
    )
    total_items: Count = Field(description="Datasets in the catalog.", examples=[1041234])
    warming_up: bool = Field(description="Until the first full load has completed.")
    refreshing: bool = Field(description="While a full or page-wise refresh goes on.")
    progress: Progress | None = Field(
        description="The run that goes on, also a delta; null when none does.", examples=[None]
    )
    last_error: LastError | None = Field(
        description="Why the last run failed, if it did.", examples=[None]
    )
    held_removals: HeldRemovals | None = Field(
        description="Removals that wait for consent.", examples=[None]
    )
    serial: str | None = Field(
        description="The newest change; null before there is any.", examples=[SERIAL]
    )
    index: IndexState | None = Field(description="Null while no index is open.")
    rate_limit: RateLimit | None = Field(description="Null until the Hub has told something.")
    quarantine: Quarantine | None = Field(
        description="Waits for a run that finds the Hub in order, or for a refresh with "
        "`accept_upstream`.",
        examples=[None],
    )
    freshness: Freshness | None = Field(description="Null before the first run has ended.")
    dead_letters: Count = Field(description="Rows that are set aside now.", examples=[0])
    hub_fields_missing: list[str] = Field(
        description="Fields that this Hub does not tell.", examples=[[]]
    )
    token_refused: str | None = Field(
        description="That the Hub refuses `HF_TOKEN`, if so.", examples=[None]
    )
    queued: list[Kind] = Field(
        description="The kinds of the runs that wait for their turn.", examples=[["delta"]]
    )
    store_trouble: str | None = Field(
        description="Why Redis does not store anything, if so.", examples=[None]
    )


class DeadLetter(Answer):
    """A row that could not be stored."""

    id: str | None = Field(description="Null where the row has none.", examples=["org/name"])
    hub_id: str | None = Field(
        description="Null where the row has none.", examples=["641a36394097fa34bd332e4a"]
    )
    reason: str = Field(
        description="What is wrong with it.", examples=["likes: Input should be a valid integer"]
    )
    first_at: AwareDatetime = Field(
        description="When it was set aside for the first time.",
        examples=["2026-11-20T07:00:00.000Z"],
    )
    at: AwareDatetime = Field(description="When it was tried last.", examples=[MOMENT])
    run_id: str = Field(description="The run that tried it last.", examples=[RUN_ID])
    times: int = Field(ge=1, description="How often it was tried.", examples=[49])
    row: str = Field(
        description="How it begins, as the Hub sent it.",
        examples=['{"_id":"641a36394097fa34bd332e4a","id":"org/name","likes":"many"}'],
    )


class DeadLetters(Answer):
    """Rows that are set aside now, those that were tried last first."""

    total: Count = Field(description="On all pages.", examples=[1])
    items: list[DeadLetter]


class Meta(RootModel[dict[str, str]]):
    """The meta record: each field as it is stored."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "last_update": MOMENT,
                    "total_items": "1041234",
                    "refreshing": "false",
                    "serial": SERIAL,
                    "snapshot_serial": SERIAL,
                    "endpoint": "https://huggingface.co",
                }
            ]
        }
    }


class RefreshAccepted(Answer):
    """A refresh is queued, or one like it is on its way already."""

    status: Literal["accepted", "already_running"] = Field(
        description="Whether a refresh was queued, or one like it goes on or waits.",
        examples=["accepted"],
    )
    task_id: str = Field(
        description="For asking what becomes of it.",
        examples=[TASK_ID],
    )
    run_id: str = Field(description="As `cache-status` names it.", examples=[RUN_ID])


class RefreshProgress(Answer):
    """How far a refresh has come."""

    pages_done: Count = Field(description="Pages of the Hub that are stored.", examples=[12])
    pages_total: Count | None = Field(description="Null while nobody can know.", examples=[1500])
    rows: Count = Field(description="Rows that were read.", examples=[12000])
    started_at: AwareDatetime | None = Field(description="When it began.", examples=[MOMENT])


class RefreshSummary(Answer):
    """What a refresh came to."""

    status: str = Field(description="How it ended: succeeded.", examples=["succeeded"])
    run_id: str = Field(description="The run, as `cache-status` names it.", examples=[RUN_ID])
    kind: Kind = Field(description=_KIND, examples=["full"])
    started_at: AwareDatetime = Field(description="When it began.", examples=[MOMENT])
    finished_at: AwareDatetime | None = Field(
        description="When it ended.", examples=["2026-11-22T07:31:12.250Z"]
    )
    seconds: float | None = Field(description="How long it took.", examples=[1872.25])
    pages: Count = Field(description="Pages of the Hub that were read.", examples=[1500])
    rows: Count = Field(description="Rows that were read.", examples=[1500000])
    created: Count = Field(description="Datasets that are new.", examples=[120])
    updated: Count = Field(description="Datasets of which something changed.", examples=[90210])
    moved: Count = Field(description="Datasets that have another id.", examples=[3])
    deleted: Count = Field(description="Datasets that are gone.", examples=[17])
    unchanged: Count = Field(description="Datasets that are as they were.", examples=[1409640])
    rejected: Count = Field(description="Rows that were set aside.", examples=[0])
    held_removals: HeldRemovals | None = Field(
        description="Removals that wait for consent.", examples=[None]
    )


class RefreshOutcome(Answer):
    """What became of a refresh."""

    task_id: str = Field(description="The refresh that was asked for.", examples=[TASK_ID])
    state: Literal["PENDING", "STARTED", "SUCCESS", "FAILURE"] = Field(
        description="It waits, goes on, has succeeded or has failed.", examples=["STARTED"]
    )
    run_id: str | None = Field(
        description="The run, as `cache-status` names it. Null where nobody knows any more.",
        examples=[RUN_ID],
    )
    kind: Kind | None = Field(description=_KIND, examples=["full"])
    progress: RefreshProgress | None = Field(description="While it goes on.")
    summary: RefreshSummary | None = Field(description="Once it has succeeded.", examples=[None])
    error: str | None = Field(description="Why it has failed, if it has.", examples=[None])
    quarantined: bool = Field(
        description="Whether it has failed because the Hub's answers looked wrong."
    )


class ProblemKind(Answer):
    """What a type of problem means."""

    type: str = Field(
        description="As problems carry it.",
        examples=["/problems/dataset-not-found"],
        json_schema_extra={"format": "uri-reference"},
    )
    title: str = Field(description="In words.", examples=["No such dataset"])
    status: int = Field(ge=300, le=599, description="The status of the answer.", examples=[404])
    advice: str = Field(
        description="What to do about it.", examples=["Search for it at /api/datasets?search=…"]
    )
