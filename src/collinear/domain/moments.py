"""Points in time as whole milliseconds since 1970 (UTC), and as the text that the API shows."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_MILLISECOND = timedelta(milliseconds=1)
FIRST, LAST = 0, 253_402_300_799_999
"""What can be written with four digits for the year: 1970 to 9999."""


def to_text(milliseconds: int) -> str:
    """``2026-11-22T07:00:00.000Z``: UTC, always with milliseconds."""
    moment = _NAIVE_EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def parse(text: str) -> int | None:
    """Milliseconds since 1970, or None where the text is no ISO 8601 moment; naive means UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        milliseconds = (moment - _EPOCH) // _MILLISECOND
    except OverflowError:
        return None
    return milliseconds if FIRST <= milliseconds <= LAST else None
