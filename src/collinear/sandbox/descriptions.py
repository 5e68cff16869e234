"""Descriptions of generated datasets: headings, a few sentences, sometimes in other languages."""

from collections.abc import Mapping
from random import Random

from collinear.sandbox.phrases import FOREIGN, HEADINGS, OPENINGS, STATISTICS, expand, pool

_POOL = 400
_BODIES = 3_000
_LIMIT = 660
"""Characters that the Hub keeps of a card."""
_SUBJECTS = ("sourcing", "structure", "usage", "limits", "closing")


class Describer:
    """
    Composes descriptions out of what the grammar made once, at the start.

    Only the heading, the opening and the numbers are filled in for each dataset: composing
    every sentence anew would take three times as long.
    """

    def __init__(self, seed: int) -> None:
        rng = Random(f"descriptions {seed}")
        self._openings = [expand(text, rng) for text in OPENINGS for _ in range(_POOL // 10)]
        self._statistics = [expand(text, rng) for text in STATISTICS for _ in range(20)]
        sentences = [pool(symbol, rng, _POOL) for symbol in _SUBJECTS]
        self._bodies = [_body(sentences, rng) for _ in range(_BODIES)]
        self._afterthoughts = [
            (f" {rng.choice(sentences[1])} {rng.choice(sentences[3])}") % () for _ in range(_POOL)
        ]

    def describe(self, rng: Random, language: str, facts: Mapping[str, object]) -> str:
        """A description of typically 300 to 700 characters."""
        draw = rng.random
        text = ""
        if draw() < 0.6:
            text = f"\n\t\n\t\t\n\t\t{HEADINGS[int(draw() * len(HEADINGS))]}\n\t\n\n"
        foreign = FOREIGN.get(language)
        opening = self._openings[int(draw() * len(self._openings))]
        if foreign is not None and draw() < 0.6:
            text += " ".join(foreign[: 3 + int(draw() * (len(foreign) - 2))])
            if draw() < 0.5:
                text += f"\n\n{opening}"
            text %= facts
        else:
            text = (text + opening) % facts + self._bodies[int(draw() * _BODIES)]
        if draw() < 0.65:
            statistics = self._statistics[int(draw() * len(self._statistics))] % facts
            after = self._afterthoughts[int(draw() * _POOL)]
            text = f"{text}\n\n\t\n\t\t\n\t\tStatistics\n\t\n\n{statistics}{after}"
        return text if len(text) <= _LIMIT else text[: _LIMIT - 3].rstrip() + "..."


def _body(sentences: list[list[str]], rng: Random) -> str:
    """What follows the opening: a sentence on each subject, or on two of them."""
    chosen = sentences if rng.random() < 0.85 else sentences[1::2]
    text = "".join(("\n" if rng.random() < 0.15 else " ") + rng.choice(some) for some in chosen)
    return text % ()
