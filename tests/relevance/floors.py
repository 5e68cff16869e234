"""
What the judged queries must reach: MRR and nDCG@10 of each kind, a little below what they do.

A better ranking raises them; a lower floor needs a reason.
"""

FLOORS: dict[str, tuple[float, float]] = {
    "bare name": (0.98, 0.98),
    "all": (0.97, 0.97),
    "other spelling": (0.9, 0.94),
    "typo": (0.98, 0.96),
    "while typing": (0.98, 0.95),
    "number": (0.98, 0.97),
    "script": (0.98, 0.95),
    "id": (0.98, 0.98),
    "address": (0.98, 0.98),
    "version": (0.98, 0.98),
    "translation": (0.98, 0.98),
    "topic": (0.98, 0.98),
    "other form": (0.94, 0.95),
    "sentence": (0.8, 0.75),
    "task + language": (0.98, 0.98),
    "topic + language": (0.98, 0.97),
    "licence": (0.98, 0.93),
    "author + name": (0.98, 0.98),
    "author + topic": (0.98, 0.98),
    "author": (0.98, 0.98),
    "phrase": (0.98, 0.98),
    "exclusion": (0.98, 0.93),
    "a word too many": (0.98, 0.96),
}

KNOWN: dict[str, tuple[float, float]] = {
    "known: name": (0.98, 0.98),
    "all": (0.98, 0.98),
    "known: name in parts": (0.98, 0.98),
    "known: name in one word": (0.97, 0.97),
    "known: id": (0.98, 0.98),
    "known: address": (0.98, 0.98),
    "known: typo": (0.97, 0.96),
    "known: while typing": (0.93, 0.94),
    "known: author and a word": (0.95, 0.95),
    "known: words of the description": (0.95, 0.93),
    "known: name in small letters": (0.98, 0.98),
}
