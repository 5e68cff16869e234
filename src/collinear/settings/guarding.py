"""Settings of what the API bears, and from whom."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

_Seconds = Annotated[float, Field(gt=0)]


def _split(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


class GuardSettings(BaseSettings):
    """Who may ask, how much at a time, and for how long."""

    admin_token: SecretStr | None = Field(
        None, description="Who may start a refresh; empty: callers on this machine only."
    )

    # One request
    max_url_bytes: int = Field(
        16 * 1024, ge=256, le=65_535, description="Bytes of path and query; beyond: 414."
    )
    max_headers: int = Field(100, ge=10, description="Header fields of a request; beyond: 431.")
    max_header_bytes: int = Field(
        32 * 1024, ge=1024, description="Bytes of all header fields of a request; beyond: 431."
    )
    max_body_bytes: int = Field(
        64 * 1024, ge=0, description="Bytes of a body, which nothing needs; beyond: 413."
    )
    arrival_seconds: _Seconds = Field(
        10, description="Seconds in which a request must have arrived, from its first byte on."
    )
    request_seconds: _Seconds = Field(
        30, description="Seconds until the answer must have begun; beyond: 503."
    )
    stall_seconds: _Seconds = Field(
        60, description="Seconds after which a caller who does not read is hung up on."
    )
    keep_alive_seconds: int = Field(
        15, ge=1, description="Seconds that an idle connection is kept for the next request."
    )

    # All of them, for each API process
    max_requests: int = Field(256, ge=1, description="Requests at a time; beyond: 503.")
    max_streams: int = Field(
        2_000,
        ge=1,
        description="Streams, exports and questions for changes at a time; beyond: 503.",
    )
    max_connections: int = Field(4_096, ge=1, description="Connections at a time; beyond: 503.")

    # Each client
    rate_limit: int = Field(
        0, ge=0, description="Requests a minute for each client; 0: without limit."
    )
    rate_limit_loopback: bool = Field(
        False, description="Count clients on this machine too, which otherwise have no limit."
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="Addresses and networks of proxies whose `X-Forwarded-For` is believed."
    )

    # Browsers
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins whose pages may read the answers, or `*` for all."
    )
    hsts_seconds: int = Field(
        0, ge=0, description="Seconds that browsers shall insist on https; 0: not said."
    )

    @field_validator("admin_token")
    @classmethod
    def _can_be_sent(cls, value: SecretStr | None) -> SecretStr | None:
        token = value.get_secret_value() if value else ""
        if not token.isprintable() or any(character.isspace() for character in token):
            raise ValueError("must be one word, without blanks or line ends")
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        words = _split(value)
        try:
            # an address of a network stands for the network
            return tuple(ip_network(word, strict=False) for word in words)  # type: ignore[attr-defined]
        except (TypeError, ValueError):
            raise ValueError(
                "must be addresses or networks such as 10.0.0.0/8, separated by commas"
            ) from None

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        origins = _split(value)
        if not isinstance(origins, tuple) or origins == ("*",):
            return origins
        for origin in origins:
            parts = urlsplit(origin)
            plain = f"{parts.scheme}://{parts.netloc}" == origin == origin.lower()
            if not (plain and parts.scheme in {"http", "https"} and parts.hostname) or (
                "@" in parts.netloc or "*" in parts.netloc
            ):
                raise ValueError(
                    "must be origins in small letters such as https://example.org, "
                    "separated by commas, or * alone"
                )
        return origins
