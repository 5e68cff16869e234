"""
Sort keys: 64 bits that order datasets by one measure, each dataset by a key of its own.

A key is 40 bits of value and 24 bits of ordinal.  The value is 0 where the measure is
unknown, and grows with it from 1 on where it is known.  The ordinal makes keys unique, so
that an order is total, the same on every machine, and survives every commit.
"""

import math
import struct
from datetime import UTC, datetime
from hashlib import blake2b

ORDINAL_BITS = 24
VALUE_BITS = 40
FIRST_KNOWN = 1 << ORDINAL_BITS
"""The least key of a known value; the keys below are those of unknown ones."""

LAST_VALUE = (1 << VALUE_BITS) - 1
LAST_COUNT = (1 << 63) - 1
LAST_SECOND = (1 << 32) - 1
_LAST_ORDINAL = (1 << ORDINAL_BITS) - 1
_EXACT = 1 << (VALUE_BITS - 1)
_MANTISSA_BITS = 34
_ZERO = 1 << 16
"""The value of the scores just below 0; those further below have 16 bits of a float."""
_LARGEST = 2.0**50
_FIRST_MOMENT = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp() * 1000)


def count_value(count: int | None) -> int:
    """
    Order counts and bytes: exactly below 2^39 - 1 (550 GB), above by 35 significant bits.

    Two sizes of about a terabyte that are less than 64 bytes apart may share a value; powers
    of ten up to a petabyte are the least of theirs.
    """
    if count is None:
        return 0
    if count + 1 < _EXACT:
        return max(count, 0) + 1
    above = max(count, _EXACT)
    exponent = above.bit_length() - 1
    octave = exponent - (VALUE_BITS - 1)
    mantissa = (above >> (exponent - _MANTISSA_BITS)) & ((1 << _MANTISSA_BITS) - 1)
    return min(_EXACT + (octave << _MANTISSA_BITS) + mantissa, LAST_VALUE)


def beyond(count: int | None) -> int | None:
    """The count itself where its value does not tell it from its neighbours; else None."""
    if count is None or count + 1 < _EXACT:
        return None
    return min(count, LAST_COUNT)


def moment_value(milliseconds: int | None) -> int:
    """Order moments (ms since 1970) exactly from 2010 to 2044; others are at the ends."""
    if milliseconds is None:
        return 0
    return min(max(milliseconds - _FIRST_MOMENT, 0) + 1, LAST_VALUE)


def score_value(score: float | None) -> int:
    """
    Order scores by their 1024ths, and those above half a billion, or below 0, by what is left.

    Nearly all are small and none is negative: their values are small too, and take little room.
    """
    if score is None or math.isnan(score):
        return 0
    if score >= 0:
        return min(_ZERO + count_value(int(min(score, _LARGEST) * 1024)), LAST_VALUE)
    (bits,) = struct.unpack(">I", struct.pack(">f", min(-score, _LARGEST)))
    return _ZERO - int(bits >> 15)


def key(value: int, ordinal: int) -> int:
    """The key of a dataset with this value."""
    return value << ORDINAL_BITS | ordinal


def ordinal(key: int) -> int:
    """The ordinal of the dataset that has this key."""
    return key & _LAST_ORDINAL


def halves(hub_id: str) -> tuple[int, int]:
    """
    An identity as two numbers, of 32 and of 64 bits: all 24 digits of one that the Hub gives.

    Another text becomes its first characters and a digest.
    """
    try:
        number = int(hub_id, 16)
    except ValueError:
        number = -1
    if f"{number:024x}" == hub_id:
        return number >> 64, number & (2**64 - 1)
    text = hub_id.encode("utf-8", "replace")
    digest = blake2b(text, digest_size=8).digest()
    return int.from_bytes(text[:4].ljust(4, b"\0")), int.from_bytes(digest)


def creation_key(created_second: int, hub_id: str) -> tuple[int, int]:
    """
    The catalog's order as two numbers of 64 bits: (created second, hub_id).

    The first half is nearly unique; the second settles what is left.
    """
    first, rest = halves(hub_id)
    return min(max(created_second, 0), LAST_SECOND) << 32 | first, rest
