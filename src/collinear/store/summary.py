"""What a run came to."""

import json
from typing import Any

from collinear.domain import moments
from collinear.store.run_records import Run


def summarise(run: Run) -> dict[str, Any]:
    """What a run came to, as the result of its task shows it."""
    names = ("rows", "created", "updated", "moved", "deleted", "unchanged", "rejected")
    held = run.fields.get("held_removals")
    finished = run.fields.get("finished_at")
    return {
        "status": run.state.value,
        "run_id": run.run_id,
        "kind": run.kind.value,
        "started_at": run.started_at,
        "finished_at": finished,
        "seconds": _seconds_between(run.started_at, finished),
        "pages": run.count("pages_done"),
        **{name: run.count(name) for name in names},
        "held_removals": json.loads(held) if held else None,
    }


def _seconds_between(start: str, end: str | None) -> float | None:
    first, last = moments.parse(start), moments.parse(end) if end else None
    return None if first is None or last is None else (last - first) / 1000
