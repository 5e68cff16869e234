"""The command ``refresh``."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from collinear.cli import configure
from collinear.cli.mistakes import FAILED, HELD, QUARANTINED, Mistake, complain
from collinear.cli.options import DataDir
from collinear.cli.text import printable

_EVERY = 5.0


def refresh(
    pages: Annotated[
        bool, typer.Option("--pages", help="Page by page, side by side, instead of in a row.")
    ] = False,
    delta: Annotated[
        bool, typer.Option("--delta", help="Only what was committed to since the last run.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Show how far it is, and end with what it came to.")
    ] = False,
    accept_removals: Annotated[
        bool, typer.Option("--accept-removals", help="Remove also if that is suspiciously many.")
    ] = False,
    accept_upstream: Annotated[
        bool,
        typer.Option("--accept-upstream", help="Believe the Hub also if its answers look wrong."),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """
    Take the whole catalog from the Hub again, or with --delta what is new.

    With --wait the exit code is 0 only if a run that began after the request succeeded; it is
    3 if that run holds its removals back, and 4 if it was stopped because the Hub's answers
    looked wrong.
    """
    if pages and delta:
        raise Mistake("--pages and --delta are two kinds of refresh: leave out one of them.")
    settings = configure.load_running(data_dir=data_dir)

    import anyio

    from collinear.cli import asking

    wanted = asking.Wanted(
        kind="pages" if pages else "delta" if delta else "full",
        accept_removals=accept_removals,
        accept_upstream=accept_upstream,
    )
    if not wait:
        asked = anyio.run(asking.request, settings, wanted)
        words = "Queued" if asked.accepted else "Already on its way"
        typer.echo(f"{words}: {wanted.kind} refresh {asked.run_id} (task {asked.task_id})")
        return
    with _progress() as tell:
        outcome = anyio.run(lambda: asking.refresh(settings, wanted, tell=tell))
    _end(outcome)


def _end(outcome: dict[str, Any]) -> None:
    if outcome["state"] != "SUCCESS":
        reason = printable(str(outcome.get("error") or "no reason told"))
        if outcome["quarantined"]:
            complain(reason)
            raise typer.Exit(QUARANTINED)
        complain(f"The refresh failed: {reason}")
        raise typer.Exit(FAILED)
    from collinear.cli import tables

    typer.echo(tables.summary(outcome))
    held = (outcome.get("summary") or {}).get("held_removals")
    if held:
        complain(
            f"{held['count']:,} of {held['of']:,} datasets would go, which is many: nothing was "
            "removed; 'collinear refresh --accept-removals' removes them."
        )
        raise typer.Exit(HELD)


@contextmanager
def _progress() -> Iterator[Callable[[dict[str, Any]], None]]:
    """What shows how far a refresh is: one line that changes, or now and then a new one."""
    if not sys.stdout.isatty():
        yield _now_and_then()
        return
    from rich.status import Status

    with Status("Waiting for a worker") as live:
        yield lambda outcome: live.update(_words(outcome))


def _now_and_then() -> Callable[[dict[str, Any]], None]:
    told = -_EVERY

    def tell(outcome: dict[str, Any]) -> None:
        nonlocal told
        if time.monotonic() - told >= _EVERY:
            told = time.monotonic()
            typer.echo(_words(outcome))
            sys.stdout.flush()

    return tell


def _words(outcome: dict[str, Any]) -> str:
    if "trouble" in outcome:
        return printable(f"{outcome['trouble']} The refresh is waited for.")
    progress = outcome.get("progress")
    if not progress:
        return "Waiting for its turn" if outcome["state"] == "PENDING" else "Going on"
    of = f" of {progress['pages_total']:,}" if progress["pages_total"] else ""
    return (
        f"{outcome['kind']} refresh: page {progress['pages_done']:,}{of}, "
        f"{progress['rows']:,} datasets"
    )
