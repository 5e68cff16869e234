"""The commands that run everything on this machine: ``up``, ``demo``, and the sandbox Hub."""

from typing import TYPE_CHECKING

from collinear.cli import configure
from collinear.cli.mistakes import Mistake
from collinear.cli.options import DataDir, Datasets, Host, Port, Rows, Seed

if TYPE_CHECKING:
    from collinear.local.demo import DemoSource
    from collinear.settings import Settings

_DEMO_DATASETS = 20_000


def up(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Run all parts on this machine against the Hub (HF_ENDPOINT), until Ctrl-C."""
    _run(configure.load(host=host, port=port, data_dir=data_dir), None)


def demo(
    port: Port = None,
    datasets: Datasets = None,
    rows: Rows = None,
    seed: Seed = None,
    data_dir: DataDir = None,
) -> None:
    """Run all parts against a sandbox Hub of our own: no network, no token, until Ctrl-C."""
    from collinear.local.demo import DemoSource

    if rows and (datasets is not None or seed is not None):
        raise Mistake("--rows brings its own datasets: leave out --datasets and --seed.")
    settings = configure.load(port=port, data_dir=data_dir)
    source = (
        DemoSource(datasets=None, rows=rows)
        if rows
        else DemoSource(datasets=_DEMO_DATASETS if datasets is None else datasets, seed=seed)
    )
    _run(settings.model_copy(update={"data_dir": configure.demo_dir(settings)}), source)


def _run(settings: "Settings", source: "DemoSource | None") -> None:
    from collinear.cli.terminal import open_terminal
    from collinear.local.errors import CannotStart
    from collinear.local.system import run_system

    try:
        with open_terminal() as report:
            run_system(settings, report, demo=source)
    except CannotStart as error:
        raise Mistake(str(error), code=1) from error
