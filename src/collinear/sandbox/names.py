"""Names of generated authors and datasets, made of the parts that people use."""

import math
from random import Random

from collinear.sandbox.words import (
    FIRST_NAMES,
    GROUP_ENDINGS,
    GROUP_PARTS,
    LANGUAGES,
    LAST_NAMES,
    MODELS,
    OBJECTS,
    ROBOTS,
    SUFFIXES,
    VERBS,
)

_AUTHORS = 300_000
_PROLIFIC = 24
"""So many authors made a seventh of everything: with scripts."""
_CODES = tuple(LANGUAGES)


class Namer:
    """Makes names; the same seed and the same random numbers make the same ones."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._authors: dict[int, str] = {}

    def author(self, rng: Random) -> str:
        """A namespace: a few come up all the time, most of them rarely (Zipf)."""
        chance = rng.random()
        if chance < 1 / 7:
            rank = int(_PROLIFIC ** (chance * 7)) - 1
        else:
            rank = int(math.exp(rng.random() * math.log(_AUTHORS))) + _PROLIFIC
        name = self._authors.get(rank)
        if name is None:
            name = self._authors[rank] = self._spell(rank)
        return name

    def dataset(self, rng: Random, topic: str, task: str) -> str:
        """A name without namespace, at most 80 characters that the Hub allows."""
        chance = rng.random()
        pick = int(rng.random() * 1_000_003)
        if chance < 0.30:
            name = f"{topic}{SUFFIXES[pick % len(SUFFIXES)]}"
        elif chance < 0.42:
            name = f"{topic}-{_CODES[pick % len(_CODES)]}"
        elif chance < 0.52:
            name = f"{topic}_{task}".replace("-", "_")
        elif chance < 0.64:
            verb, thing = VERBS[pick % len(VERBS)], OBJECTS[pick % len(OBJECTS)]
            name = f"{ROBOTS[pick % len(ROBOTS)]}_{verb}_{thing}_{pick % 97}"
        elif chance < 0.74:
            model, suffix = MODELS[pick % len(MODELS)], SUFFIXES[pick % len(SUFFIXES)]
            name = f"{model}-{topic}{suffix}"
        elif chance < 0.80:
            name = f"eval_{MODELS[pick % len(MODELS)]}_{topic}"
        elif chance < 0.85:
            name = f"autoeval-{task}-{topic}-{pick % 65536:04x}"
        elif chance < 0.93:
            camel = "".join(part.capitalize() for part in topic.split("-"))
            name = f"{camel}{pick % 40 or ''}"
        elif chance < 0.96:
            name = f"{pick:08x}"[-8:] if pick % 2 else str(pick)
        else:
            name = ("test", "my-dataset", "data", "dummy", "dataset", "new_dataset")[pick % 6]
            name += str(pick % 30 or "")
        return name[:80]

    def _spell(self, rank: int) -> str:
        rng = Random(self._seed * 1_000_003 + rank)
        if rank < _PROLIFIC or rng.random() < 0.3:
            head = rng.choice(GROUP_PARTS)
            name = f"{head}-{rng.choice(GROUP_PARTS)}" if rng.random() < 0.4 else head
            name = name.title() if rng.random() < 0.4 else name
            name += rng.choice(GROUP_ENDINGS)
        else:
            first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
            style = rng.randrange(6)
            name = (
                f"{first}{last}",
                f"{first}-{last}",
                f"{first}_{last}",
                f"{first.title()}{last.title()}",
                f"{first[0]}{last}",
                first,
            )[style]
        if rank >= _PROLIFIC and (rank > 400 or rng.random() < 0.3):
            name += str(rng.randrange(1, 10_000))
        return name
