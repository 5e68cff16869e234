"""
Where the index lies: one folder a generation, and a pointer to the one that readers use.

A rebuild fills a new generation beside the one in use and then moves the pointer, in one
step.  A generation's name begins with the version of its schema.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from collinear.domain.errors import CatalogError
from collinear.search.schema import SCHEMA_VERSION


class IndexTaken(CatalogError):
    """Another indexer writes to this folder."""


class Generations:
    """The generations in one folder."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pointer = directory / "current"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """
        Be the only one to write here; the lock falls with the process, however it ends.

        Raises:
            IndexTaken: Another indexer is at work.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "indexer.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise IndexTaken(
                    f"Another indexer writes to {self.directory}: stop it first, "
                    "or give this one a COLLINEAR_DATA_DIR of its own."
                ) from None
            yield

    def current(self) -> Path | None:
        """The generation that readers use; None while there is none for this schema."""
        path = self.pointed()
        return path if path and path.name.startswith(f"v{SCHEMA_VERSION}-") else None

    def pointed(self) -> Path | None:
        """The generation that was published last, of whatever schema."""
        try:
            name = self.pointer.read_text().strip()
        except FileNotFoundError:
            return None
        return self.directory / name if name.startswith("v") and "/" not in name else None

    def create(self) -> Path:
        """A new, empty generation that no reader knows of."""
        path = self.directory / f"v{SCHEMA_VERSION}-{uuid4().hex[:12]}"
        path.mkdir()
        return path

    def publish(self, generation: Path) -> None:
        """Let readers use this generation from now on."""
        beside = self.pointer.with_suffix(".new")
        with beside.open("w") as file:
            file.write(generation.name + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.pointer)

    def remove_others(self, keep: Path | None) -> None:
        """Remove all generations but one; what a reader has open stays readable for it."""
        for path in self.directory.glob("v*-*"):
            if path.is_dir() and path != keep:
                shutil.rmtree(path, ignore_errors=True)
