"""The commands that run one part each."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from collinear.cli import configure
from collinear.cli.mistakes import FAILED, Mistake, complain
from collinear.cli.options import DataDir, Datasets, Host, Port, Rows, Seed

if TYPE_CHECKING:
    from collinear.settings import Settings


def api(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            max=256,
            metavar="N",
            help="Processes behind the one address; one for each core serves best.",
        ),
    ] = None,
) -> None:
    """Answer HTTP: the catalog, its search, the docs."""
    with _as_part(host=host, port=port, data_dir=data_dir, api_workers=workers) as settings:
        from collinear.api.main import run_api

        run_api(settings)


def worker(data_dir: DataDir = None) -> None:
    """Do the work: fetch pages from the Hub and store them; as many as you like."""
    with _as_part(data_dir=data_dir) as settings:
        from collinear.worker.main import run_worker

        run_worker(settings)


def beat(data_dir: DataDir = None) -> None:
    """Keep the schedule: queue refreshes when they are due; one is enough."""
    with _as_part(data_dir=data_dir) as settings:
        from collinear.worker.main import run_beat

        run_beat(settings)


def indexer(data_dir: DataDir = None) -> None:
    """Keep the search index: follow the changes; one for each data directory."""
    with _as_part(data_dir=data_dir) as settings:
        from collinear.indexer.main import run_indexer

        run_indexer(settings)


def hub(
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="The address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65_535, metavar="PORT", help="The port to listen on."),
    ] = 8001,
    datasets: Datasets = None,
    rows: Rows = None,
    seed: Seed = None,
    life: Annotated[
        float | None,
        typer.Option("--life", metavar="SECONDS", help="Change a few datasets so often."),
    ] = None,
    quota: Annotated[
        int | None,
        typer.Option(
            "--quota",
            min=1,
            metavar="N",
            help="Requests that a caller has in one window (default: no limit).",
        ),
    ] = None,
    window: Annotated[
        int, typer.Option("--window", min=1, metavar="SECONDS", help="The length of a window.")
    ] = 300,
) -> None:
    """Serve a sandbox Hub: the protocol of the real one, with datasets of our own."""
    if rows and (datasets is not None or seed is not None):
        raise Mistake("--rows brings its own datasets: leave out --datasets and --seed.")
    with _as_part():
        from collinear.sandbox.main import run_hub

        run_hub(
            host=host,
            port=port,
            rows=rows,
            datasets=20_000 if datasets is None else datasets,
            seed=1 if seed is None else seed,
            life=life,
            quota=quota,
            window=window,
        )


@contextmanager
def _as_part(**options: object) -> Iterator["Settings"]:
    """Settings and logs for a part; what goes wrong becomes its last line and an exit code."""
    settings = configure.load(**options)
    from collinear.domain.errors import CatalogError, WrongStore
    from collinear.local.parent import stop_with_supervisor
    from collinear.local.supervisor import REFUSAL
    from collinear.store.trouble import explain
    from collinear.telemetry import configure_logging

    configure_logging(level=settings.log_level, style=settings.log_format)
    stop_with_supervisor()
    try:
        yield settings
    except WrongStore as error:
        complain(str(error))
        raise typer.Exit(REFUSAL) from error
    except CatalogError as error:
        complain(str(error))
        raise typer.Exit(FAILED) from error
    except Exception as error:
        if sentence := explain(error):
            complain(sentence)
            raise typer.Exit(FAILED) from error
        traceback.print_exc()  # into the part's log: an operator needs to know where
        raise typer.Exit(FAILED) from error
