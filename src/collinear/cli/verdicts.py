"""The report of a verification, for people and for programs."""

import time
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from collinear.cli import text
from collinear.domain import moments
from collinear.verify.drift import Drift, shown
from collinear.verify.report import Report, Tally
from collinear.verify.upstream import UpstreamReport

_MOST_DRIFTS = 20
_LONG = 120
ADVICE = (
    "'collinear refresh --wait' writes documents that are missing or differ, with all their "
    "scores, and a new snapshot. Where an order disagrees, remove the document of the dataset "
    "first; an index that disagrees is built anew when its folder is removed while the indexer "
    "is stopped. If something still disagrees, load the catalog under another "
    "COLLINEAR_KEY_PREFIX. (docs/operations.md, Verify)"
)


def table(report: Report, sampled: UpstreamReport | None) -> RenderableType:
    """The checks with their examples, the sample of the Hub, and the verdict."""
    checks = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    checks.add_column("CHECK", no_wrap=True)
    for name in ("LOOKED AT", "PROBLEMS"):
        checks.add_column(name, justify="right", no_wrap=True)
    checks.add_column("WHAT", overflow="fold")
    for check in report.checks:
        style = "red" if check.problems else ""
        checks.add_row(
            check.name,
            text.count(check.looked_at),
            Text(text.count(check.problems), style=style),
            _words(check),
        )
    parts: list[RenderableType] = [checks]
    if sampled is not None:
        parts += [Text(), _sample(sampled)]
    parts += [Text(f"note: {text.printable(note)}", style="yellow") for note in report.notes]
    if report.agrees:
        parts.append(Text(f"All agrees: {_size(report)}.", style="green"))
    else:
        many = "disagreement" if report.problems == 1 else "disagreements"
        parts.append(Text(f"{report.problems:,} {many}: {_size(report)}.", style="red"))
        parts.append(Text(ADVICE))
    return Group(*parts)


def as_json(report: Report, sampled: UpstreamReport | None) -> dict[str, Any]:
    """The same, and all drifts."""
    found: dict[str, Any] = {
        "agrees": report.agrees,
        "problems": report.problems,
        "datasets": report.datasets,
        "serial": report.serial,
        "seconds": report.seconds,
        "notes": list(report.notes),
        "checks": [
            {**asdict(check), "examples": [one._asdict() for one in check.examples]}
            for check in report.checks
        ],
        "advice": None if report.agrees else ADVICE,
        "upstream": None,
    }
    if sampled is not None:
        found["upstream"] = {
            "seed": sampled.seed,
            "asked": sampled.asked,
            "same": sampled.same,
            "listed": sampled.listed,
            "unexpected": sampled.unexpected,
            "kinds": {kind.value: count for kind, count in sampled.kinds.items()},
            "drifts": [_drift_json(drift) for drift in sampled.drifts],
            "notes": sampled.notes,
        }
    encodable: dict[str, Any] = _encodable(found)
    return encodable


def _words(check: Tally) -> Text:
    lines = [Text(text.printable(note), style="dim") for note in check.notes]
    lines += [Text(text.printable(f"{one.subject} {one.problem}")) for one in check.examples]
    if check.problems > len(check.examples):
        lines.append(Text(f"and {check.problems - len(check.examples):,} more", style="dim"))
    return Text("\n").join(lines)


def _size(report: Report) -> str:
    return f"{report.datasets:,} datasets in {text.duration(report.seconds)}"


def _sample(sampled: UpstreamReport) -> RenderableType:
    kinds = ", ".join(f"{count:,} {kind.value}" for kind, count in sampled.kinds.items())
    words = f"The Hub (seed {sampled.seed}): {sampled.asked:,} asked, {sampled.same:,} the same"
    if kinds:
        words += f", {kinds}"
    words += f"; {sampled.listed:,} on a page of its listing looked for"
    rows = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    for _ in range(3):
        rows.add_column(overflow="fold")
    # what an operator has to look at comes first
    drifts = sorted(sampled.drifts, key=lambda drift: drift.kind.expected)
    for drift in drifts[:_MOST_DRIFTS]:
        style = "dim" if drift.kind.expected else "yellow"
        rows.add_row(
            Text(drift.kind.value, style=style), text.printable(drift.id), _differences(drift)
        )
    if len(drifts) > _MOST_DRIFTS:
        rows.add_row("", f"and {len(drifts) - _MOST_DRIFTS:,} more")
    notes = [Text(text.printable(note), style="dim") for note in sampled.notes]
    return Group(Text(words), rows, *notes)


def _differences(drift: Drift) -> str:
    parts = [
        f"{name} {_short(shown(name, ours))} -> {_short(shown(name, theirs))}"
        for name, (ours, theirs) in drift.changed.items()
    ]
    if drift.last_seen is not None:
        parts.append(f"last seen {text.duration(max(time.time() - drift.last_seen, 0))} ago")
    return text.printable(", ".join(parts))


def _short(value: Any) -> str:
    words = str(value)
    return words if len(words) <= _LONG else f"{words[:_LONG]}..."


def _drift_json(drift: Drift) -> dict[str, Any]:
    seen = drift.last_seen
    return {
        "id": drift.id,
        "hub_id": drift.hub_id,
        "kind": drift.kind.value,
        "expected": drift.kind.expected,
        "last_seen": None if seen is None else moments.to_text(seen * 1000),
        "changed": {
            name: {"ours": shown(name, ours), "hub": shown(name, theirs)}
            for name, (ours, theirs) in drift.changed.items()
        },
    }


def _encodable(value: Any) -> Any:
    """The same with half characters replaced: JSON for programs is UTF-8."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {name: _encodable(part) for name, part in value.items()}
    return [_encodable(part) for part in value] if isinstance(value, list | tuple) else value
