"""The shape of an event of the stream of changes."""

from typing import Literal

from pydantic import Field

from collinear.api.shapes.models import SERIAL, Answer

LINE = (
    '{"serial":"d41d8cd98f00:1763791200000-0","op":"update","id":"openai/gsm8k",'
    '"hub_id":"641a36394097fa34bd332e4a","previous_id":null,"changed":["downloads","likes"],'
    '"at":"2026-11-22T07:00:00.000Z"}'
)
"""An example of a change in one line."""


class Event(Answer):
    """One of the events that the stream consists of, as a client of Server-Sent Events reads it."""

    id: str | None = Field(
        None,
        description="The serial that the stream has come to: send it as `Last-Event-ID`.",
        examples=[SERIAL],
    )
    event: Literal["message", "start", "trouble", "recovered", "overrun", "gone", "stop"] = Field(
        "message",
        description="None: a change. `start`: where the stream begins; `trouble`, `recovered`: "
        "Redis does not answer, and answers again; the last words are `overrun` (read too slowly), "
        "`gone` (changes are missing after your place) and `stop` (the server ends).",
        examples=["message"],
    )
    data: str = Field(
        description="JSON: the change, in `gone` a problem, and in the other events that have a "
        "name `serial` or `detail`.",
        examples=[LINE],
        json_schema_extra={"contentMediaType": "application/json"},
    )
    retry: int | None = Field(
        None,
        ge=0,
        description="Milliseconds after which to connect again; with the first event.",
        examples=[2500],
    )
