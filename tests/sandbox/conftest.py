"""The official client keeps to itself: no telemetry, and its files in a folder that goes away."""

import os
import shutil
import tempfile

# Its settings are read when it is imported, so they must be there before the tests are.
HOME = tempfile.mkdtemp(prefix="sandbox-hf-home-")
os.environ.update(HF_HOME=HOME, HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_PROGRESS_BARS="1")


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(HOME, ignore_errors=True)
