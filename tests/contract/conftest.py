"""The whole system for all tests of the contract: every part a real process, a catalog in it."""

from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest

from collinear.api.app import create_app
from collinear.local.ports import free_port
from collinear.sandbox.generate import open_world
from collinear.settings import Settings
from tests.contract.contract import Contract
from tests.hubs import RunningHub, running_hub
from tests.parts import starter
from tests.waiting import wait_until

TOKEN = "of-the-tests"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
EXAMPLE = "openai/gsm8k"
"""The dataset that the examples of the document are about."""
UNKNOWN = "openai/hardly-anything"
"""A dataset of which next to nothing is known."""


@pytest.fixture(scope="session")
def living_hub() -> Iterator[RunningHub]:
    """A Hub with a generated catalog, and the dataset of the examples."""
    with running_hub(world=open_world(300, seed=5)) as hub:
        hub.add(
            id=EXAMPLE,
            description="Grade school math word problems",
            tags=["task_categories:text-generation", "language:en", "license:mit"],
            downloads=480_123,
            likes=1031,
        )
        hub.add(id=UNKNOWN)
        hub.edit(UNKNOWN, **dict.fromkeys(("downloads", "likes", "mainSize", "description")))
        yield hub


@pytest.fixture(scope="session")
def living_settings(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        _env_file=None,
        redis_url=redis_url,
        key_prefix=f"{{test:{uuid4().hex}}}",
        data_dir=tmp_path_factory.mktemp("living"),
        admin_token=TOKEN,
    )


@pytest.fixture(scope="session")
def living(
    living_settings: Settings, living_hub: RunningHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    """A client of a system that has loaded its catalog, and is quiet."""
    port = free_port()
    with (
        starter(
            living_settings,
            tmp_path_factory.mktemp("logs"),
            HF_ENDPOINT=living_hub.url,
            COLLINEAR_PORT=str(port),
            COLLINEAR_ADMIN_TOKEN=TOKEN,
            COLLINEAR_OVERSEE_SECONDS="0.5",
            COLLINEAR_DELTA_SECONDS="3600",
        ) as start,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client,
    ):
        for part in ("worker", "beat", "indexer", "api"):
            start(part)

        def is_level() -> bool:
            try:
                status = client.get("/api/datasets/cache-status").json()
            except httpx2.TransportError:
                return False
            index = status.get("index")
            return (
                status.get("warming_up") is False
                and status["progress"] is None
                and index is not None
                and index["serial"] == status["serial"]
            )

        wait_until(is_level, "a loaded catalog with its index", within=60)
        yield client


@pytest.fixture(scope="session")
def contract(living_settings: Settings) -> Contract:
    return Contract(create_app(living_settings))
