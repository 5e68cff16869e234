"""The console script ``collinear``: its commands, and what becomes of errors."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer
from typer.exceptions import TyperException

from collinear import __version__
from collinear.cli import catalog, export, parts, refreshing, search, similar, system, verifying
from collinear.cli.mistakes import EXIT_CODES, FAILED, OK, Mistake, complain

app = typer.Typer(
    name="collinear",
    help="A complete, fresh and fast catalog of every dataset on the Hugging Face Hub.",
    epilog=EXIT_CODES,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
        version()
        raise typer.Exit


@app.callback()
def _collinear(
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version, help="Say the version."),
    ] = False,
) -> None:
    pass


def version() -> None:
    """Say the version."""
    typer.echo(f"Collinear Data Tool {__version__}")


for function, example in (
    (system.up, "collinear up --port 8080 --data-dir ~/catalog"),
    (system.demo, "collinear demo --datasets 5000"),
    (parts.hub, "collinear hub --port 9000 --datasets 100000 --seed 7"),
    (parts.api, "collinear api --host 0.0.0.0 --port 8000"),
    (parts.worker, "REDIS_URL=redis://redis.internal:6379/0 collinear worker"),
    (parts.beat, "REDIS_URL=redis://redis.internal:6379/0 collinear beat"),
    (parts.indexer, "collinear indexer --data-dir /var/lib/collinear"),
    (refreshing.refresh, "collinear refresh --wait"),
    (catalog.status, "collinear status --watch"),
    (search.search, "collinear search question answering --language en --sort-by downloads"),
    (catalog.show, "collinear show rajpurkar/squad"),
    (similar.similar, "collinear similar rajpurkar/squad --limit 5"),
    (export.export, "collinear export datasets.parquet"),
    (verifying.verify, "collinear verify --upstream 100"),
    (version, "collinear version"),
):
    app.command(epilog=f"Example: {example}")(function)


def main() -> None:
    """Run the command of this process's arguments and exit."""
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has enough; what is left must not fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code.  An error is told in a line on stderr."""
    from collinear.domain.errors import CatalogError

    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = app(list(arguments) or ["--help"], prog_name="collinear", standalone_mode=False)
    except TyperException as error:
        complain(f"{error.format_message()} (collinear --help tells more)")
        return error.exit_code
    except Mistake as error:
        complain(*error.lines)
        return error.code
    except CatalogError as error:
        complain(str(error))
        return FAILED
    except BrokenPipeError:
        return OK
    except Exception as error:
        complain(f"{type(error).__name__}: {error} (COLLINEAR_DEBUG=1 shows where)")
        return FAILED
    return code if isinstance(code, int) else OK
