"""What a demo is made from, and whether the data of the last one are of any use."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from collinear.local.errors import CannotStart


@dataclass(frozen=True, slots=True)
class DemoSource:
    """Where a demo's datasets come from: a file of rows, or a generator with its seed."""

    datasets: int | None
    seed: int | None = None
    rows: Path | None = None

    def to_dict(self) -> dict[str, object]:
        """What tells two sources apart; a file that was written again is another source."""
        if self.rows is None:
            return {"datasets": self.datasets, "seed": self.seed}
        found = self.rows.stat()
        return {"rows": str(self.rows), "size": found.st_size, "mtime_ns": found.st_mtime_ns}


def make_room(data_dir: Path, source: DemoSource) -> bool:
    """
    Prepare the directory for a demo; whether it keeps the data of an earlier one.

    Data of an earlier demo with another source are removed.  Call it with the lock held.

    Raises:
        CannotStart: The directory holds data that no demo made.
    """
    record = data_dir / "demo.json"
    data = [path for path in (data_dir / "valkey", data_dir / "index") if path.exists()]
    before = _read(record)
    if data and before is None:
        raise CannotStart(
            f"{data_dir} holds a catalog that no demo made: choose another directory "
            "for the demo with --data-dir."
        )
    if before == source.to_dict():
        return bool(data)
    record.write_text("{}")  # of no source, until the data of the old one are gone
    for path in data:
        shutil.rmtree(path)
    record.write_text(json.dumps(source.to_dict()))
    return False


def _read(record: Path) -> object:
    try:
        return json.loads(record.read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}  # cut off while it was written: still a demo's directory
