"""Settings of the stream of changes."""

from pydantic import Field
from pydantic_settings import BaseSettings


class StreamSettings(BaseSettings):
    """What those who listen to the changes get, and how far behind they may fall."""

    stream_heartbeat_seconds: float = Field(
        15, gt=0, description="Seconds of silence after which a stream of changes says it is there."
    )
    stream_backlog: int = Field(
        50_000, ge=1, description="Changes that a listener may fall behind before it is cut off."
    )
    stream_backlog_bytes: int = Field(
        16 * 2**20,
        ge=1,
        description="Bytes that a listener may fall behind before it is cut off.",
    )
