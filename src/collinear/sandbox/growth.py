"""When datasets were created: ever faster, some of them within the same second."""

import math

_STEEPNESS = 5.7
"""ln(300): from five thousand datasets in 2022 to one and a half million in 2026."""
_BURST = 8


def created_at(place: int, total: int, *, floor: int, horizon: int) -> int:
    """
    The creation of the dataset at a place among so many, in milliseconds; never decreasing.

    Every now and then a script makes a handful of datasets within one second.
    """
    if place // _BURST % 16 == 5:
        place -= place % _BURST
    share = place / max(total, 1)
    grown = math.log1p(share * math.expm1(_STEEPNESS)) / _STEEPNESS
    return floor + int((horizon - floor) * grown) // 1000 * 1000
