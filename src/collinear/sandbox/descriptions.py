"""Descriptions of generated datasets: headings, a few sentences, sometimes in other languages."""

from random import Random
from typing import Any

from collinear.sandbox.phrases import FOREIGN, HEADINGS, OPENINGS, STATISTICS, expand, pool

_POOL = 400
_LIMIT = 660
"""Characters that the Hub keeps of a card."""
_BODY = ("sourcing", "structure", "usage", "limits", "closing")


class Describer:
    """Composes descriptions out of sentences that the grammar made once, at the start."""

    def __init__(self, seed: int) -> None:
        rng = Random(f"descriptions {seed}")
        self._openings = [expand(text, rng) for text in OPENINGS for _ in range(_POOL // 10)]
        self._bodies = [pool(symbol, rng, _POOL) for symbol in _BODY]
        self._statistics = [expand(text, rng) for text in STATISTICS for _ in range(20)]

    def describe(self, rng: Random, language: str, facts: dict[str, Any]) -> str:
        """A description of typically 300 to 700 characters."""
        draw = rng.random
        parts = []
        if draw() < 0.6:
            heading = HEADINGS[int(draw() * len(HEADINGS))]
            parts.append(f"\n\t\n\t\t\n\t\t{heading}\n\t\n\n")
        foreign = FOREIGN.get(language)
        if foreign is not None and draw() < 0.6:
            count = 3 + int(draw() * (len(foreign) - 2))
            parts.append(" ".join(foreign[:count]))
            if draw() < 0.5:
                parts.append("\n\n")
                parts.append(self._openings[int(draw() * len(self._openings))])
        else:
            parts.append(self._openings[int(draw() * len(self._openings))])
            chance = draw()
            for place, body in enumerate(self._bodies):
                if chance < 0.85 or place % 2:
                    parts.append("\n" if draw() < 0.15 else " ")
                    parts.append(body[int(draw() * _POOL)])
        if draw() < 0.65:
            parts.append("\n\n\t\n\t\t\n\t\tStatistics\n\t\n\n")
            parts.append(self._statistics[int(draw() * len(self._statistics))])
            parts.append(" ")
            parts.append(self._bodies[1][int(draw() * _POOL)])
            parts.append(" ")
            parts.append(self._bodies[3][int(draw() * _POOL)])
        text: str = "".join(parts) % facts
        return text if len(text) <= _LIMIT else text[: _LIMIT - 3].rstrip() + "..."
