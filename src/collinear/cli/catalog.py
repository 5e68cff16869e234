"""The commands ``show`` and ``status``."""

import threading
from typing import TYPE_CHECKING, Annotated

import typer

from collinear.cli import configure
from collinear.cli.mistakes import Mistake, complain
from collinear.cli.options import DataDir, Json
from collinear.cli.text import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from collinear.settings import Settings

_EVERY = 1.0


def show(
    dataset_id: Annotated[str, typer.Argument(metavar="ID", help="Such as org/name.")],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show one dataset: its impact, its place among all, its description."""
    settings = configure.load_running(data_dir=data_dir)

    import anyio

    from collinear.cli import asking, output, tables

    shown = anyio.run(asking.get, settings, dataset_id)
    if shown.renamed_from:
        complain(f"{printable(dataset_id)} is called {printable(shown.found.id)} now.")
    if as_json:
        from collinear.api.detail import detail
        from collinear.api.policy import thresholds

        in_force = thresholds(shown.found.version.thresholds, settings)
        answer = detail(shown.found, shown.standing, in_force, {})
        output.json_bytes(bytes(answer.body))
    else:
        output.table(tables.dataset(shown))


def status(
    watch: Annotated[
        bool, typer.Option("--watch", help="Again every second, until Ctrl-C.")
    ] = False,
    dead_letters: Annotated[
        bool,
        typer.Option("--dead-letters", help="Instead the Hub's rows that could not be stored."),
    ] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Tell the catalog's state: how many, how fresh, what goes on, what is wrong."""
    if watch and dead_letters:
        raise Mistake("--watch shows the state: leave it out with --dead-letters.")
    settings = configure.load_running(data_dir=data_dir)
    if dead_letters:
        _tell_letters(settings, as_json=as_json)
        return
    if watch and not as_json:
        _watch(settings)
        return
    tell = _tell_json if as_json else _tell
    tell(settings)
    while watch:
        threading.Event().wait(_EVERY)
        tell(settings)


def _tell_json(settings: "Settings") -> None:
    import anyio

    from collinear.api import answers
    from collinear.cli import asking, output

    output.json_value(answers.status(*anyio.run(asking.status, settings)))


def _tell_letters(settings: "Settings", *, as_json: bool) -> None:
    import anyio

    from collinear.api import answers
    from collinear.cli import asking, output, tables
    from collinear.store import documents

    letters = anyio.run(lambda: asking.dead_letters(settings, limit=settings.dead_letters))
    if as_json:
        output.json_bytes(documents.to_bytes(answers.dead_letters(letters)))
    else:
        output.table(tables.dead_letters(letters))


def _tell(settings: "Settings") -> None:
    from collinear.cli import output

    output.table(_table(settings))


def _table(settings: "Settings") -> "RenderableType":
    import anyio

    from collinear.cli import asking, tables

    return tables.status(*anyio.run(asking.status, settings))


def _watch(settings: "Settings") -> None:
    from rich.live import Live
    from rich.text import Text

    from collinear.cli import output
    from collinear.domain.errors import StoreUnavailable

    with Live(_table(settings), console=output.console(), auto_refresh=False) as live:
        while True:
            threading.Event().wait(_EVERY)
            try:
                live.update(_table(settings), refresh=True)
            except StoreUnavailable as error:  # perhaps it is started again
                live.update(Text(str(error), style="red"), refresh=True)
