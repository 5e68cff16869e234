"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="The folder of the index, the logs and the embedded server "
        "(default: COLLINEAR_DATA_DIR).",
    ),
]
Host = Annotated[
    str | None,
    typer.Option(
        "--host", metavar="HOST", help="The address that the API listens on (default: 127.0.0.1)."
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port",
        min=0,
        max=65_535,
        metavar="PORT",
        help="The port of the API; 0: any free one (default: 8000).",
    ),
]
Rows = Annotated[
    Path | None,
    typer.Option(
        "--rows",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        readable=True,
        resolve_path=True,
        help="Datasets from a file: JSON Lines in the shape of the Hub's listing, also .gz.",
    ),
]
Datasets = Annotated[
    int | None,
    typer.Option(
        "--datasets", min=0, metavar="N", help="How many datasets to generate (default: 20000)."
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", help="The generator's seed: the same seed, the same datasets."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON as the API answers it, for programs.")]
