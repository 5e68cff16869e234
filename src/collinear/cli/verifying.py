"""The command ``verify``."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from collinear.cli import configure
from collinear.cli.mistakes import FAILED, Mistake
from collinear.cli.options import DataDir

if TYPE_CHECKING:
    from collinear.settings import Settings
    from collinear.verify.report import Report, Tell
    from collinear.verify.upstream import UpstreamReport

UNSEEN = 4
"""The exit code of a verification that could not look."""


def verify(
    upstream: Annotated[
        int,
        typer.Option(
            "--upstream",
            min=0,
            metavar="N",
            help="Also ask the Hub about N datasets taken at random, a request each, "
            "within the share of synchronisation.",
        ),
    ] = 0,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="N", help="The same seed takes the same datasets (default: any)."
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="With --upstream: exit code 1 also for datasets that are missing, gone or "
            "changed on the Hub without a commit since they were last seen.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The whole report as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """
    Check that all that is stored agrees: documents, orders, changes, snapshot, index.

    Nothing is written, and the system may go on meanwhile. Exit code 0: all agrees; 1: something
    does not, the report names it; 4: it could not look, the line on stderr says why.
    """
    settings = configure.load_running(data_dir=data_dir)

    from collinear.domain.errors import CatalogError, HubError

    sampled, away = None, None
    with _progress() as tell:
        try:
            report = _look(settings, tell)
        except CatalogError as error:
            raise Mistake(str(error), code=UNSEEN) from error
        if upstream:
            chosen = random.randrange(2**32) if seed is None else seed
            try:
                sampled = _ask(settings, upstream, chosen, tell)
            except HubError as error:
                away = error
            except CatalogError as error:
                raise Mistake(str(error), code=UNSEEN) from error
    _tell(report, sampled, as_json=as_json)
    if not report.agrees or (strict and sampled is not None and sampled.unexpected):
        raise typer.Exit(FAILED)
    if away is not None:
        raise Mistake(f"The Hub could not be asked: {away}", code=UNSEEN) from away


def _look(settings: "Settings", tell: "Tell") -> "Report":
    from collinear.wiring.checking import open_verification

    with open_verification(settings) as verification:
        return verification.run(tell)


def _ask(settings: "Settings", count: int, seed: int, tell: "Tell") -> "UpstreamReport":
    from collinear.telemetry import configure_logging
    from collinear.wiring.checking import open_upstream

    # Troubles with the Hub are told on stderr, as they are met; stdout is the report's
    configure_logging(level="WARNING", style=settings.log_format)
    with open_upstream(settings) as upstream:
        return upstream.sample(count, seed=seed, tell=tell)


def _tell(report: "Report", sampled: "UpstreamReport | None", *, as_json: bool) -> None:
    from collinear.cli import output, verdicts

    if as_json:
        output.json_value(verdicts.as_json(report, sampled))
    else:
        output.table(verdicts.table(report, sampled))


@contextmanager
def _progress() -> Iterator["Tell"]:
    """A bar for the check that goes on, on stderr; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking", total=None)

        def tell(name: str, done: int, total: int | None) -> None:
            progress.update(task, description=name, completed=done, total=total)

        yield tell
