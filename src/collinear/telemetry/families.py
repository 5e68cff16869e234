"""What is counted and timed, in one table: its names, its labels, and what it says."""

from collinear.telemetry.tally import SECONDS, Family

_TASK_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)

# Of each API process

HTTP_REQUESTS = Family(
    "collinear_http_requests", "Requests answered.", ("method", "route", "status")
)
HTTP_SECONDS = Family(
    "collinear_http_request_duration_seconds",
    "Seconds from a request to the end of its answer.",
    ("method", "route"),
    SECONDS,
)
HTTP_IN_FLIGHT = Family(
    "collinear_http_requests_in_flight", "Requests that are being answered.", level=True
)
REMEMBERED = Family(
    "collinear_remembered_answers",
    "Questions to the memory of whole answers, by what came of it.",
    ("outcome",),
)
REDIS_SECONDS = Family(
    "collinear_redis_call_duration_seconds",
    "Seconds that the API waited for Redis.",
    ("command", "outcome"),
    SECONDS,
    span="redis",
)
HUB_ANSWERS = Family(
    "collinear_hub_answers",
    "People's questions about commits, files and cards: remembered, joined (the same was on its "
    "way), asked, stale (the Hub is in trouble, an older answer is given) or failed.",
    ("outcome",),
)
SEARCH_SECONDS = Family(
    "collinear_search_stage_duration_seconds",
    "Seconds of each stage of a search.",
    ("stage", "outcome"),
    SECONDS,
    span="search",
)

# Of API processes and workers

HUB_SECONDS = Family(
    "collinear_hub_request_duration_seconds",
    "Seconds that the Hub took to answer, by what was asked.",
    ("question", "outcome"),
    SECONDS,
    parted=True,
    span="hub",
)

# Of the workers

TASK_SECONDS = Family(
    "collinear_task_duration_seconds",
    "Seconds that tasks took, by name and by what came of them.",
    ("task", "outcome"),
    _TASK_SECONDS,
)

# Written together with the books of the runs, by the store itself

SYNC_RUNS = Family(
    "collinear_sync_runs", "Runs that ended, by kind and outcome.", ("kind", "outcome")
)
SYNC_PAGES = Family("collinear_sync_pages", "Pages that were stored.", ("kind",))
SYNC_ROWS = Family("collinear_sync_rows", "Rows that were read from the Hub.", ("kind",))
SYNC_DATASETS = Family(
    "collinear_sync_datasets", "What became of the rows, or of datasets.", ("kind", "outcome")
)

FAMILIES = {
    family.name: family
    for family in (
        HTTP_REQUESTS,
        HTTP_SECONDS,
        HTTP_IN_FLIGHT,
        REMEMBERED,
        REDIS_SECONDS,
        HUB_ANSWERS,
        SEARCH_SECONDS,
        HUB_SECONDS,
        TASK_SECONDS,
        SYNC_RUNS,
        SYNC_PAGES,
        SYNC_ROWS,
        SYNC_DATASETS,
    )
}
