"""The command ``export``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from collinear.cli import configure
from collinear.cli.mistakes import FAILED, Mistake
from collinear.cli.options import DataDir

if TYPE_CHECKING:
    from collinear.settings import Settings
    from collinear.store.export import Export, Format

_ATTEMPTS = 3
"""To read a file to its end before the next one takes its place."""


def export(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Its name ends with .jsonl.gz (a gzip of JSON Lines) or .parquet. "
            "A file of that name is replaced once the new one is complete.",
        ),
    ],
    data_dir: DataDir = None,
) -> None:
    """
    Write the whole catalog into a file, as of the end of the last complete run.

    The bytes are those of the API's export. The line on stdout names the serial that they are
    true for: the changes since that serial lead to the catalog as it is now.
    """
    from collinear.store.export import Format

    named = [format for format in Format if file.name.endswith(f".{format.suffix}")]
    if not named:
        endings = " or ".join(f".{format.suffix}" for format in Format)
        raise Mistake(f"{file}: what to write is chosen by the end of the name, {endings}.")
    if not file.parent.is_dir():
        raise Mistake(f"{file}: there is no folder {file.parent}.")
    settings = configure.load_running(data_dir=data_dir)
    if named[0] is Format.PARQUET and not settings.parquet:
        raise Mistake("This system writes no Parquet file (COLLINEAR_PARQUET).", code=FAILED)
    written = _export(settings, named[0], file)
    typer.echo(f"{file}: {written.size:,} bytes, true for {written.serial}")


def _export(settings: "Settings", format: "Format", file: Path) -> "Export":
    from collinear.domain.errors import SnapshotGone

    for _ in range(_ATTEMPTS - 1):
        try:
            return _write(settings, format, file)
        except SnapshotGone as gone:
            if gone.serial is None:
                raise
    return _write(settings, format, file)


def _write(settings: "Settings", format: "Format", file: Path) -> "Export":
    import anyio

    from collinear.cli import asking
    from collinear.store.copies import ExportSource
    from collinear.wiring.stores import catalog_keys, open_store

    found = anyio.run(asking.export, settings, format)
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        source = ExportSource(partial(open_store, settings), catalog_keys(settings))
        with unfinished.open("wb") as output, _progress(found.size) as tell:
            for piece in source.read(found):
                output.write(piece)
                tell(len(piece))
        unfinished.replace(file)
    except OSError as error:
        raise Mistake(f"{file} cannot be written: {error.strerror}.", code=FAILED) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return found


class _Tell(Protocol):
    def __call__(self, count: int) -> None:
        """So many bytes more are written."""


@contextmanager
def _progress(total: int) -> Iterator[_Tell]:
    """A bar on stderr; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    columns = BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.update(task, advance=count)
