"""The shapes of being ready."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, field_validator

from collinear.api.shapes.models import Answer, Count
from collinear.browse.readiness import Readiness

_NAMED_OR_SET = {"anyOf": [{"type": "boolean"}, {"type": "string", "const": ""}]}


class ReadyQuery(BaseModel):
    """How much is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verbose: Annotated[bool, WithJsonSchema(_NAMED_OR_SET)] = Field(
        False,
        description="Tell every check, also where it is not ready; `/readyz?verbose` is enough.",
        examples=[True],
    )

    @field_validator("verbose", mode="before")
    @classmethod
    def _named_is_meant(cls, value: object) -> object:
        return True if value == "" else value


class ReadyCheck(Answer):
    """One thing that was looked at."""

    name: str = Field(
        description="redis, index, freshness, last_run, quarantine, held_removals, store (whether "
        "Redis takes writes) or hub_token.",
        examples=["index"],
    )
    state: Literal["ok", "warning", "failed", "unknown"] = Field(
        description="Only `failed` makes the process not ready; a `warning` is worth a look.",
        examples=["ok"],
    )
    detail: str = Field(description="In a sentence.", examples=["It is open, and kept level."])
    numbers: dict[str, float | None] = Field(
        description="What the sentence is based on; null where it is not known.",
        examples=[{"documents": 1041234, "lag_seconds": 0.4, "silent_seconds": 0.6}],
    )


class Ready(Answer):
    """The process can serve."""

    status: Literal["ready"] = Field(description="That it is.")
    datasets: Count = Field(description="Datasets in the catalog.", examples=[1041234])
    checks: list[ReadyCheck] | None = Field(
        None, description="Only with `verbose`: everything that was looked at."
    )


def told(readiness: Readiness) -> list[dict[str, object]]:
    """The checks as JSON has them."""
    return [
        {
            "name": check.name,
            "state": check.state.value,
            "detail": check.detail,
            "numbers": dict(check.numbers),
        }
        for check in readiness.checks
    ]
