"""Which fields of a dataset this Hub gives: mirrors and older Hubs lack some."""

import re
from collections.abc import Callable, Iterable
from threading import Lock
from urllib.parse import unquote, urlencode

from collinear.hub.answers import HubAnswer
from collinear.hub.wire import FIELDS
from collinear.telemetry import get_logger

log = get_logger(__name__)

OnFields = Callable[[tuple[str, ...], tuple[str, ...]], None]
"""Hears of the fields that are accepted and of those that are missing."""

_REFUSED = re.compile(r"expand.{0,60}?must be one of \[([^\]]*)\]", re.DOTALL)


class AcceptedFields:
    """What may be asked for, of all that we would like to know; None until it is learnt."""

    def __init__(self, on_fields: OnFields) -> None:
        self._on_fields = on_fields
        self._lock = Lock()
        self._accepted: tuple[str, ...] | None = None

    @property
    def learnt(self) -> bool:
        """Whether the Hub was asked."""
        return self._accepted is not None

    @property
    def accepted(self) -> tuple[str, ...]:
        """The fields to ask for."""
        return FIELDS if self._accepted is None else self._accepted

    def learn(self, valid: Iterable[str]) -> bool:
        """
        Keep to these fields; False where that changes nothing.

        A list that has nothing in common with what we know is about something else.
        """
        listed = set(valid)
        accepted = tuple(field for field in FIELDS if field in listed) or FIELDS
        with self._lock:
            if accepted == self._accepted:
                return False
            missing = tuple(field for field in FIELDS if field not in accepted)
            # if nobody can be told now, it is learnt again
            self._on_fields(accepted, missing)
            self._accepted = accepted
        if missing:
            log.warning("hub_fields_missing", missing=missing)
        else:
            log.info("hub_fields_complete")
        return True


def listed_in(answer: HubAnswer) -> list[str] | None:
    """The fields that a refusal of ``expand`` lists as valid; None for any other answer."""
    if answer.status != 400:
        return None
    found = _REFUSED.search(answer.body[:65_536].decode(errors="replace"))
    return None if found is None else [name.strip(" \t\r\n\"'\\") for name in found[1].split(",")]


def with_fields(address: str, fields: Iterable[str]) -> str:
    """
    An address that asks for these fields instead of those that it names.

    All else stays byte for byte: what a cursor holds is the Hub's own affair.
    """
    path, _, query = address.partition("?")
    asked = urlencode([("expand[]", field) for field in fields])
    parts = query.split("&") if query else []
    places = [at for at, part in enumerate(parts) if _names_a_field(part)]
    at = places[0] if places else len(parts)
    kept = [part for part in parts[at:] if not _names_a_field(part)]
    whole = "&".join([*parts[:at], *([asked] if asked else []), *kept])
    return f"{path}?{whole}" if whole else path


def _names_a_field(part: str) -> bool:
    return unquote(part.partition("=")[0]) in {"expand", "expand[]"}
