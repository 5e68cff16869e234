"""The real command in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Result = subprocess.CompletedProcess[str]


@pytest.fixture
def collinear(tmp_path: Path) -> Callable[..., Result]:
    """``collinear("up", "--port", "1", COLLINEAR_PORT="x")``: the command with an environment."""

    def run(*arguments: str, **environment: str) -> Result:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("COLLINEAR_", "HF_", "REDIS_"))
        }
        return subprocess.run(
            [Path(sys.executable).with_name("collinear"), *arguments],
            env={**kept, "HOME": str(tmp_path), "COLUMNS": "200", **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
