"""What pages come to."""

from dataclasses import dataclass

from collinear.store.run_records import Kind
from collinear.store.writer import Stored
from collinear.sync.storing import Kept


@dataclass(frozen=True, slots=True)
class PageReport:
    """What one page came to; ``complete`` says that the run is to be finished now."""

    run_id: str
    kind: Kind
    rows: int
    rejected: int
    stored: Stored
    complete: bool


def counts_of(kept: Kept) -> dict[str, int]:
    """What is added to the counters of a run."""
    return {
        "created": kept.stored.created,
        "updated": kept.stored.updated,
        "moved": kept.stored.moved,
        "unchanged": kept.stored.unchanged,
        "rejected": kept.rejected,
    }
