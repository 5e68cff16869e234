"""Draws search.svg from what the command line really prints; run it while a demo is up."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

COMMANDS = (
    "collinear search question answering --sort-by downloads --limit 7",
    "collinear status",
)
WIDTH = 104


def main() -> None:
    console = Console(record=True, width=WIDTH, file=StringIO())
    for command in COMMANDS:
        shown = subprocess.run(
            [Path(sys.executable).with_name("collinear"), *command.split()[1:]],
            env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        console.print(f"[bold]$ {command}[/bold]", highlight=False)
        console.print(Text.from_ansi(shown.rstrip("\n")), highlight=False)
        console.print()
    svg = console.export_svg(title="Collinear Data Tool")
    # a picture that asks no other host for its letters
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!-- .*? -->", "", svg)
    svg = svg.replace("Fira Code", "ui-monospace, Menlo, Consolas")
    Path(__file__).with_name("search.svg").write_text(svg)


main()
