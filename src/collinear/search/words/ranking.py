"""
What makes one dataset a better answer than another: all weights, and the reasons for them.

A score is (step + text) x prior.  Steps come first, always: each is more than all the text
of a query and all popularity can make up for.  Within a step the text decides (which words,
where, how rare), and popularity among those that are nearly alike.
"""

import math

from collinear.search import schema

STEP = 20_000.0
"""
The lowest step.  Text is worth less: 32 words of the most there can be of rarity (40), each in
the name (8), make 10,240, and 12,288 with the prior.
"""

MOST_RARITY = 40.0
"""
What a word that falls into parts can tell at the most; a single part tells 17 where one of twenty
million datasets has it.
"""

ID, ID_BUT_FOR_CASE, ID_FOLDED, NAME, NAME_FOLDED, NAMESPACE = (
    "id",
    "id_but_for_case",
    "id_folded",
    "name",
    "name_folded",
    "namespace",
)
STEPS = {
    ID: 32 * STEP,
    ID_BUT_FOR_CASE: 16 * STEP,
    ID_FOLDED: 8 * STEP,
    NAME: 4 * STEP,
    NAME_FOLDED: 2 * STEP,
    NAMESPACE: STEP,
}
"""
Exactness: each step is twice the one below, more than the prior's 1.2 can bridge.  The last one is
for an id that is still being typed: what stands before the slash is just its namespace.
"""

WORDS = {schema.NAME: 8.0, schema.TAGS: 3.0, schema.AUTHOR: 1.5, schema.DESCRIPTION: 1.0}
"""
A word in the name says what a dataset is; in a tag, what it is about; in the author's name, who
made it, whatever it is about; in prose, little.

A word counts in its best field, by its rarity there (as in BM25) and by nothing else: how often
it is there, how long the field is and where else it stands tells little of names, labels and the
few lines that the Hub keeps of a description, and would drown what tells more: which of them
people use.
"""

OTHER_FORM = 0.9
"""Another form of a word (``questions`` for ``question``) against the word itself."""

UNFINISHED = 1.0
"""
A word that only begins as typed: as much as one that every third dataset has, so that the word
itself comes first, in a tag too, as long as it tells anything.
"""

FORGIVEN = {1: 2.0, 2: 1.0}
"""A word with so many mistakes: less than any word without."""

_GRAIN = 8


def score(value: float) -> float:
    """
    A score that can be added to others in any order, and gives just the same sum.

    Sums of eighths are exact in 32 bits up to two millions.  The same datasets then have the
    same score, whichever way they are found, and stand in the same order on every page.
    """
    return max(round(value * _GRAIN), 1) / _GRAIN


MOST_PRIOR = 1.2
"""Popularity raises a score by a fifth at most."""

_ALL_THERE_IS = math.log10(100_000_000)
_STEPS_OF_WEIGHT = 1024
_TURNS = 1024
"""Both powers of two: short binary fractions take little room, and 32 bits tell them apart."""


def weight(downloads: int | None, likes: int | None, ordinal: int) -> float:
    """
    The value whose ``log2(2 + value)`` is the prior: 1 for the unused, 1.2 for the most used.

    A like counts as much as twenty downloads: it is given once, by a person.  Between two steps
    of popularity stands the ordinal, so that datasets that match alike keep their places when
    others, or they themselves, are written again.
    """
    use = math.log10(1 + max(downloads or 0, 0) + 20 * max(likes or 0, 0)) / _ALL_THERE_IS
    value = 2 ** (1 + (MOST_PRIOR - 1) * min(use, 1.0)) - 2
    steps = max(math.floor(value * _STEPS_OF_WEIGHT) - 1, 0)
    older_first = (_TURNS - 1 - ordinal % _TURNS) / _TURNS
    return (steps + older_first) / _STEPS_OF_WEIGHT
