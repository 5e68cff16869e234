"""
What the judged queries must reach: MRR and nDCG@10 of each kind, a little below what they do.

A better ranking raises them; a lower floor needs a reason.
"""

FLOORS: dict[str, tuple[float, float]] = {}
