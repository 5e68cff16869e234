"""Zero unexpected answers: the document is turned into thousands of requests, good and bad."""

import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.contract.conftest import TOKEN

HERE = Path(__file__).parent


@pytest.mark.timeout(300)
def test_no_request_has_an_unexpected_answer(living: httpx2.Client, tmp_path: Path) -> None:
    """
    Schemathesis: examples, all bounds, random data, and walks along the links; every check.

    A process of its own, so that its many plugins meet nothing of ours.
    """
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(HERE / "schemathesis.toml"),
        "run",
        f"{living.base_url}/openapi.json",
        "--checks",
        "all",
        "--header",
        f"Authorization: Bearer {TOKEN}",
    ]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env={
            **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
            "PYTHONPATH": str(HERE.parents[1]),
            "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, _shortened(run.stdout)


def _shortened(text: str) -> str:
    """What failed, without addresses of a hundred thousand letters."""
    told = text[text.find("= ERRORS =") if "= ERRORS =" in text else text.find("= FAILURES =") :]
    return "\n".join(line[:700] for line in told.splitlines())
