"""Points in time as whole milliseconds since 1970 (UTC), and as the text that the API shows."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_LEAP_SECOND = re.compile(r"(?<=:\d\d):60")
_MILLISECOND = timedelta(milliseconds=1)
FIRST, LAST = 0, 253_402_300_799_999
"""What can be written with four digits for the year: 1970 to 9999."""


def to_text(milliseconds: int) -> str:
    """``2026-11-22T07:00:00.000Z``: UTC, always with milliseconds."""
    moment = _NAIVE_EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def parse(text: str) -> int | None:
    """Milliseconds since 1970, or None where the text is no ISO 8601 moment; naive means UTC."""
    milliseconds = _parse(text)
    return milliseconds if milliseconds is not None and FIRST <= milliseconds <= LAST else None


def parse_bound(text: str) -> int | None:
    """As ``parse``; what lies before 1970 or after 9999 is that end: nothing lies beyond it."""
    # Both exist in RFC 3339, and cannot be read: year 0, whose days year 4 has too; leap seconds
    known = "0004" + text[4:] if text.startswith("0000-") else text
    milliseconds = _parse(_LEAP_SECOND.sub(":59", known).upper())
    return None if milliseconds is None else min(max(milliseconds, FIRST), LAST)


def _parse(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLISECOND
