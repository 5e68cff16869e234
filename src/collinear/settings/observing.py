"""Settings of what operators see."""

from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings


class ObservingSettings(BaseSettings):
    """Where traces go, and what API processes add up."""

    otel_endpoint: str = Field(
        "",
        validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT", "otel_endpoint"),
        description="The collector that takes traces by OTLP over HTTP, such as "
        "http://127.0.0.1:4318; empty: there are none.",
    )
    metrics_dir: Path | None = Field(
        None,
        description="The folder in which API processes behind one port add up what they count; "
        "empty: each tells its own. `collinear api --workers` sets it.",
    )
