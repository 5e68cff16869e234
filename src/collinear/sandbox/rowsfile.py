"""Rows from a file: JSON Lines in the shape of the Hub's listing, perhaps gzipped."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from collinear.domain.errors import CatalogError
from collinear.sandbox import rowtext
from collinear.sandbox.fill import HORIZON, LEGACY_FLOOR, BadRow, fill
from collinear.sandbox.growth import created_at
from collinear.sandbox.world import World


class BadRowsFile(CatalogError):
    """The file cannot be served; the message names the line."""


def open_world(path: Path) -> World:
    """
    A world of the file's rows; of rows with the same id or `_id` the first is kept.

    Raises BadRowsFile for a line that is no row, OSError where the file cannot be read.
    """
    lines = list(_lines(path))
    world, hub_ids = World(), set()
    for place, (number, row) in enumerate(lines):
        created = created_at(place, len(lines), floor=LEGACY_FLOOR, horizon=HORIZON)
        try:
            filled = fill(row, position=place, created=created, horizon=HORIZON)
        except BadRow as error:
            raise BadRowsFile(f"{path}, line {number}: {error}") from error
        if filled["_id"] not in hub_ids and world.add(filled):
            hub_ids.add(filled["_id"])
    return world


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as file:
        lines = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
        try:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _row(path, number, line)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BadRowsFile(f"{path} is no complete gzip file: {error}") from error


def _row(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = rowtext.load(line)
    except ValueError as error:
        raise BadRowsFile(f"{path}, line {number}: not JSON: {error}") from error
    if not isinstance(row, dict):
        raise BadRowsFile(
            f'{path}, line {number}: a row is a JSON object such as {{"id": "org/name"}}'
        )
    return row
