"""Settings of the processes that answer HTTP."""

from pydantic import Field

from collinear.settings.guarding import GuardSettings
from collinear.settings.streaming import StreamSettings


class ServingSettings(GuardSettings, StreamSettings):
    """How the API is reached, and what it bears."""

    host: str = Field("127.0.0.1", description="The address the API listens on.")
    port: int = Field(8000, ge=0, le=65_535, description="The port the API listens on.")
    hub_threads: int = Field(
        8, ge=1, le=64, description="Requests to the Hub at a time in an API process."
    )
    api_workers: int = Field(
        1, ge=1, le=256, description="Processes that answer behind one address."
    )
    answer_cache_bytes: int = Field(
        32 * 2**20, ge=0, description="Bytes of whole answers that an API process keeps."
    )
    hub_cache_bytes: int = Field(
        32 * 2**20, ge=0, description="Bytes of the Hub's answers that an API process keeps."
    )
