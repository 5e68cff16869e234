"""The command ``similar``."""

from typing import Annotated

import typer

from collinear.cli import configure
from collinear.cli.mistakes import complain
from collinear.cli.options import DataDir, Json
from collinear.cli.text import printable


def similar(
    dataset_id: Annotated[str, typer.Argument(metavar="ID", help="Such as org/name.")],
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=50, help="1 to 50 datasets.")
    ] = 10,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show other datasets that share what tells this one from most."""
    settings = configure.load_running(data_dir=data_dir)

    import anyio

    from collinear.cli import asking, output, tables

    compared = anyio.run(asking.similar, settings, dataset_id, limit)
    if compared.renamed_from:
        complain(f"{printable(dataset_id)} is called {printable(compared.id)} now.")
    if as_json:
        from collinear.api import answers

        output.json_bytes(bytes(answers.similar(compared.found, {}).body))
    else:
        output.table(tables.similar(compared.found, compared.hub))
