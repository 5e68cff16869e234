"""Every setting, with its unit and default; read once, at the root of a process."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from collinear.domain.impact import GIB, ImpactPolicy, Threshold
from collinear.settings.observing import ObservingSettings
from collinear.settings.serving import ServingSettings

_Seconds = Annotated[float, Field(gt=0)]
_REDIS = {"redis", "rediss"}


def _default_data_dir() -> Path:
    return Path.home() / ".local" / "share" / "collinear"


def _is_address(text: str, schemes: set[str]) -> bool:
    """Whether this is a URL of one of the schemes, with a host and, if any, a possible port."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    blank = any(character.isspace() for character in text)
    return parts.scheme in schemes and bool(parts.hostname) and port != 0 and not blank


class Settings(ServingSettings, ObservingSettings):
    """Settings from the environment (``COLLINEAR_...``) and from ``.env``."""

    model_config = SettingsConfigDict(
        env_prefix="COLLINEAR_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,  # some of it is secret
    )

    # The ecosystem's own names
    hf_endpoint: str = Field(
        "https://huggingface.co",
        validation_alias=AliasChoices("HF_ENDPOINT", "hf_endpoint"),
        description="The Hub to follow.",
    )
    hf_token: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("HF_TOKEN", "hf_token"),
        description="A token of the Hub: a larger quota, and gated datasets you may read.",
    )
    redis_url: str = Field(
        "",
        validation_alias=AliasChoices("REDIS_URL", "redis_url"),
        repr=False,  # it may hold a password
        description="The Redis that holds the catalog; empty: the embedded server.",
    )

    # Where things are
    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="The folder of the index, the logs and the embedded server's files.",
    )
    broker_url: str = Field("", repr=False, description="Celery's broker; empty: `REDIS_URL`.")
    key_prefix: str = Field(
        "{hf:datasets}", min_length=1, description="What every key begins with."
    )
    accept_endpoint: bool = Field(
        False, description="Take over a store that holds another Hub's catalog."
    )

    # The Hub
    invalid_token: Literal["anonymous", "stop"] = Field(
        "anonymous",
        description="What synchronisation does when the Hub refuses `HF_TOKEN`: "
        "go on without it (`anonymous`), or fail until it is replaced (`stop`).",
    )
    hub_timeout: _Seconds = Field(30, description="Seconds until a silent Hub is given up on.")
    page_size: int = Field(1000, ge=1, le=1000, description="Datasets per listing page.")
    sync_share: float = Field(
        0.5, gt=0, le=1, description="The part of the Hub's quota that synchronisation may use."
    )

    # When things happen
    full_refresh_seconds: _Seconds = Field(86_400, description="Seconds between full refreshes.")
    page_refresh_seconds: _Seconds | None = Field(
        None,
        description="Seconds between page-wise refreshes; default 3600, without a token 21600.",
    )
    delta_seconds: _Seconds = Field(60, description="Seconds between delta runs.")
    delta_overlap_seconds: _Seconds = Field(
        300, description="Seconds that a delta run goes back behind the last one."
    )
    lease_seconds: _Seconds = Field(
        12, description="Seconds after which a run without a sign of life counts as lost."
    )
    oversee_seconds: _Seconds = Field(
        5, description="Seconds between looks at what is due and what was lost."
    )

    # Guards
    max_removal_share: float = Field(
        0.02, ge=0, le=1, description="The part of the catalog that a run may remove unasked."
    )
    max_removal_count: int = Field(
        500, ge=0, description="How many a run may always remove unasked."
    )
    quarantine_share: float = Field(
        0.8,
        gt=0,
        le=1,
        description="The part of the rows that must look wrong for a run to be quarantined.",
    )
    quarantine_rows: int = Field(
        10, ge=1, description="Fewer rows that look wrong do not quarantine a run."
    )
    retry_seconds: _Seconds = Field(
        300, description="Seconds until a run that failed or was quarantined is tried again."
    )
    change_retention: int = Field(
        2_000_000,
        ge=1_000,
        description="Changes to keep; at least twice the catalog's size are always kept.",
    )
    parquet: bool = Field(
        True, description="Write the whole catalog as a Parquet file too, for `export`."
    )
    dead_letters: int = Field(1_000, ge=1, description="Rows set aside to keep the record of.")

    # Impact: bytes for the size, counts for the others
    impact_size_bytes_medium: int = Field(GIB, ge=0, description="Bytes that reach medium.")
    impact_size_bytes_high: int = Field(10 * GIB, ge=0, description="Bytes that reach high.")
    impact_downloads_medium: int = Field(10_000, ge=0, description="Downloads for medium.")
    impact_downloads_high: int = Field(100_000, ge=0, description="Downloads for high.")
    impact_likes_medium: int = Field(100, ge=0, description="Likes for medium.")
    impact_likes_high: int = Field(1_000, ge=0, description="Likes for high.")

    # The parts
    worker_concurrency: int = Field(4, ge=1, le=64, description="Tasks at a time in a worker.")
    index_heap_bytes: int = Field(
        128 * 2**20, ge=16 * 2**20, description="Bytes the indexer collects before it writes."
    )
    index_commit_seconds: _Seconds = Field(
        0.5, description="Seconds of changes that the indexer collects for one commit."
    )
    index_silent_seconds: _Seconds = Field(
        30, description="Seconds without a sign of life after which the indexer counts as gone."
    )
    index_lag_seconds: _Seconds = Field(
        300, description="Seconds behind the catalog from which an API process is not ready."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: Annotated[str, NoDecode] = Field("text", description="`text` or `json`.")

    @field_validator("hf_endpoint")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not _is_address(value, {"http", "https"}):
            raise ValueError("must be an address such as https://huggingface.co")
        return value.rstrip("/")

    @field_validator("otel_endpoint")
    @classmethod
    def _a_collector(cls, value: str) -> str:
        if value and not _is_address(value, {"http", "https"}):
            raise ValueError("must be an address such as http://127.0.0.1:4318")
        if "@" in value:  # it is named in the log where it does not answer
            raise ValueError("must be without a password: that goes to OTEL_EXPORTER_OTLP_HEADERS")
        return value

    @field_validator("hf_token")
    @classmethod
    def _one_word(cls, value: SecretStr | None) -> SecretStr | None:
        token = value.get_secret_value() if value else ""
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise ValueError(
                "must be one word of ASCII letters, digits and signs, without blanks or line ends"
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def _a_redis(cls, value: str) -> str:
        if not value or value.startswith("unix://"):
            return value
        database = urlsplit(value).path.strip("/") if _is_address(value, _REDIS) else "none"
        if database and not (database.isascii() and database.isdigit()):
            raise ValueError("must be an address such as redis://127.0.0.1:6379/0")
        return value

    @field_validator("log_level")
    @classmethod
    def _a_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("log_format")
    @classmethod
    def _a_format(cls, value: str) -> str:
        if value not in {"text", "json"}:
            raise ValueError("must be text or json")
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Self:
        for metric, threshold in (
            ("SIZE_BYTES", self.impact_policy.size_bytes),
            ("DOWNLOADS", self.impact_policy.downloads),
            ("LIKES", self.impact_policy.likes),
        ):
            if threshold.medium > threshold.high:
                raise ValueError(f"COLLINEAR_IMPACT_{metric}_MEDIUM must not be above its _HIGH")
        return self

    @cached_property
    def impact_policy(self) -> ImpactPolicy:
        """The thresholds in force."""
        return ImpactPolicy(
            size_bytes=Threshold(self.impact_size_bytes_medium, self.impact_size_bytes_high),
            downloads=Threshold(self.impact_downloads_medium, self.impact_downloads_high),
            likes=Threshold(self.impact_likes_medium, self.impact_likes_high),
        )

    @property
    def page_refresh_interval(self) -> float:
        """Seconds between page-wise refreshes: an anonymous quota affords fewer."""
        if self.page_refresh_seconds is not None:
            return self.page_refresh_seconds
        return 3_600 if self.hf_token else 21_600

    @property
    def index_dir(self) -> Path:
        """Where the search index lives."""
        return self.data_dir / "index"

    @property
    def exports_dir(self) -> Path:
        """Where an API machine keeps its copies of the whole catalog."""
        return self.data_dir / "exports"
