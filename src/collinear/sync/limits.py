"""What a run may do unasked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SyncLimits:
    """What a run may do unasked, and what makes the Hub's answers suspicious."""

    max_removal_share: float
    max_removal_count: int
    delta_overlap_seconds: float
    confirm_departures: int = 200
    """So many departures are confirmed by a request each; more by another look at their pages."""
    quarantine_share: float = 0.8
    quarantine_rows: int = 10
