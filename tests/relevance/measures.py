"""How good an answer is, as one number between 0 and 1."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

TOP = 10


class Judged(NamedTuple):
    """A query of one kind, and how well each dataset answers it: 3 is meant, 0 is not named."""

    kind: str
    typed: str
    grades: Mapping[str, int]


class Score(NamedTuple):
    """How good answers are: means over ``queries`` queries."""

    queries: int
    mrr: float
    ndcg: float


def reciprocal_rank(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """1 over the place of the first dataset of the highest grade that there is; 0 if not shown."""
    best = max(grades.values())
    for place, dataset_id in enumerate(found[:TOP], 1):
        if grades.get(dataset_id) == best:
            return 1 / place
    return 0.0


def ndcg(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """What the first ten are worth, of what the best ten would be; lower places count less."""
    gains = [grades.get(dataset_id, 0) for dataset_id in found[:TOP]]
    return _worth(gains) / _worth(sorted(grades.values(), reverse=True)[:TOP])


def _worth(grades: Iterable[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, 1))


def scores(judged: Iterable[Judged], find: Callable[[str], Sequence[str]]) -> dict[str, Score]:
    """The score of each kind of query, and ``all``: the mean over all queries."""
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for query in judged:
        found = find(query.typed)
        both = reciprocal_rank(found, query.grades), ndcg(found, query.grades)
        taken[query.kind].append(both)
        taken["all"].append(both)
    return {
        kind: Score(
            len(pairs), fmean([mrr for mrr, _ in pairs]), fmean([gain for _, gain in pairs])
        )
        for kind, pairs in taken.items()
    }
