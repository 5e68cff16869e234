"""Whole catalogs as the Hub would list them: generated, or the real rows beside the checkout."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

from collinear.domain.dataset import Dataset
from collinear.hub.wire import translate
from collinear.sandbox.fill import LEGACY_FLOOR, fill
from collinear.sandbox.generate import generate

ROWS = Path(__file__).parents[3] / "shared" / "hub" / "rows.jsonl.gz"
"""Rows of the real Hub; not everybody has them."""


def generated(datasets: int, seed: int = 3) -> list[Dataset]:
    """What the sandbox Hub would hold."""
    return _unique(translate([made.row for made in generate(datasets, seed)]).datasets)


def real() -> list[Dataset]:
    """What is in ``ROWS``."""
    with gzip.open(ROWS, "rt") as lines:
        rows = [
            fill(json.loads(line), position=place, created=LEGACY_FLOOR + place * 1000)
            for place, line in enumerate(lines)
        ]
    return _unique(translate(rows).datasets)


def _unique(datasets: Iterable[Dataset]) -> list[Dataset]:
    return list({dataset.id: dataset for dataset in datasets}.values())
